"""A call that names a key is claimed once, answered once, and forgotten in the end."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from agents import clock
from agents.audit import idempotency
from agents.audit.due_jobs import forget_calls
from agents.audit.idempotency import Answer, Claim, InFlight, Lost, OtherCall
from agents.audit.models import IdempotentCall

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ANN, BOB = "person:ann", "person:bob"
ASKED = idempotency.fingerprint("POST", "/agents/x/suspend/", b"reason=odd")
ANSWER = Answer(302, {"Location": "/agents/x/"}, b"")


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def claim(caller: str = ANN, key: str = "one", asked: str = ASKED) -> Claim:
    begun = idempotency.begin(caller, key, asked)
    assert isinstance(begun, Claim)
    return begun


def test_a_repetition_gets_the_answer() -> None:
    idempotency.keep(claim(), ANSWER)
    assert idempotency.begin(ANN, "one", ASKED) == ANSWER
    assert IdempotentCall.objects.get().claim is None


def test_a_call_under_way_is_not_done_beside_itself() -> None:
    claim()
    with pytest.raises(InFlight):
        idempotency.begin(ANN, "one", ASKED)


@pytest.mark.parametrize("other", [("POST", "/agents/y/suspend/", b"reason=odd"), ("POST", "/agents/x/suspend/", b"reason=even")])
def test_the_key_of_another_call_is_taken(other: tuple[str, str, bytes]) -> None:
    first = claim()
    with pytest.raises(OtherCall):
        idempotency.begin(ANN, "one", idempotency.fingerprint(*other))
    idempotency.keep(first, ANSWER)
    with pytest.raises(OtherCall):
        idempotency.begin(ANN, "one", idempotency.fingerprint(*other))


def test_another_persons_key_is_another_call() -> None:
    idempotency.keep(claim(ANN), ANSWER)
    claim(BOB)
    assert IdempotentCall.objects.count() == 2


def test_a_process_that_died_leaves_the_key_to_the_next_when_its_lease_is_over(noon: time_machine.Traveller) -> None:
    first = claim()
    noon.move_to(NOON + idempotency.LEASE - timedelta(seconds=1), tick=False)
    with pytest.raises(InFlight):
        idempotency.begin(ANN, "one", ASKED)
    noon.move_to(NOON + idempotency.LEASE, tick=False)
    second = claim()
    assert second.call == first.call
    with pytest.raises(Lost):  # the first was only slow: what it did is undone
        idempotency.keep(first, ANSWER)
    idempotency.keep(second, ANSWER)
    assert idempotency.begin(ANN, "one", ASKED) == ANSWER


def test_a_slow_first_call_that_finishes_in_time_wins_over_the_late_second(noon: time_machine.Traveller) -> None:
    first = claim()
    noon.move_to(NOON + timedelta(hours=1), tick=False)
    idempotency.keep(first, ANSWER)
    assert idempotency.begin(ANN, "one", ASKED) == ANSWER


def test_a_freed_key_may_be_used_for_anything() -> None:
    idempotency.free(claim())
    claim(asked=idempotency.fingerprint("POST", "/", b""))
    assert IdempotentCall.objects.count() == 1


def test_freeing_takes_no_answer_and_no_other_claim_away(noon: time_machine.Traveller) -> None:
    first = claim()
    noon.move_to(NOON + idempotency.LEASE, tick=False)
    second = claim()
    idempotency.free(first)
    idempotency.keep(second, ANSWER)
    idempotency.free(second)
    assert idempotency.begin(ANN, "one", ASKED) == ANSWER


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"x" * idempotency.LARGEST, True),
        (b"x" * (idempotency.LARGEST + 1), False),
        (None, False),
    ],
)
def test_of_a_large_answer_only_the_fact_is_kept(body: bytes | None, kept: bool) -> None:
    idempotency.keep(claim(), Answer(200, {"Content-Type": "text/html"}, body))
    again = idempotency.begin(ANN, "one", ASKED)
    assert again == (Answer(200, {"Content-Type": "text/html"}, body) if kept else Answer(200, {}, None))


@pytest.mark.parametrize(
    ("key", "fits"),
    [("k", True), ("k" * 200, True), ("a b-c:9~", True), ("", False), ("k" * 201, False), ("é", False), ("a\tb", False)],
)
def test_what_a_key_is(key: str, fits: bool) -> None:
    assert idempotency.is_key(key) is fits


def test_calls_are_forgotten_after_a_week(noon: time_machine.Traveller) -> None:
    idempotency.keep(claim(), ANSWER)
    noon.move_to(NOON + timedelta(days=7), tick=False)
    assert forget_calls() == 0
    assert idempotency.begin(ANN, "one", ASKED) == ANSWER
    noon.move_to(clock.now() + timedelta(seconds=1), tick=False)
    assert forget_calls() == 1
    claim()
