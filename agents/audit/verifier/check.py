"""The verification: everything is recomputed from the stored bytes, every link and every checkpoint is looked at."""

import json
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Generic, TypeVar

from agents.audit.verifier.chain import NOTHING, EpochRow, EventRow, SealRow, disagreement
from agents.audit.verifier.checkpoints import Checkpoints
from agents.audit.verifier.merkle import Tree
from agents.audit.verifier.note import PublicKey
from agents.audit.verifier.report import Report
from agents.audit.verifier.source import Source

Progress = Callable[[int], None]


T = TypeVar("T")
REMOVAL = "segment.removed"


def verify(
    source: Source,
    *,
    keys: Sequence[PublicKey],
    origin: str = "",
    outside: Sequence[tuple[str, str]] = (),
    tell: Progress | None = None,
) -> Report:
    """The report on a trail. keys: trusted; outside: (where from, note) of checkpoints kept outside the database;
    tell: hears how many events are done.

    What is written while it runs does no harm: seals are read first, and rows are only ever added.
    """
    report = Report()
    checkpoints = Checkpoints(source.checkpoints(), outside, list(keys), origin, report)
    epochs = source.epochs()
    _check_epochs(epochs, report)
    _Walk(source, epochs, checkpoints, report, tell).run()
    checkpoints.compare(epochs)
    return report


def _check_epochs(epochs: list[EpochRow], report: Report) -> None:
    for at, epoch in enumerate(epochs):
        if at and (epoch.number <= epochs[at - 1].number or epoch.after_id < epochs[at - 1].after_id):
            report.problem(f"epoch {epoch.number}", "does not follow the epoch before it")
        if epoch.lost_size is not None:
            gone = epoch.lost_size - epoch.size_before
            what = f"{gone:,} sealed events" if gone > 0 else "another history of the same length"
            report.lost.append(f"epoch {epoch.number} began after a restored backup; known to be gone: {what}")


