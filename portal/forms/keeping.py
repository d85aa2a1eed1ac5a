from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from portal.forms.start import EMPTY


class HoldForm(forms.Form):
    """A legal hold. Days are UTC days, both inside; without them the whole trail is held."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        error_messages=EMPTY,
        help_text=gettext_lazy("The case as your lawyers call it. Without people's names: the trail keeps it."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    since = forms.DateField(label=gettext_lazy("First day"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    until = forms.DateField(label=gettext_lazy("Last day"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, error_messages=EMPTY)
