from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from agents.audit import destinations
from agents.audit.models import CheckpointSink
from portal.forms.start import EMPTY


class SinkForm(forms.Form):
    """One more place that checkpoints go to."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        error_messages=EMPTY,
        help_text=gettext_lazy("What people call it, like “Auditor's mailbox” or “Group log archive”."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    kind = forms.ChoiceField(label=gettext_lazy("How it is sent"), choices=CheckpointSink.Kind.choices)
    address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=300,
        error_messages=EMPTY,
        help_text=gettext_lazy(
            "HTTPS: https://witness.example.org/checkpoints. Syslog: logs.example.org:6514. Mail: witness@example.org. "
            "Without passwords or keys."
        ),
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        if CheckpointSink.objects.filter(name=name).exists():
            raise ValidationError(gettext_lazy("A sink has this name already. Choose another one."))
        return name

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if "address" in given and "kind" in given:
            try:
                destinations.read(given["kind"], given["address"])
            except ValidationError as wrong:
                self.add_error("address", wrong)
        return given
