"""What an import did, told the same way by every importer."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

MOST_FAULTS = 1_000  # kept in full; the rest is counted


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a file. row: as a spreadsheet counts, or the position from 1 in a list; column: may be empty."""

    row: int
    column: str
    sentence: str


@dataclass
class ImportReport:
    """found = created + updated + unchanged + excluded + failed, or the import itself is wrong."""

    source: str
    dry_run: bool = False
    found: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    excluded: Counter[str] = field(default_factory=Counter)  # reason → how many
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0
    fatal: str = ""  # why nothing at all was imported
    digest: str = ""  # SHA-256 of the file, hexadecimal
    further: dict[str, int] = field(default_factory=dict)  # counts of what came along, like accesses

    @property
    def is_clean(self) -> bool:
        return not self.fatal and not self.fault_count

    @property
    def adds_up(self) -> bool:
        """Completeness: nothing of the source is lost in silence."""
        return self.found == self.created + self.updated + self.unchanged + self.excluded.total() + self.failed

    def fail(self, *faults: Fault) -> None:
        """One more thing of the source was not imported, for these reasons."""
        self.failed += 1
        self.fault_count += len(faults)
        self.faults.extend(faults[: max(0, MOST_FAULTS - len(self.faults))])

    def count(self, what: str, number: int = 1) -> None:
        if number:
            self.further[what] = self.further.get(what, 0) + number

    def told(self) -> Mapping[str, object]:
        """The numbers for the trail."""
        return {
            "source": self.source,
            "file_sha256": self.digest,
            "found": self.found,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "excluded": dict(self.excluded),
            "failed": self.failed,
            **self.further,
        }
