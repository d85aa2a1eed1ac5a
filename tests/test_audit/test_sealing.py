"""The sealer: every event gets one place, in an order that nothing committed late can disturb."""

import random
import threading
from pathlib import Path

import pytest
from django.db import connection, transaction

from agents.audit import checkpoints, export, live, sealing
from agents.audit.events import Event
from agents.audit.models import Checkpoint, Epoch, Seal, TrailEvent, TrailRef, TreeNode
from agents.audit.trail import record
from agents.audit.verifier import merkle
from agents.audit.verifier.__main__ import run as verify_export
from tests.database import TestDatabase
from tests.people import TEST
from tests.trails import seal, sign, tell, trail, trail_home  # noqa: F401  (a fixture)

pytestmark = pytest.mark.usefixtures("trail_home")


def leaves() -> list[bytes]:
    return [bytes(digest) for digest in TrailEvent.objects.order_by("xid", "id").values_list("digest", flat=True)]


@pytest.mark.django_db
def test_seals_hold_the_rfc_6962_root_of_all_events_so_far() -> None:
    dice = random.Random(1)
    for count in (1, 2, 300, 7, 256):
        tell(count, dice)
        assert seal() == count
    assert [(s.size, s.count) for s in Seal.objects.order_by("number")] == [(1, 1), (3, 2), (303, 300), (310, 7), (566, 256)]
    for one in Seal.objects.all():
        assert bytes(one.root) == merkle.root_of(leaves()[: one.size])
    assert [(node.level, node.index) for node in TreeNode.objects.order_by("id")] == [(8, 0), (8, 1)]


@pytest.mark.django_db
def test_nothing_new_is_sealed_twice_and_a_limit_leaves_the_rest() -> None:
    tell(5, random.Random(1))
    assert [seal(2), seal(2), seal(2), seal(2)] == [2, 2, 1, 0]
    assert live.check().is_well


@pytest.mark.django_db
def test_an_event_whose_bytes_do_not_fit_is_never_sealed() -> None:
    tell(1, random.Random(1))
    TrailEvent.objects.create(
        at=TrailEvent.objects.get().at, event="x", target_kind="x", target_key="x", about="x", actor_kind="x", actor_key="x",
        body=b"{}", digest=bytes(32),
    )  # fmt: skip
    with pytest.raises(sealing.NotSealed, match="do not fit its digest"):
        seal()
    assert not Seal.objects.exists()


@pytest.mark.postgresql
def test_what_commits_late_is_waited_for(own_database: TestDatabase) -> None:
    began, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            record(Event.AGENT_CHANGED, TrailRef("agent", "slow", "slow"), by=TEST)
            began.set()
            go_on.wait(30)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert began.wait(30)
    tell(3, random.Random(1))  # later ids, committed earlier
    assert sealing.seal() == 0
    go_on.set()
    thread.join()
    assert checkpoints.settle() == 4
    assert TrailEvent.objects.order_by("xid", "id").first() == TrailEvent.objects.get(target_key="slow")
    assert live.check().is_well


def test_many_sealers_and_writers_at_once_leave_one_chain(own_database: TestDatabase) -> None:
    def work(seed: int) -> None:
        for _turn in range(15):
            tell(2, random.Random(seed))
            sealing.seal()
        connection.close()

    threads = [threading.Thread(target=work, args=[seed]) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    checkpoints.settle()
    report = live.check()
    assert (report.problems, report.sealed_count, report.unsealed_count) == ([], 180, 0)


@pytest.mark.django_db
def test_a_database_on_another_server_begins_an_epoch_and_its_order_of_ids() -> None:
    dice = random.Random(1)
    trail(dice, [3, 4])
    tell(2, dice)  # not sealed when the server changed
    with transaction.atomic():
        newest = Epoch.objects.latest("number")
        assert newest.number == 1
        sealing._seal(newest, sealing.BATCH, is_everything_committed=True)
        Epoch.objects.create(
            number=2, begun_at=newest.begun_at, after_id=TrailEvent.objects.latest("id").pk, size_before=9, server=newest.server,
            reason="The database moved to another server.",
        )  # fmt: skip
    tell(5, dice)
    assert seal() == 5
    sign()
    report = live.check()
    assert (report.problems, report.sealed_count, report.epoch) == ([], 14, 2)


def test_an_export_verifies_without_the_portal(own_database: TestDatabase, tmp_path: Path) -> None:
    trail(random.Random(1), [3, 300])
    tell(2, random.Random(2))
    export.export(tmp_path / "out")
    arguments = [str(tmp_path / "out" / "trail.sqlite3"), "--keys", str(tmp_path / "out" / "checkpoints" / "keys.txt")]
    assert verify_export([*arguments, "--checkpoints", str(tmp_path / "out" / "checkpoints")]) == 0
    assert Checkpoint.objects.count() == 2
