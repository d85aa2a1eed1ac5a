"""The components every page is made of. `{% load mandate %}`, then:

badges     {% tier_badge agent.risk_tier %}  {% state_badge grant %}  {% state_badge line "short" %}  {% verdict_badge "pass" %}
           {% badge "production" %}  {% badge "privileged" tone="warn" icon="key" %}    tone: good wait warn bad off
time       {% when grant.expires_at %}  {% when grant.revoked_at "not yet" %}           relative; absolute on hover and focus
facts      {% copyable agent.uid %}  {% copyable agent.spiffe_id label="SPIFFE id" %}  {% copyable pack.sha256 short=12 %}
           {% person agent.human_owner %}  {% person None "nobody" %}  {% icon "key" %}  {% icon "warning" "Overdue" %}
parts      {% card "Access" hint="6 accesses to 4 systems" url=url label="All" anchor="access" %} … {% endcard %}
           {% note "warn" %}The lease ends in 3 days.{% endnote %}
           {% empty "No requests yet" "Requests you make appear here." url "Ask for access" icon="request" %}
           {% progress 188 400 "items decided" %}  {% pager page_obj %}  {% timeline events %}
buttons    {% action_button "Approve for 30 days" post=url tone="primary" %}            a form of its own, with the CSRF token
           {% action_button "Ask for access" href=url icon="plus" %}                    a link
           {% action_button "Save draft" name="step" value="save" %}                    submits the form around it
           {% action_button "Approve" post=url disabled_because=why_not %}              the sentence stands beside the button
forms      {% field form.purpose %}  {% field form.name mark="" %}  {% form_errors form %}    label, help, widget, error

Classes of portal/static/portal/portal.css, for page templates:
  .m-stack .m-stack-tight   blocks below each other, 24 or 12 px       .m-row  beside each other, wrapping, 12 px
  .m-grid .m-grid-wide      cards beside each other                    .m-split  main column and a 320 px side column
  .m-measure                at most 72 characters a line               .m-quiet .m-strong .m-small .m-num .m-mono .m-sr .m-nowrap
  .m-table                  in a <div class="m-table-wrap">; first cell <td class="m-name"><a>…</a><small>…</small></td>,
                            numbers <td class="m-num">, all but the first <td data-label="Owner">: at 390 px a row is a card
  .m-facts                  <dl><div><dt>…</dt><dd>…</dd></div></dl>   .m-list  rows with a line between: <li class="m-list-row">
  .m-tabs                   <nav><a aria-current="page">               .m-filters  a form of fields in one line
  .m-questions              <ol><li><h2>Who owns it?</h2><div>…</div></li>, the five questions
  .m-attention              <ul><li>badge, <div class="m-list-main">, <span class="m-due">, button</li>, what needs you
  .m-panes                  list left (.m-panes-list), decision right  .m-bulk  a bar that sticks to the bottom of a list
  .m-form .m-form-pair      a form's fields; two beside each other     .m-form-actions .m-actions  buttons in a row
  .m-steps                  <ol><li aria-current="step">               .m-bad .m-good .m-warn  a coloured word, with an icon
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import count
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.template import loader
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from agents.audit import labels
from agents.clock import now
from portal.icons import DRAWINGS, FILLED
from portal.reltime import relative

register = template.Library()

NUMBERS = count(1)  # ids of the sentences beside disabled buttons: unique on any page

TIERS = {
    "critical": (_("critical"), "diamond"),
    "high": (_("high"), "triangle"),
    "medium": (_("medium"), "dot"),
    "low": (_("low"), "ring"),
}
VERDICTS = {
    "pass": (_("pass"), "check"),
    "exception": (_("exception"), "exclaim"),
    "not_tested": (_("not tested"), "dash"),
    "not_applicable": (_("not applicable"), "void"),
    "attested": (_("attested"), "pen"),
    "not_removed": (_("NOT REMOVED"), "exclaim"),
}
TONE_ICONS = {"good": "dot", "wait": "clock", "warn": "warning", "bad": "exclaim", "off": "ring"}
STATE_ICONS = {
    "active": "dot",
    "draft": "draft",
    "pending_owner": "person",
    "suspended": "pause",
    "held": "pause",
    "quarantined": "fence",
    "retired": "strike",
    "revoked": "strike",
    "cancelled": "strike",
    "withdrawn": "strike",
    "expired": "clock",
    "scheduled": "clock",
    "approved": "check",
    "decided": "check",
    "ready": "check",
    "done": "check",
    "closed": "lock",
    "denied": "cross",
    "refused": "cross",
    "failed": "exclaim",
    "skipped": "dash",
    "undecided": "ring",
}


@register.inclusion_tag("_components/icon.html")
def icon(name: str, label: str = "") -> dict[str, Any]:
    """One drawing of portal/icons.py; decoration unless it is given a label."""
    return {"paths": DRAWINGS[name], "filled": name in FILLED, "label": label}


@register.inclusion_tag("_components/badge.html")
def badge(text: object, tone: str = "off", icon: str = "", title: str = "") -> dict[str, Any]:
    """A word in a quiet frame, with its shape."""
    return {"text": text, "kind": tone, "icon": icon, "title": title}


@register.inclusion_tag("_components/badge.html")
def tier_badge(tier: object) -> dict[str, Any]:
    """The risk tier: ◆ critical, ▲ high, ● medium, ○ low; unknown is said, never left out."""
    value = str(getattr(tier, "value", tier) or "")
    text, shape = TIERS.get(value, (_("no tier"), "dash"))
    return {"text": text, "kind": f"tier-{value}" if value in TIERS else "off", "icon": shape, "title": _("Risk tier")}


@register.inclusion_tag("_components/badge.html")
def state_badge(thing: Any, text: object = "") -> dict[str, Any]:
    """The state of a row, from its `state_enum` (tone and label stand beside the value, in the model)."""
    state = getattr(thing, "state_enum", thing)
    value = str(getattr(state, "value", state))
    tone = str(getattr(state, "tone", "off"))
    shape = STATE_ICONS.get(value) or TONE_ICONS.get(tone, "ring")
    struck = value in {"retired", "revoked", "cancelled", "withdrawn"}
    return {"text": text or getattr(state, "label", value), "kind": tone, "icon": shape, "struck": struck, "state": value}


@register.inclusion_tag("_components/badge.html")
def verdict_badge(verdict: object) -> dict[str, Any]:
    """✓ pass, ! exception, – not tested, ∅ not applicable: four different things; attested is a pen, not a tick."""
    value = str(getattr(verdict, "value", verdict) or "not_tested")
    text, shape = VERDICTS.get(value, VERDICTS["not_tested"])
    return {"text": text, "kind": f"verdict-{value.replace('_', '-')}", "icon": shape, "title": _("Verdict")}


@register.inclusion_tag("_components/badge.html")
def tally_badge(verdict: str, count: int) -> dict[str, Any]:
    """How many controls have this verdict: "9 pass", with its shape."""
    text, shape = VERDICTS.get(verdict, VERDICTS["not_tested"])
    return {"text": f"{count} {text}", "kind": f"verdict-{verdict.replace('_', '-')}", "icon": shape, "title": _("Controls")}


@register.inclusion_tag("_components/when.html")
def when(moment: datetime | None, otherwise: object = "–") -> dict[str, Any]:
    """How long ago or until; the date with its zone on hover and focus, and for screen readers always."""
    if moment is None:
        return {"moment": None, "otherwise": otherwise}
    local = timezone.localtime(moment)
    return {
        "moment": moment,
        "relative": relative(moment, now()),
        "absolute": f"{date_format(local, 'j F Y, H:i')} {local.tzname()}",
    }


@register.inclusion_tag("_components/copyable.html")
def copyable(text: object, label: object = "", short: int = 0) -> dict[str, Any]:
    """An id one can copy; `short` shows only its first characters."""
    full = str(text)
    shown = f"{full[:short]}…" if short and len(full) > short else full
    return {"text": full, "shown": shown, "label": label}


@register.inclusion_tag("_components/person.html")
def person(user: Any, otherwise: object = _("nobody")) -> dict[str, Any]:
    """A person's name with a link to their page; "nobody" is said as a fault."""
    if user is None:
        return {"name": "", "otherwise": otherwise}
    return {"name": user.name, "url": reverse("person", args=[user.uid]), "gone": not user.is_present}


