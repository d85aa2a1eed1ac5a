from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents import clock
from agents.people.models import LegalEntity
from compliance.frameworks import frameworks

USUAL = timedelta(days=90)


class PackForm(forms.Form):
    """What, and over which period and legal entity. Days are UTC days, both inside."""

    framework = forms.ChoiceField(label=gettext_lazy("Framework"))
    legal_entity = forms.ModelChoiceField(
        LegalEntity.objects.all(),
        to_field_name="slug",
        required=False,
        label=gettext_lazy("Legal entity"),
        empty_label=gettext_lazy("Whole group"),
    )
    since = forms.DateField(label=gettext_lazy("First day"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    until = forms.DateField(label=gettext_lazy("Last day"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choice = self.fields["framework"]
        if isinstance(choice, forms.ChoiceField):
            choice.choices = [(key, found.name) for key, found in frameworks().items()]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        since, until = found.get("since"), found.get("until")
        if since and until and since > until:
            raise ValidationError({"until": _("The last day is before the first.")})
        if until and until > clock.now().date():
            raise ValidationError({"until": _("The last day is still to come; a pack tells what has happened.")})
        return found


def usual() -> dict[str, str]:
    """What most people want: the first framework, the last three months."""
    today = clock.now().date()
    return {"framework": next(iter(frameworks())), "legal_entity": "", "since": str(today - USUAL), "until": str(today)}
