"""Two hundred processes of a working portal are killed at random moments: nothing is lost, nothing doubled, nothing left.

150 on PostgreSQL and Redis under a process manager, 50 in the embedded form under its own supervisor. Meanwhile people
work over HTTP and files are imported. In the end everything is let finish, and rows and trail are compared.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from agents import clock
from agents.audit.models import Reaction
from compliance.models import Pack
from reviews.models import Campaign
from tests.database import TestDatabase
from tests.people import assemble
from tests.services import free_port
from tests.serving import left_of
from tests.soak import invariants
from tests.soak.errands import House
from tests.soak.fleet import SEALER, SERVE, Fleet, ours, part, redis_command, redis_url
from tests.soak.people import at_work, let_them_sign_in
from tests.soak.test_campaign_kill import populate
from tests.soak.waiting import until, what_waits

pytestmark = pytest.mark.soak
SEED = 20261124
PRODUCTION = {"web": 12, "web's process": 38, "worker": 30, "beat": 15, "sealer": 40, "redis": 15}
EMBEDDED = {"supervisor": 8, "web": 6, "web's process": 10, "worker": 8, "beat": 6, "sealer": 12}
MOST_SECONDS_TO_KILL, SECONDS_TO_COME_BACK = 900, 20


@pytest.mark.postgresql
def test_production_loses_nothing_in_150_kills(own_database: TestDatabase, tmp_path: Path) -> None:
    """Web, worker, beat and sealer as an operator's process manager keeps them, over PostgreSQL and a Redis with AOF."""
    cast = assemble()
    populate(cast)
    let_them_sign_in()
    port, redis_port = free_port(), free_port()
    environment = {**own_database.environment, "PORT": str(port), "REDIS_URL": redis_url(redis_port)}
    house, fleet = House(cast, f"http://localhost:{port}", SEED, tmp_path, environment), Fleet()
    fleet.add("redis", redis_command(tmp_path / "redis", redis_port), {}, tmp_path)
    for name in ("web", "worker", "beat"):
        fleet.add(name, part(name), environment, tmp_path)
    fleet.add("sealer", SEALER, environment, tmp_path)
    try:
        with at_work(*house.errands):
            killed = kill_again_and_again(
                fleet, PRODUCTION, lambda name, dice: kill_managed(fleet, name, dice), house.is_answered
            )
            let_everything_finish(fleet.look_after, over=lambda: bool(house.ledger.of("download")))
        let_everything_finish(fleet.look_after)
    finally:
        fleet.end()
    assert killed.total() == sum(PRODUCTION.values()) == 150
    judge(house, own_database, killed)


@pytest.mark.sqlite
def test_embedded_loses_nothing_in_50_kills(own_database: TestDatabase, tmp_path: Path) -> None:
    """`manage.py serve` over SQLite and a folder of messages; killed with all below it, or one process of it at a time."""
    cast = assemble()
    populate(cast)
    let_them_sign_in()
    port = free_port()
    environment = {**own_database.environment, "PORT": str(port)}
    house, fleet = House(cast, f"http://localhost:{port}", SEED, tmp_path, environment), Fleet()
    fleet.add("supervisor", SERVE, environment, tmp_path)
    fleet.add("sealer", SEALER, environment, tmp_path)
    try:
        with at_work(*house.errands):
            killed = kill_again_and_again(fleet, EMBEDDED, lambda name, dice: kill_embedded(fleet, name), house.is_answered)
            let_everything_finish(fleet.look_after, over=lambda: bool(house.ledger.of("download")))
        let_everything_finish(fleet.look_after)
    finally:
        fleet.end()
    assert killed.total() == sum(EMBEDDED.values()) == 50
    judge(house, own_database, killed)


