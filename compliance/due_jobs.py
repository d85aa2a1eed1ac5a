"""What this floor does by the clock. Any number of processes may do it at once."""

from agents.audit.due import due
from compliance import files
from compliance.actions import packs


@due("compliance.build_packs")
def build_packs() -> int:
    return packs.build_due()


@due("compliance.sweep_files")
def sweep_files() -> int:
    return files.sweep()
