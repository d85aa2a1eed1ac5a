"""What this floor does by the clock. Any number of processes may do it at once."""

from agents.audit.due import due
from reviews.actions import campaigns, items, newcomers


@due("reviews.open_campaigns")
def open_campaigns() -> int:
    return campaigns.open_due()


@due("reviews.admit_newcomers")
def admit_newcomers() -> int:
    return newcomers.admit()


@due("reviews.close_campaigns")
def close_campaigns() -> int:
    return campaigns.close_overdue()


@due("reviews.finish_executions")
def finish_executions() -> int:
    return items.finish_executions()
