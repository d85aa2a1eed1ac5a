"""When one is away, and who stands in."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents import clock
from agents.people.models import User
from portal.filters import beginning_of, end_of
from portal.forms.choosing import PersonField

LONGEST_AWAY = timedelta(days=366)


class AbsenceForm(forms.Form):
    """Whole days in one's own time zone, the last one included."""

    first_day = forms.DateField(label=gettext_lazy("First day away"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    last_day = forms.DateField(label=gettext_lazy("Last day away"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    deputy = PersonField(
        label=gettext_lazy("Deputy"),
        required=False,
        help_text=gettext_lazy("Accepts, decides and is shown what waits for you while you are away. Without one it waits."),
    )

    def __init__(self, data: Any = None, *, user: User) -> None:
        self.user = user
        super().__init__(data, initial=_initial(user))

    def clean_deputy(self) -> User | None:
        deputy: User | None = self.cleaned_data["deputy"]
        if deputy is not None and deputy.pk == self.user.pk:
            raise ValidationError(_("Name another person as deputy."))
        return deputy

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first: date | None = cleaned.get("first_day")
        last: date | None = cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day comes before the first one."))
        elif last and end_of(last) <= clock.now():
            self.add_error("last_day", _("This day is over. Choose one to come."))
        elif first and last and last - first > LONGEST_AWAY:
            self.add_error("last_day", _("At most a year at once; an administrator can close an account for longer."))
        return cleaned

    @property
    def since(self) -> datetime:
        return beginning_of(self.cleaned_data["first_day"])

    @property
    def until(self) -> datetime:
        return end_of(self.cleaned_data["last_day"])


def _initial(user: User) -> dict[str, Any]:
    if user.absent_from is None or user.absent_until is None:
        return {"deputy": user.deputy}
    last = timezone.localtime(user.absent_until) - timedelta(microseconds=1)
    return {"first_day": timezone.localdate(user.absent_from), "last_day": last.date(), "deputy": user.deputy}
