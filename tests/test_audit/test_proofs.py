"""One event, or the growth between two heads, proved from a few rows; what is not so has no proof."""

import json
import random
from pathlib import Path

import pytest

from agents.audit import export, keys, proofs
from agents.audit.errors import IllegalMove
from agents.audit.models import Checkpoint, TrailEvent
from agents.audit.verifier import merkle
from agents.audit.verifier.__main__ import run as verifier
from agents.audit.verifier.proof import why_not_proved
from tests.database import TestDatabase
from tests.trails import seal, tell, trail, trail_home  # noqa: F401  (a fixture)

BATCHES = [5, 300, 40, 700, 60]


@pytest.mark.django_db
def test_every_event_is_proved_in_its_place(trail_home: Path) -> None:  # noqa: F811
    trail(random.Random(1), BATCHES)
    events = list(TrailEvent.objects.order_by("xid", "id"))
    trusted = keys.trusted()
    for place in [0, 1, 4, 5, 255, 256, 304, 305, 511, 512, 767, 768, 1023, 1024, 1044, 1045, 1104]:
        proof = proofs.of_event(events[place])
        assert (proof["position"], proof["size"]) == (place, 1105)
        assert why_not_proved(json.dumps(proof), trusted) == ""


@pytest.mark.django_db
def test_a_bent_proof_proves_nothing(trail_home: Path) -> None:  # noqa: F811
    trail(random.Random(1), [5, 300])
    event = TrailEvent.objects.order_by("xid", "id")[7]
    proof, trusted = proofs.of_event(event), keys.trusted()
    other = bytes(TrailEvent.objects.order_by("xid", "id")[8].body).decode()
    for change in (
        {"body": other},
        {"body": proof["body"] + " "},
        {"position": 8},
        {"path": proof["path"][:-1]},
        {"path": ["00" * 32, *proof["path"][1:]]},
        {"checkpoint": Checkpoint.objects.order_by("id").first().note},  # type: ignore[union-attr]
        {"checkpoint": proof["checkpoint"].replace("305", "306")},
        {"path": None},
    ):
        assert why_not_proved(json.dumps(proof | change), trusted) != ""
    assert why_not_proved(json.dumps(proof), []) == "no trusted key signed this checkpoint"
    assert why_not_proved("[]", trusted) == "this is no proof of an event"


@pytest.mark.django_db
def test_each_head_is_proved_to_grow_out_of_each_earlier_one(trail_home: Path) -> None:  # noqa: F811
    trail(random.Random(2), BATCHES)
    heads = list(Checkpoint.objects.order_by("id"))
    for at, new in enumerate(heads):
        for old in heads[: at + 1]:
            proof = proofs.of_growth(old, new)
            assert merkle.is_consistent(old.size, bytes(old.root), new.size, bytes(new.root), proof)
            assert not merkle.is_consistent(old.size, bytes(32), new.size, bytes(new.root), proof)


@pytest.mark.django_db
def test_what_is_not_sealed_or_not_signed_has_no_proof_yet(trail_home: Path) -> None:  # noqa: F811
    tell(1, random.Random(1))
    event = TrailEvent.objects.get()
    with pytest.raises(IllegalMove, match="not sealed yet"):
        proofs.of_event(event)
    seal()
    with pytest.raises(IllegalMove, match="signed within a minute"):
        proofs.of_event(event)


def test_a_proof_file_is_checked_without_the_portal(own_database: TestDatabase, tmp_path: Path) -> None:
    trail(random.Random(1), [3, 20])
    export.export(tmp_path / "out")
    named = ["--keys", str(tmp_path / "out" / "checkpoints" / "keys.txt")]
    proof = proofs.of_event(TrailEvent.objects.order_by("xid", "id")[10])
    (tmp_path / "event.json").write_text(json.dumps(proof))
    assert verifier([str(tmp_path / "event.json"), *named]) == 0
    (tmp_path / "event.json").write_text(json.dumps(proof | {"position": 3}))
    assert verifier([str(tmp_path / "event.json"), *named]) == 1
