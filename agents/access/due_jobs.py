"""What this floor does by the clock. Nothing waits for it: decisions read the clock themselves."""

from agents.access.actions import grants, requests
from agents.audit.due import due


@due("access.tidy_grants")
def tidy_grants() -> int:
    return grants.tidy()


@due("access.expire_requests")
def expire_requests() -> int:
    return requests.expire_overdue()
