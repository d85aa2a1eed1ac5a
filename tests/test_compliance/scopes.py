"""Shorthand for scopes and results."""

from datetime import date

from agents.people.models import LegalEntity
from compliance.controls.registry import answered
from compliance.frameworks import framework
from compliance.scope import Scope, scope_of
from compliance.verdicts import Result


def hipaa(since: date, until: date, entity: LegalEntity | None = None) -> Scope:
    return scope_of(framework("hipaa"), since, until, entity)


def result(scope: Scope, control_id: str) -> Result:
    test = answered("hipaa", control_id)
    assert test is not None
    return test(scope)
