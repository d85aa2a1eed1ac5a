"""Redis is stopped for ten minutes: people notice nothing, and what waited is done in order when it is back."""

import itertools
from collections import defaultdict

import pytest
from pytest_django import DjangoDbBlocker

from agents.access.models import Grant
from agents.audit.models import Reaction, TrailEvent
from compliance.models import Pack
from tests.database import inside
from tests.soak.outage import ENDING, PACKS, Outage
from tests.soak.waiting import until, what_waits

pytestmark = [pytest.mark.soak, pytest.mark.postgresql]


def test_ten_minutes_without_redis_lose_nothing(outage: Outage, django_db_blocker: DjangoDbBlocker) -> None:
    outage.finish()
    assert outage.wrong == []
    assert outage.ledger.silent == 0
    assert outage.walks > 2
    with inside(outage.database, django_db_blocker):
        missed = set(Reaction.objects.filter(state="waiting").values_list("pk", flat=True))
        assert missed, "somebody worked without being told"
        assert Pack.objects.exclude(state="ready").count() == PACKS
        outage.start_redis()
        until(lambda: not what_waits(), what_waits)
        assert Pack.objects.filter(state="ready").count() == Pack.objects.count()
        assert Grant.objects.get(agent__name=ENDING).state == Grant.State.EXPIRED
        assert out_of_order(missed) == []
        verified = outage.database.command("audit_verify")
        assert verified.returncode == 0, verified.stdout + verified.stderr
    print(f"\n{outage.walks} walks over {len(outage.pages)} pages, {dict(outage.ledger.statuses)}; {len(missed)} reactions late")


def out_of_order(missed: set[int]) -> list[str]:
    """Reactions about one thing that were done before an earlier event of the same thing had been reacted to."""
    about = dict(TrailEvent.objects.values_list("pk", "about"))
    done = defaultdict(list)
    for reaction in Reaction.objects.filter(pk__in=missed).order_by("event_id", "pk"):
        done[about[reaction.event_id]].append(reaction)
    return [
        f"{thing}: {later} at {later.done_at} before {earlier} at {earlier.done_at}"
        for thing, reactions in done.items()
        for earlier, later in itertools.pairwise(reactions)
        if earlier.event_id != later.event_id and not (earlier.done_at and later.done_at and earlier.done_at <= later.done_at)
    ]
