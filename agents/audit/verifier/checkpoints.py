"""Checks every signed checkpoint against the seals, those of the database and those kept outside it."""

from collections.abc import Iterable, Sequence

from agents.audit.verifier.chain import CheckpointRow, EpochRow, SealRow
from agents.audit.verifier.note import BadNote, Head, PublicKey, opened
from agents.audit.verifier.report import Report


class Checkpoints:
    """The heads that somebody signed, waiting to meet the seals they speak of.

    inside: rows, oldest first; outside: (where from, note). One outside that the rows lack is a row that was removed.
    """

    def __init__(
        self,
        inside: Iterable[CheckpointRow],
        outside: Sequence[tuple[str, str]],
        keys: list[PublicKey],
        origin: str,
        report: Report,
    ) -> None:
        self.report = report
        self.heads: list[tuple[str, Head]] = []
        self.missing: set[str] = set()  # where from
        self.met: dict[int, tuple[int, bytes, bytes]] = {}
        self.newest_size = 0
        notes: set[str] = set()
        for row in inside:
            where = f"checkpoint {row.id}"
            notes.add(row.note)
            report.checkpoint_count += 1
            if (head := self._opened(row.note, keys, origin, where)) and (head.epoch, head.size, head.root) != (
                row.epoch,
                row.size,
                row.root,
            ):
                report.problem(where, "its columns say something else than its signed text")
        for where, note in outside:
            report.outside_count += 1
            if self._opened(note, keys, origin, where) and note not in notes:
                self.missing.add(where)
        self.sizes = {head.size for _where, head in self.heads}

    def _opened(self, note: str, keys: list[PublicKey], origin: str, where: str) -> Head | None:
        try:
            head = opened(note, keys, origin)
        except BadNote as problem:
            self.report.problem(where, str(problem))
            return None
        self.heads.append((where, head))
        return head

    def meet(self, seal: SealRow) -> None:
        """A seal that was checked passes by."""
        self.newest_size = max(self.newest_size, seal.size)
        if seal.size in self.sizes:
            self.met[seal.size] = seal.epoch, seal.root, seal.digest

    def compare(self, epochs: Sequence[EpochRow]) -> None:
        """Every head is the one the trail had at that size, or stands in what an operator acknowledged as lost."""
        signed_for = {head.epoch for _where, head in self.heads if self._fits(head)}
        for epoch in epochs[1:]:
            if epoch.number not in signed_for:
                self.report.problem(
                    f"epoch {epoch.number}", "nobody signed a checkpoint in it (yet), so nobody vouches for its beginning"
                )
        for where, head in self.heads:
            if self._fits(head):
                if where in self.missing:
                    self.report.problem(where, f"this checkpoint of {head.size:,} events is missing in the database")
            elif wrong := self._why_not(head, epochs):
                self.report.problem(where, wrong)

    def _fits(self, head: Head) -> bool:
        return self.met.get(head.size) == (head.epoch, head.root, head.seal)

    def _why_not(self, head: Head, epochs: Sequence[EpochRow]) -> str:
        if head.epoch > (epochs[-1].number if epochs else 0):
            return f"is of epoch {head.epoch}, which this trail never had: it was rolled back"
        after = next((epoch for epoch in epochs if epoch.number > head.epoch), None)
        if after is not None and after.lost_size is not None and (after.common_size or 0) < head.size <= after.lost_size:
            return ""  # known to be gone
        if head.size > self.newest_size:
            return f"knows {head.size:,} events; only {self.newest_size:,} are sealed here: the trail was cut or rolled back"
        return f"the first {head.size:,} events are not the ones it was signed over: history was rewritten"
