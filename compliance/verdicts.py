"""What a test says about a control. Four different things: what was not tested is never green."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

LISTED = 200  # exceptions that a result names; all are counted


class Verdict(models.TextChoices):
    PASS = "pass", gettext_lazy("pass")
    EXCEPTION = "exception", gettext_lazy("exception")
    NOT_TESTED = "not_tested", gettext_lazy("not tested")
    NOT_APPLICABLE = "not_applicable", gettext_lazy("not applicable")


@dataclass(frozen=True)
class Exceptional:
    """One row that does not hold. ref: its public id, so that it can be found again."""

    who: str
    sentence: str
    ref: str = ""


@dataclass(frozen=True)
class Result:
    """asked: the question as it was put to the rows; counted: what the population is made of;
    limits: what the question leaves out; reason: why the verdict is what it is."""

    verdict: Verdict
    counted: str
    population: int
    reason: str
    exceptions: tuple[Exceptional, ...] = ()
    exception_count: int = 0
    limits: str = ""
    asked: str = ""


def judge(*, counted: str, population: int, exceptions: Sequence[Exceptional], exception_count: int, limits: str = "") -> Result:
    """Nothing to test is not applicable, one exception is an exception, and only the rest passes."""
    if not population:
        verdict, reason = Verdict.NOT_APPLICABLE, _("There was nothing of this kind in the period.")
    elif exception_count:
        verdict, reason = Verdict.EXCEPTION, _("%(k)s of %(n)s did not hold.") % {"k": exception_count, "n": population}
    else:
        verdict, reason = Verdict.PASS, _("All %(n)s held.") % {"n": population}
    listed = tuple(exceptions[:LISTED])
    return Result(verdict, counted, population, reason, listed, exception_count, limits)