def kill_again_and_again(
    fleet: Fleet, wanted: dict[str, int], kill: Callable[[str, random.Random], bool], answers: Callable[[], bool]
) -> Counter[str]:
    """Each target has been killed as often as wanted, in a random order, at random moments. How often."""
    dice = random.Random(SEED)
    turns = [name for name, times in wanted.items() for _turn in range(times)]
    dice.shuffle(turns)
    print(f"\nseed {SEED}, {len(turns)} kills")
    killed: Counter[str] = Counter()
    began_at = time.monotonic()
    wait(dice.uniform(6, 8), fleet)
    while turns:
        assert time.monotonic() < began_at + MOST_SECONDS_TO_KILL, f"not there to be killed: {turns}"
        wait(dice.uniform(3, 6) if dice.random() < 0.06 else dice.uniform(0.2, 1.6), fleet)  # now and then work gets far
        name = turns.pop()
        if not kill(name, dice):
            turns.insert(dice.randrange(len(turns) + 1), name)  # it is just not there: another time
            continue
        killed[name] += 1
        if name in {"worker", "supervisor"}:
            time_passes()
        if name in {"web", "web's process", "supervisor"} and dice.random() < 0.5:
            wait(SECONDS_TO_COME_BACK, fleet, over=answers)  # people get something done between two deaths
    print(f"killed in {time.monotonic() - began_at:.0f} s")
    return killed


def kill_managed(fleet: Fleet, name: str, dice: random.Random) -> bool:
    """True when it lived and was killed with signal 9."""
    if name == "web's process":
        web = fleet.members["web"].process
        return kill_all(children_of(psutil.Process(web.pid))) if web is not None and web.poll() is None else False
    return fleet.members[name].kill(dice.uniform(0, 2) if name == "redis" else 0)


def kill_embedded(fleet: Fleet, name: str) -> bool:
    """The same below the portal's own supervisor, which starts it again; with the supervisor everything ends."""
    if name == "sealer":
        return fleet.members[name].kill()
    supervisor = fleet.members["supervisor"]
    if not supervisor.is_running or supervisor.process is None:
        return False
    below = psutil.Process(supervisor.process.pid).children(recursive=True)
    if name == "supervisor":
        if not below:
            return False
        supervisor.process.kill()
        supervisor.process.wait(30)
        assert left_of(below, 20) == []
        return True
    role = "web" if name == "web's process" else name
    found = [process for process in children_of(psutil.Process(supervisor.process.pid)) if line_of(process)[-1:] == [role]]
    return kill_all([inner for one in found for inner in children_of(one)] if name == "web's process" else found)


def kill_all(processes: list[psutil.Process]) -> bool:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    return bool(processes)


def children_of(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children()
    except psutil.NoSuchProcess:
        return []


def line_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def wait(seconds: float, fleet: Fleet, over: Callable[[], bool] = lambda: False) -> None:
    """So many seconds, or until it is over; who died meanwhile is started again."""
    end_at = time.monotonic() + seconds
    while time.monotonic() < end_at and not over():
        fleet.look_after()
        time.sleep(0.05)


def time_passes() -> None:
    """A minute of silence, so that what a dead worker held is taken over; three kills would be enough to give a pack up."""
    silent = clock.now() - timedelta(minutes=2)
    Campaign.objects.filter(state="generating").update(heartbeat_at=silent)
    Pack.objects.filter(state="building").update(heartbeat_at=silent, attempts=0)
    Reaction.objects.filter(state="waiting", attempts__gt=0).update(next_try_at=silent, attempts=1)


def let_everything_finish(look_after: Callable[[], None], over: Callable[[], bool] = lambda: not what_waits()) -> None:
    """Nobody is killed any more, and after a while nothing waits (or `over` says so)."""

    def is_over() -> bool:
        look_after()
        return over()

    time_passes()
    took = until(is_over, what_waits)
    print(f"finished in {took:.0f} s")


def judge(house: House, database: TestDatabase, killed: Counter[str]) -> None:
    ledger = house.ledger
    told = Counter(what for what, _key in ledger.acknowledged)
    print(
        f"killed {dict(killed)} and {house.imports_killed} imports; answers {dict(ledger.statuses)}, {ledger.silent} unanswered"
    )
    print(f"acknowledged {dict(told)}")
    assert ours(database.folder) == []
    assert ledger.wrong == []
    assert invariants.all_of(house) == []
    assert invariants.notices_lost(database.folder / "mail") == []
    assert all(told[what] for what in ("register", "own", "approve", "deny", "review", "pack", "download", "import")), told
    database.command("audit_seal")
    verified = database.command("audit_verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
