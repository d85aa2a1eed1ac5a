"""Which function answers which control."""

from collections.abc import Callable

from compliance.scope import Scope
from compliance.verdicts import Result

Test = Callable[[Scope], Result]
_tests: dict[tuple[str, str], Test] = {}


def answers(framework: str, control_id: str) -> Callable[[Test], Test]:
    """Register the test of a control."""

    def register(test: Test) -> Test:
        _tests[framework, control_id] = test
        return test

    return register


def answered(framework: str, control_id: str) -> Test | None:
    return _tests.get((framework, control_id))


def answered_ids(framework: str) -> set[str]:
    return {control_id for key, control_id in _tests if key == framework}
