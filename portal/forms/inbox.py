"""A decision as it comes in from the page. Whether it may be made is asked by the action."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agents.access.models import RequestLine

REASON_HELP = _("Shown to the people concerned and kept as evidence. Up to 500 characters.")


class RefusalForm(forms.Form):
    """answer=refuse: the reason is needed."""

    reason = forms.CharField(
        label=_("Why not?"),
        help_text=REASON_HELP,
        max_length=500,
        strip=True,
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": _("Give a reason. Whoever asked will read it.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "refuse-%s", **kwargs})


class ApprovalForm(forms.Form):
    """answer=approve: for as long as was asked, or shorter; a note if one likes."""

    days: forms.Field = forms.IntegerField()
    reason = forms.CharField(
        label=_("Note"), help_text=REASON_HELP, max_length=500, required=False, strip=True, widget=forms.Textarea({"rows": 2})
    )

    def __init__(self, *args: Any, line: RequestLine, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "approve-%s", **kwargs})
        self.fields["days"] = forms.IntegerField(
            label=_("Days"),
            min_value=1,
            max_value=line.duration_days,
            initial=max(1, line.duration_days // 2),
            help_text=_("At most the %(most)s that were asked for.") % {"most": line.duration_days},
            widget=forms.NumberInput({"inputmode": "numeric", "data-days": ""}),
        )
