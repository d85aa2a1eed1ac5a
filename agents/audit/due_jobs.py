"""What the trail does by the clock; reactions that a nudge missed are found by the sweep."""

from agents.audit import alarms, checkpoints, delivery, idempotency, reactions
from agents.audit.due import due


@due("audit.react")
def react() -> int:
    return reactions.run_waiting()


@due("audit.seal")
def seal() -> int:
    return checkpoints.run()


@due("audit.forget_calls")
def forget_calls() -> int:
    return idempotency.forget()


@due("audit.deliver")
def deliver() -> int:
    return delivery.deliver_due()


@due("audit.watch")
def watch() -> int:
    return alarms.watch()
