"""Reactions a nudge missed are found by the sweep."""

from agents.audit import alarms, delivery, reactions
from agents.audit.due import due


@due("audit.react")
def react() -> int:
    return reactions.run_waiting()


@due("audit.deliver")
def deliver() -> int:
    return delivery.deliver_due()


@due("audit.watch")
def watch() -> int:
    return alarms.watch()
