"""The tests that our own rows can answer, one function a control.

A control without a test here says in its framework file why (`not_tested`); a system check demands exactly one of the two.
Each test asks over the population of the period, in sets, and counts every exception.
"""

from collections.abc import Iterator
from dataclasses import replace

from compliance.controls import authorisation, identity, ownership, records, reviewing, termination
from compliance.controls.registry import answered
from compliance.frameworks import Control
from compliance.scope import Scope
from compliance.verdicts import Result, Verdict

__all__ = ["answered", "authorisation", "identity", "ownership", "records", "results", "reviewing", "termination"]


def results(scope: Scope) -> Iterator[tuple[Control, Result]]:
    """Every control of the framework with its result, in the framework's order."""
    for control in scope.framework.controls:
        test = answered(scope.framework.key, control.id)
        yield control, replace(test(scope), asked=control.test) if test else _untested(control)


def _untested(control: Control) -> Result:
    return Result(Verdict.NOT_TESTED, counted="", population=0, reason=control.not_tested)
