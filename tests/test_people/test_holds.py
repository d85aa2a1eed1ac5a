"""Legal holds are placed and released by those who may, and each time with a reason in the trail."""

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from agents.audit.errors import IllegalMove, NotAllowed
from agents.audit.models import LegalHold, TrailEvent
from agents.people.actions import holds
from tests.people import Cast

pytestmark = pytest.mark.django_db


def test_a_hold_is_placed_and_released_with_its_reasons(cast: Cast) -> None:
    hold = holds.place(name=" Case 7 ", reason="A lawsuit.", since=date(2026, 1, 1), by=cast.cora)
    assert (hold.name, hold.placed_by, hold.since, hold.until) == ("Case 7", "Cora", date(2026, 1, 1), None)
    hold = holds.release(hold, by=cast.ada, reason="Settled.")
    assert (hold.released_by, hold.release_reason) == ("Ada", "Settled.")
    told = list(TrailEvent.objects.filter(target_kind="hold").order_by("id"))
    assert [(event.event, event.actor_label, event.reason) for event in told] == [
        ("hold.placed", "Cora", "A lawsuit."),
        ("hold.released", "Ada", "Settled."),
    ]
    with pytest.raises(IllegalMove, match="released already, by Ada"):
        holds.release(hold, by=cast.cora, reason="Once more.")


def test_who_may_not_changes_nothing(cast: Cast) -> None:
    standing = holds.place(name="Case 7", reason="A lawsuit.", by=cast.ada)
    before = TrailEvent.objects.count()
    for who in (cast.sid, cast.audrey, cast.ann):
        with pytest.raises(NotAllowed, match="Compliance officers and administrators"):
            holds.place(name="Case 8", reason="A lawsuit.", by=who)
        with pytest.raises(NotAllowed, match="Compliance officers and administrators"):
            holds.release(standing, by=who, reason="Over.")
    assert TrailEvent.objects.count() == before
    assert LegalHold.objects.get().released_at is None


def test_what_makes_no_sense_is_refused_by_field(cast: Cast) -> None:
    usual: dict[str, Any] = {"name": "Case 7", "reason": "A lawsuit.", "by": cast.cora}
    wrong: dict[str, dict[str, Any]] = {
        "until": {"since": date(2026, 2, 1), "until": date(2026, 1, 1)},
        "reason": {"reason": " "},
        "name": {"name": ""},
    }
    for field, given in wrong.items():
        with pytest.raises(ValidationError) as refused:
            holds.place(**(usual | given))
        assert list(refused.value.message_dict) == [field]
    assert not LegalHold.objects.exists()