@register.inclusion_tag("_components/empty.html")
def empty(title: object, text: object = "", url: str = "", label: object = "", icon: str = "") -> dict[str, Any]:
    """What would be here, why it is empty, and the one thing to do."""
    return {"title": title, "text": text, "url": url, "label": label, "icon": icon}


@register.inclusion_tag("_components/progress.html")
def progress(done: int, total: int, label: object = "", tone: str = "") -> dict[str, Any]:
    """A bar with its numbers in words; nothing to do is a full bar only when something was done."""
    percent = round(100 * done / total) if total else 0
    return {"done": done, "total": total, "label": label, "percent": percent, "tone": tone}


@register.inclusion_tag("_components/pager.html", takes_context=True)
def pager(context: template.Context, page: Page[Any]) -> dict[str, Any]:
    """Which rows these are, and the way to the others; keeps every other parameter of the address."""
    return {
        "page": page,
        "request": context["request"],
        "numbers": page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1),
    }


@register.inclusion_tag("_components/timeline.html", takes_context=True)
def timeline(context: template.Context, events: Iterable[Any]) -> dict[str, Any]:
    """Trail events as sentences, newest first: templates/trail/<event>.html, or the event's own words."""
    told = labels.load(list(events))
    rows = [(event, loader.select_template([f"trail/{event.event}.html", "_components/timeline_event.html"])) for event in told]
    return {"rows": [(event, chosen.template) for event, chosen in rows], "request": context.get("request")}


