"""Work that gave up is tried again by those who look after the portal, and the trail says by whom."""

import pytest
from django.core.exceptions import ValidationError

from agents import clock
from agents.audit import reactions
from agents.audit.errors import IllegalMove, NotAllowed
from agents.audit.models import Reaction, TrailEvent
from agents.people.actions.reactions import retry, retry_all
from tests.people import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def dead(cast: Cast) -> Reaction:
    event = TrailEvent.objects.latest("id")
    return Reaction.objects.create(
        event_id=event.pk, handler="tell.somebody", state="dead", attempts=reactions.MOST_ATTEMPTS, last_error="OSError: away"
    )


@pytest.mark.parametrize("who", ["ada", "sid"])
def test_it_waits_again_with_all_its_attempts(cast: Cast, dead: Reaction, who: str) -> None:
    retried = retry(dead, by=cast.everybody[who], reason=" The mail server is back. ")
    assert (retried.state, retried.attempts) == ("waiting", 0)
    assert retried.next_try_at <= clock.now()
    told = TrailEvent.objects.get(event="reaction.retried")
    assert (told.actor_label, told.reason) == (cast.everybody[who].name, "The mail server is back.")
    assert told.after["last_error"] == "OSError: away"
    assert told.target_key == str(dead.pk)


@pytest.mark.parametrize("who", ["ann", "bob", "rae", "cora", "audrey", "sam"])
def test_nobody_else_may(cast: Cast, dead: Reaction, who: str) -> None:
    for act in (lambda: retry(dead, by=cast.everybody[who]), lambda: retry_all(by=cast.everybody[who])):
        with pytest.raises(NotAllowed, match="Administrators and security administrators"):
            act()
    dead.refresh_from_db()
    assert (dead.state, dead.attempts) == ("dead", reactions.MOST_ATTEMPTS)
    assert not TrailEvent.objects.filter(event="reaction.retried").exists()


def test_twice_is_refused(cast: Cast, dead: Reaction) -> None:
    retry(dead, by=cast.ada)
    with pytest.raises(IllegalMove):
        retry(dead, by=cast.sid)
    assert TrailEvent.objects.filter(event="reaction.retried").count() == 1


def test_a_reason_as_long_as_a_book_is_refused(cast: Cast, dead: Reaction) -> None:
    with pytest.raises(ValidationError, match="at most 500"):
        retry(dead, by=cast.ada, reason="x" * 501)
    assert Reaction.objects.get(pk=dead.pk).state == "dead"


def test_all_of_them_at_once(cast: Cast, dead: Reaction) -> None:
    others = [Reaction(event_id=dead.event_id, handler=f"other.{n}", state=state) for n, state in enumerate(["dead", "done"])]
    Reaction.objects.bulk_create(others)
    assert retry_all(by=cast.ada, reason="Mended.") == 2
    assert sorted(Reaction.objects.values_list("state", flat=True)) == ["done", "waiting", "waiting"]
    assert TrailEvent.objects.filter(event="reaction.retried").count() == 2
    assert retry_all(by=cast.ada) == 0
