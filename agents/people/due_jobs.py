"""A restored backup does not bring back who was erased."""

from agents.audit.due import due
from agents.people.actions import erasure


@due("people.apply_erasures")
def apply_erasures() -> int:
    return erasure.apply_again()