@register.inclusion_tag("_components/action_button.html", takes_context=True)
def action_button(context: template.Context, label: object, **options: Any) -> dict[str, Any]:
    """A button that says what happens.

    href: a link; post: an address of its own form; neither: submits the form around it (name, value).
    tone: primary, danger, quiet or nothing; icon: a drawing; hidden: {name: value} sent along with post;
    disabled_because: the sentence of `why_not_…`; the button then does nothing and the sentence stands beside it.
    """
    known = {
        "href",
        "post",
        "tone",
        "icon",
        "name",
        "value",
        "hidden",
        "disabled_because",
        "confirm",
        "id",
        "small",
        "htmx_target",
    }
    if unknown := set(options) - known:
        raise template.TemplateSyntaxError(f"action_button does not know {', '.join(sorted(unknown))}")
    return {**options, "label": label, "csrf_token": context.get("csrf_token"), "described": f"why-{next(NUMBERS)}"}


@register.inclusion_tag("_components/field.html")
def field(bound: BoundField, hint: object = "", mark: object = None) -> dict[str, Any]:
    """One form field: label, help, widget, what was wrong.

    mark: the grey word beside the label; by itself "optional" where nothing must be filled in, "" for none.
    """
    widget = bound.field.widget
    described = [f"{bound.auto_id}-help"] if bound.help_text or hint else []
    described += [f"{bound.auto_id}-error"] if bound.errors else []
    attrs: dict[str, Any] = {"aria-describedby": " ".join(described)} if described else {}
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return {
        "field": bound,
        "control": bound.as_widget(attrs=attrs),
        "hint": hint,
        "mark": mark if mark is not None else "" if bound.field.required else _("optional"),
        "is_group": isinstance(widget, RadioSelect | CheckboxSelectMultiple),
        "is_check": isinstance(widget, CheckboxInput),
    }


@register.inclusion_tag("_components/form_errors.html")
def form_errors(form: BaseForm) -> dict[str, Any]:
    """What was wrong with the form as a whole, and links to the fields that need mending."""
    return {"form": form, "wrong": [bound for bound in form if bound.errors]}


@register.simple_block_tag
def card(
    content: SafeString, title: object = "", hint: object = "", url: str = "", label: object = "", anchor: str = ""
) -> SafeString:
    """A framed block with a heading; `url` and `label` make the link at its right."""
    return loader.render_to_string(
        "_components/card.html", {"content": content, "title": title, "hint": hint, "url": url, "label": label, "anchor": anchor}
    )


@register.simple_block_tag
def note(content: SafeString, tone: str = "off") -> SafeString:
    """A sentence that must not be missed, with the icon of its tone."""
    return loader.render_to_string(
        "_components/note.html",
        {"content": content, "tone": tone, "icon": TONE_ICONS.get(tone, "info") if tone != "off" else "info"},
    )


@register.filter
def initials(name: object) -> str:
    """Two letters that stand for a person: "Ann Marie Baker" is AB."""
    words = str(name).split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


@register.filter
def keys(pressed: str) -> list[str]:
    """The keys to press one after the other: "g i" is g, then i."""
    return pressed.split()
