"""Reactions a nudge missed are found by the sweep."""

from agents.audit import checkpoints, reactions
from agents.audit.due import due


@due("audit.react")
def react() -> int:
    return reactions.run_waiting()


@due("audit.seal")
def seal() -> int:
    return checkpoints.run()
