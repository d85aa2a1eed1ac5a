"""What a verification found."""

from dataclasses import dataclass, field

MOST = 200  # problems told one by one; after so many the trail is not worth more words


@dataclass
class Report:
    """problems: one sentence each, where first. lost: what an operator has acknowledged as gone after a restore."""

    event_count: int = 0  # whose bytes were recomputed
    sealed_count: int = 0
    unsealed_count: int = 0
    removed_count: int = 0  # removed when their time was over
    seal_count: int = 0
    checkpoint_count: int = 0
    outside_count: int = 0  # checkpoints from outside the database
    head_root: str = ""
    epoch: int = 0
    problems: list[str] = field(default_factory=list)
    more_problems: int = 0
    lost: list[str] = field(default_factory=list)

    @property
    def is_well(self) -> bool:
        return not self.problems

    def problem(self, where: str, what: str) -> None:
        if len(self.problems) < MOST:
            self.problems.append(f"{where}: {what}")
        else:
            self.more_problems += 1

    def lines(self) -> list[str]:
        """The report for a person."""
        told = [
            f"events      {self.event_count:,} recomputed from their bytes; {self.unsealed_count:,} of them not sealed yet"
            + (f"; {self.removed_count:,} removed after their time" if self.removed_count else ""),
            f"seals       {self.seal_count:,} over {self.sealed_count:,} events, each chained to the last; epoch {self.epoch}",
            f"checkpoints {self.checkpoint_count:,} in the database, {self.outside_count:,} from outside it",
            f"root        {self.head_root or 'none: nothing is sealed'}",
        ]
        told += [f"lost        {line}" for line in self.lost]
        told += [f"PROBLEM     {line}" for line in self.problems]
        if self.more_problems:
            told.append(f"PROBLEM     … and {self.more_problems:,} more")
        told.append("The trail is whole." if self.is_well else "The trail is NOT whole.")
        return told