class _Walk:
    """One walk over seals and events, side by side, with one tree; memory stays flat."""

    def __init__(
        self, source: Source, epochs: list[EpochRow], checkpoints: Checkpoints, report: Report, tell: Progress | None
    ) -> None:
        self.source, self.epochs, self.checkpoints = source, epochs, checkpoints
        self.report, self.tell = report, tell
        self.removed = source.removed()
        self.removals_told: set[tuple[int, int, str]] = set()
        self.nodes = source.nodes()
        self.tree = Tree()
        self.previous: SealRow | None = None

    def run(self) -> None:
        seals = _Ahead(self.source.seals())
        if not self.epochs:
            self.report.unsealed_count += sum(self._leaf(row) is not None for row in self.source.events(None, None))
        for at, epoch in enumerate(self.epochs):
            following = self.epochs[at + 1].after_id if at + 1 < len(self.epochs) else None
            if epoch.size_before != self.tree.size:
                self.report.problem(f"epoch {epoch.number}", "begins at another size than the one before ended")
            self._walk(epoch, epoch.after_id if at else None, following, seals)
        for seal in seals.rest():
            self.report.problem(f"seal {seal.number}", f"stands outside the order of epochs (it says {seal.epoch})")
        if self.previous:
            self.report.head_root, self.report.epoch = self.previous.root.hex(), self.previous.epoch
            self.report.sealed_count = self.previous.size
        for gone in self.removed:
            if (gone.first_seal, gone.last_seal, gone.root.hex()) not in self.removals_told:
                self.report.problem(
                    f"seals {gone.first_seal}–{gone.last_seal}", "are said to be removed, but no event tells of it"
                )
        for level, index in self.nodes:
            self.report.problem(f"tree node {level}/{index}", "stands for events that are not sealed")

    def _walk(self, epoch: EpochRow, after_id: int | None, up_to_id: int | None, seals: "_Ahead[SealRow]") -> None:
        events = _Ahead(self.source.events(after_id, up_to_id))
        for seal in seals.as_long_as(lambda seal: seal.epoch == epoch.number):
            self._link(seal, epoch)
            if any(gone.first_seal <= seal.number <= gone.last_seal for gone in self.removed):
                self._take_removed(seal, events)
            else:
                self._take(seal, events)
                self._compare(seal)
            self.checkpoints.meet(seal)
            self.previous = seal
            if self.tell is not None:
                self.tell(self.report.event_count)
        left = sum(self._leaf(row) is not None for row in events.rest())
        if left and up_to_id is not None:
            self.report.problem(f"epoch {epoch.number}", f"{left:,} events are in no seal, though the epoch is over")
        self.report.unsealed_count += left

    def _link(self, seal: SealRow, epoch: EpochRow) -> None:
        number, size, digest = (
            (self.previous.number, self.previous.size, self.previous.digest) if self.previous else (0, 0, NOTHING)
        )
        where = f"seal {seal.number}"
        if seal.number != number + 1:
            self.report.problem(where, f"follows seal {number}")
        if seal.previous != digest:
            self.report.problem(where, "does not name the seal before it")
        if seal.size != size + seal.count:
            self.report.problem(where, "counts its events wrongly")
        if seal.digest != seal.should_be(epoch):
            self.report.problem(where, "was changed: its facts do not fit its digest")

    def _take(self, seal: SealRow, events: "_Ahead[EventRow]") -> None:
        leaves, last = [], (0, 0)
        for row in events.as_long_as(_until(seal)):
            leaves.append(self._leaf(row))
            last = row[0], row[1]
        if len(leaves) != seal.count:
            self.report.problem(f"seal {seal.number}", f"sealed {seal.count:,} events; {len(leaves):,} are here")
        elif last != (seal.last_xid, seal.last_id):
            self.report.problem(f"seal {seal.number}", f"ended with event {seal.last_id}; here it ends with {last[1]}")
        self.report.seal_count += 1
        self.tree.extend(leaves)

    def _leaf(self, row: EventRow) -> bytes:
        leaf = sha256(b"\x00" + row[9]).digest()
        if leaf != row[10]:
            self.report.problem(f"event {row[1]}", "its bytes do not fit its digest")
        elif wrong := disagreement(row):
            self.report.problem(f"event {row[1]}", f"its columns say something else than its bytes ({wrong})")
        elif row[3] == REMOVAL:
            told = json.loads(row[9])["after"]
            self.removals_told.add((told["first_seal"], told["last_seal"], told["root"]))
            # The events that told of earlier removals may be among those removed since.
            self.removals_told |= {(first, last, root) for first, last, root in told.get("earlier", ())}
        self.report.event_count += 1
        return leaf

    def _take_removed(self, seal: SealRow, events: "_Ahead[EventRow]") -> None:
        for row in events.as_long_as(_until(seal)):
            self.report.problem(f"event {row[1]}", f"stands in seal {seal.number}, whose events were removed")
        self.report.seal_count += 1
        self.report.removed_count += seal.count
        self._go_on_from(seal)

    def _compare(self, seal: SealRow) -> None:
        if (self.tree.size, self.tree.root, self.tree.frontier) != (seal.size, seal.root, seal.frontier):
            self.report.problem(f"seal {seal.number}", "its events do not have the root that was sealed")
            self._go_on_from(seal)
            return
        for level, index, hashed in self.tree.kept:
            if self.nodes.pop((level, index), None) != hashed:
                self.report.problem(f"tree node {level}/{index}", "is missing or was changed")
        self.tree.kept.clear()

    def _go_on_from(self, seal: SealRow) -> None:
        """The tree as the seal has it, so that one damage does not hide the next, and removed events are not needed."""
        try:
            self.tree = Tree(seal.size, seal.frontier)
        except ValueError:
            self.report.problem(f"seal {seal.number}", "its frontier does not fit its size")
            self.tree = Tree()
        if self.tree.root != seal.root:
            self.report.problem(f"seal {seal.number}", "its frontier does not have its root")
        for level, index in [key for key in self.nodes if (key[1] + 1) << key[0] <= seal.size]:
            del self.nodes[level, index]  # what they stand for cannot be recomputed; the root above them is compared


def _until(seal: SealRow) -> Callable[[EventRow], bool]:
    end = seal.last_xid, seal.last_id
    return lambda row: (row[0], row[1]) <= end


class _Ahead(Generic[T]):
    """Rows with one seen ahead."""

    def __init__(self, rows: Iterator[T]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def as_long_as(self, fits: Callable[[T], bool]) -> Iterator[T]:
        row = self._next
        while row is not None and fits(row):
            yield row
            row = next(self._rows, None)
            self._next = row

    def rest(self) -> Iterator[T]:
        while self._next is not None:
            row, self._next = self._next, None
            yield row
            self._next = next(self._rows, None)
