"""What narrows a list. Every filter stands in the address, so a list can be shared; what one may see is decided before."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django_filters.filters import CharFilter, ChoiceFilter, DateFilter, ModelChoiceFilter
from django_filters.filterset import FilterSet

from agents import clock
from agents.access.models import Grant
from agents.audit.events import Event
from agents.audit.models import TrailEvent
from agents.people.choices import Role
from agents.people.models import LegalEntity, RoleAssignment, User
from agents.registry.choices import AgentKind, DataClass, Environment, Origin, SystemKind, SystemMode, Tier
from agents.registry.models import Agent, System
from compliance.questions import REACH, SOON
from compliance.reach import holding_class
from portal.forms.choosing import PersonInput, anybody_like
from reviews.models import Item

Choices = list[tuple[str, str | Promise]]
Rows = QuerySet[Any]

NOBODY = "nobody"
ANY = _("any")
AT_WORK, ALL, CURRENT = "in_service", "all", "current"
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2200, 1, 1)
MOST_MEANT = 50  # people or agents that one text may stand for


def _data_choices() -> Choices:
    """The groups people ask for first, then every single class, then the gap."""
    groups: Choices = [(key, label) for key, label, _classes in REACH]
    known = {key for key, _label in groups}
    return [
        *groups,
        *((str(value), label) for value, label in DataClass.choices if value not in known),
        ("unknown", _("unknown")),
    ]


def _sorted_choices(choices: Any) -> Choices:
    return [(str(value), str(label).capitalize()) for value, label in choices]


class Search(CharFilter):
    """The text field in front of a list."""

    def __init__(self, label: str | Promise, method: str) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            label=label, method=method, max_length=100, widget=forms.TextInput({"type": "search", "autocomplete": "off"})
        )


class OneOf(ChoiceFilter):
    """One of a few words; nothing chosen narrows nothing."""

    def __init__(self, label: str | Promise, choices: Any, any_label: str | Promise = ANY, **options: Any) -> None:
        super().__init__(label=label, choices=choices, empty_label=any_label, **options)  # type: ignore[no-untyped-call]


class OneEntity(ModelChoiceFilter):
    """A legal entity, by its short name in the address."""

    def __init__(self, field_name: str = "legal_entity") -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            label=_("Legal entity"),
            field_name=field_name,
            queryset=LegalEntity.objects.all(),
            to_field_name="slug",
            empty_label=_("any"),
        )


class ListFilters(FilterSet):
    """Common ground: which filters are in use, so that a page can say so and open what hides them."""

    first: tuple[str, ...] = ()  # shown at once; the others stand behind "More filters"

    def __init__(self, data: QueryDict, rows: Rows) -> None:
        super().__init__(data, queryset=rows)  # type: ignore[no-untyped-call]

    def narrowed(self, rows: Rows) -> Rows:
        """What every list leaves out until a filter asks for it."""
        return rows

    def filter_queryset(self, queryset: Rows) -> Rows:
        return self.narrowed(cast(Rows, super().filter_queryset(queryset)))  # type: ignore[no-untyped-call]

    @property
    def rows(self) -> Rows:
        return cast(Rows, self.qs)

    @property
    def first_fields(self) -> list[forms.BoundField]:
        return [self.form[name] for name in self.first]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        return [bound for bound in self.form if bound.name not in self.first]

    @property
    def in_use(self) -> list[str]:
        return [name for name in self.filters if str(self.data.get(name, "")).strip()]

    @property
    def is_more_open(self) -> bool:
        return any(name not in self.first for name in self.in_use)


class AgentFilters(ListFilters):
    q = Search(_("Name, owner, system or purpose"), "find")
    state = OneOf(
        _("State"),
        [
            (AT_WORK, _("At work")),
            *_sorted_choices(c for c in Agent.State.choices if c[0] != "draft"),
            (ALL, _("All, retired ones too")),
        ],
        _("all but retired"),
        method="in_state",
    )
    tier = OneOf(_("Risk tier"), _sorted_choices(Tier.choices), field_name="risk_tier")
    owner = CharFilter(label=_("Owner"), method="owned_by", max_length=200, widget=PersonInput())
    kind = OneOf(_("Kind"), [(value, label) for value, label in AgentKind.choices])
    environment = OneOf(_("Environment"), _sorted_choices(Environment.choices))
    entity = OneEntity()
    origin = OneOf(_("Origin"), _sorted_choices(Origin.choices))
    data = OneOf(_("Data"), _data_choices, method="reaching")
    system = CharFilter(label=_("System"), method="connected_to", max_length=120)
    review = OneOf(_("Review"), [("never", _("Never reviewed"))], method="reviewed")

    first = ("q", "state", "tier", "owner")

    class Meta:
        model = Agent
        fields: tuple[str, ...] = ()

    def narrowed(self, rows: Rows) -> Rows:
        return rows if self.form.cleaned_data.get("state") else rows.exclude(state=Agent.State.RETIRED)

    def find(self, rows: Rows, name: str, text: str) -> Rows:
        systems = System.objects.filter(name__icontains=text).values("agents__pk")
        return rows.filter(
            Q(name__icontains=text)
            | Q(slug__icontains=text)
            | Q(purpose__icontains=text)
            | Q(human_owner__name__icontains=text)
            | Q(human_owner__email__icontains=text)
            | Q(pk__in=systems)
        )

    def in_state(self, rows: Rows, name: str, value: str) -> Rows:
        if value == ALL:
            return rows
        return rows.filter(state__in=("active", "suspended", "quarantined")) if value == AT_WORK else rows.filter(state=value)

    def owned_by(self, rows: Rows, name: str, text: str) -> Rows:
        if text.strip().lower() == NOBODY:
            return rows.filter(pk__in=Agent.objects.without_accountable_owner().values("pk"))
        return rows.filter(human_owner__in=anybody_like(text))

    def reaching(self, rows: Rows, name: str, value: str) -> Rows:
        if value == "unknown":
            return rows.filter(data_classes=[])
        classes = next((classes for key, _label, classes in REACH if key == value), (value,))
        return rows.filter(holding_class(classes))

    def connected_to(self, rows: Rows, name: str, text: str) -> Rows:
        named = System.objects.filter(Q(slug=text) | Q(name__icontains=text)).values("agents__pk")
        return rows.filter(pk__in=named)

    def reviewed(self, rows: Rows, name: str, value: str) -> Rows:
        done = Item.objects.filter(kind=Item.Kind.AGENT, decided_at__isnull=False).values("agent_id")
        return rows.filter(state__in=("active", "suspended", "quarantined")).exclude(pk__in=done)


class SystemFilters(ListFilters):
    q = Search(_("Name or owner"), "find")
    kind = OneOf(_("Kind"), _sorted_choices(SystemKind.choices))
    environment = OneOf(_("Environment"), _sorted_choices(Environment.choices))
    mode = OneOf(_("Mode"), _sorted_choices(SystemMode.choices))
    entity = OneEntity()
    data = OneOf(_("Data"), _data_choices, method="holding")
    owner = CharFilter(label=_("Owner"), method="owned_by", max_length=200, widget=PersonInput())

    first = ("q", "kind", "environment", "owner")

    class Meta:
        model = System
        fields: tuple[str, ...] = ()

    def find(self, rows: Rows, name: str, text: str) -> Rows:
        return rows.filter(Q(name__icontains=text) | Q(slug__icontains=text) | Q(owner__name__icontains=text))

    def holding(self, rows: Rows, name: str, value: str) -> Rows:
        if value == "unknown":
            return rows.filter(data_classes=[])
        classes = next((classes for key, _label, classes in REACH if key == value), (value,))
        said = Q()
        for one in classes:
            said |= Q(said__contains=f'"{one}"')
        narrowed: Rows = rows.alias(said=Cast("data_classes", TextField())).filter(said)
        return narrowed

    def owned_by(self, rows: Rows, name: str, text: str) -> Rows:
        return rows.filter(owner=None) if text.strip().lower() == NOBODY else rows.filter(owner__in=anybody_like(text))


class PersonFilters(ListFilters):
    q = Search(_("Name, e-mail, title or department"), "find")
    role = OneOf(_("Role now"), _sorted_choices(Role.choices), method="holding")
    entity = OneEntity()
    presence = OneOf(
        _("Presence"),
        [("absent", _("Away now")), ("left", _("Left")), (ALL, _("Everybody, left too"))],
        _("works here"),
        method="being",
    )

    first = ("q", "role", "entity", "presence")

    class Meta:
        model = User
        fields: tuple[str, ...] = ()

    def narrowed(self, rows: Rows) -> Rows:
        return rows if self.form.cleaned_data.get("presence") else rows.filter(pk__in=User.objects.present().values("pk"))

    def find(self, rows: Rows, name: str, text: str) -> Rows:
        return rows.filter(
            Q(name__icontains=text)
            | Q(email__icontains=text)
            | Q(job_title__icontains=text)
            | Q(department__name__icontains=text)
        )

    def holding(self, rows: Rows, name: str, value: str) -> Rows:
        return rows.filter(pk__in=RoleAssignment.objects.effective().filter(role=value).values("person_id"))

    def being(self, rows: Rows, name: str, value: str) -> Rows:
        if value == "absent":
            return rows.filter(pk__in=User.objects.absent_now().values("pk"))
        return rows.exclude(pk__in=User.objects.present().values("pk")) if value == "left" else rows


class GrantFilters(ListFilters):
    q = Search(_("Agent, permission or effect"), "find")
    state = OneOf(
        _("State"), [*_sorted_choices(Grant.State.choices), (ALL, _("All, ended ones too"))], _("not ended"), method="in_state"
    )
    origin = OneOf(
        _("Origin"), [(Origin.REQUESTED.value, _("Approved by a person")), (Origin.DISCOVERED.value, _("Nobody approved this"))]
    )
    ends = OneOf(_("Ends"), [("week", _("Within 7 days")), ("never", _("Never by itself"))], method="ending")
    system = CharFilter(label=_("System"), method="on_system", max_length=120)
    agent = CharFilter(label=_("Agent"), method="of_agent", max_length=120)
    privileged = OneOf(_("Privileged"), [("yes", _("Privileged only"))], method="being_privileged")
    entity = OneEntity("agent__legal_entity")

    first = ("q", "state", "origin", "ends")

    class Meta:
        model = Grant
        fields: tuple[str, ...] = ()

    def narrowed(self, rows: Rows) -> Rows:
        return rows if self.form.cleaned_data.get("state") else rows.filter(pk__in=Grant.objects.unexpired().values("pk"))

    def find(self, rows: Rows, name: str, text: str) -> Rows:
        return rows.filter(
            Q(agent__name__icontains=text) | Q(entitlement__name__icontains=text) | Q(entitlement__plain_effect__icontains=text)
        )

    def in_state(self, rows: Rows, name: str, value: str) -> Rows:
        """Time decides here too: an access past its end has run out, tidied or not."""
        if value == ALL:
            return rows
        run_out = Q(state__in=("scheduled", "active"), expires_at__lte=clock.now())
        if value == Grant.State.EXPIRED:
            return rows.filter(Q(state=value) | run_out)
        return rows.filter(state=value).exclude(run_out)

    def ending(self, rows: Rows, name: str, value: str) -> Rows:
        return rows.filter(expires_at__isnull=True) if value == "never" else rows.filter(expires_at__lte=clock.now() + SOON)

    def on_system(self, rows: Rows, name: str, text: str) -> Rows:
        return rows.filter(Q(entitlement__system__slug=text) | Q(entitlement__system__name__icontains=text))

    def of_agent(self, rows: Rows, name: str, text: str) -> Rows:
        exact = Agent.objects.filter(slug=text)
        return rows.filter(agent__in=exact) if exact.exists() else rows.filter(agent__name__icontains=text)

    def being_privileged(self, rows: Rows, name: str, value: str) -> Rows:
        return rows.filter(entitlement__is_privileged=True)


class TrailFilters(ListFilters):
    event = OneOf(_("What happened"), [(value, f"{value.split('.')[0]}: {label}") for value, label in Event.choices])
    person = CharFilter(label=_("Who did it"), method="done_by", max_length=200, widget=PersonInput())
    agent = CharFilter(label=_("Agent"), method="about_agent", max_length=120)
    since = DateFilter(label=_("From day"), method="not_before", widget=forms.DateInput({"type": "date"}))
    until = DateFilter(label=_("Until day"), method="not_after", widget=forms.DateInput({"type": "date"}))

    first = ("event", "person", "agent", "since", "until")

    class Meta:
        model = TrailEvent
        fields: tuple[str, ...] = ()

    def done_by(self, rows: Rows, name: str, text: str) -> Rows:
        """A person, or what the portal did by itself ("scheduler")."""
        keys = [str(uid) for uid in anybody_like(text).values_list("uid", flat=True)[:MOST_MEANT]]
        return rows.filter(Q(actor_kind="person", actor_key__in=keys) | Q(actor_kind="system", actor_key__iexact=text.strip()))

    def about_agent(self, rows: Rows, name: str, text: str) -> Rows:
        try:
            meant = Agent.objects.filter(uid=uuid.UUID(text.strip()))
        except ValueError:
            exact = Agent.objects.filter(slug=text.strip())
            meant = exact if exact.exists() else Agent.objects.filter(name__icontains=text.strip())
        return rows.filter(about__in=[f"agent:{uid}" for uid in meant.values_list("uid", flat=True)[:MOST_MEANT]])

    def not_before(self, rows: Rows, name: str, day: date) -> Rows:
        return rows.filter(at__gte=beginning_of(day))

    def not_after(self, rows: Rows, name: str, day: date) -> Rows:
        return rows.filter(at__lt=end_of(day))


def beginning_of(day: date) -> datetime:
    """Midnight in the zone of the person who asks. Days outside our time are its ends."""
    return timezone.make_aware(datetime.combine(min(max(day, FIRST_DAY), LAST_DAY), time.min))


def end_of(day: date) -> datetime:
    """The first moment that is no longer this day."""
    return beginning_of(min(day, LAST_DAY) + timedelta(days=1))
