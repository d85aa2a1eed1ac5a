"""The registry's eleven fields as they come in from the page, and with them the permissions the agent is registered with.

Only what stands here can be sent. Incomplete is fine for a draft; what a submission needs is asked by the action.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.access.actions.registrations import registration_of
from agents.access.models.access_request import LONGEST_DAYS
from agents.intake import secret_detection
from agents.intake.errors import Unreadable
from agents.intake.names import clean_name, clean_text, slug
from agents.people.models import Department, LegalEntity, User
from agents.registry.actions.agents import FIELDS, tier_of
from agents.registry.choices import AgentKind, DataClass, Environment, Tier
from agents.registry.models import Agent, Entitlement, System
from portal.forms.choosing import PersonField

FEW_SYSTEMS = 40  # so many are shown at once; beyond that one types a name
MOST_SYSTEMS = 30  # that one agent may connect to
USUAL_DAYS = 90
RESERVED = frozenset({"new", "drafts"})  # pages below /agents/


class Line(forms.CharField):
    """One visible line that holds no secret."""

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        try:
            secret_detection.refuse(text)
            return clean_name(text, max_length=self.max_length or 120)
        except Unreadable as problem:
            raise ValidationError(problem.sentence) from problem


class Paragraph(forms.CharField):
    """Some lines of text that hold no secret."""

    widget = forms.Textarea

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        try:
            secret_detection.refuse(text)
            return clean_text(text, max_length=self.max_length or 1000)
        except Unreadable as problem:
            raise ValidationError(problem.sentence) from problem


class DepartmentField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable when it runs
    def label_from_instance(self, obj: Department) -> str:
        return f"{obj.legal_entity.name}: {obj.name}"


@dataclass(frozen=True)
class Row:
    """One permission that can be asked for, with what the page says so far."""

    entitlement: Entitlement
    is_wanted: bool
    days: str
    error: str


@dataclass(frozen=True)
class Offer:
    """The permissions of one chosen system."""

    system: System
    rows: list[Row]


class RegistrationForm(forms.Form):
    name = Line(
        label=gettext_lazy("Agent name"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("What people call it. It is taken for good once you submit."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=AgentKind.choices, initial=AgentKind.AI_AGENT)
    purpose = Paragraph(
        label=gettext_lazy("Business purpose"),
        max_length=1000,
        required=False,
        help_text=gettext_lazy("What it does and for whom, in a sentence or two a colleague understands."),
        widget=forms.Textarea({"rows": 3}),
    )
    platform = Line(
        label=gettext_lazy("Model or platform"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Such as “Claude on Bedrock” or “UiPath”."),
    )
    human_owner = PersonField(
        label=gettext_lazy("Human owner"),
        required=False,
        help_text=gettext_lazy("Answers for what it does, and is asked to accept. Type a name or an e-mail address."),
    )
    technical_owner = PersonField(
        label=gettext_lazy("Technical owner"),
        required=False,
        help_text=gettext_lazy("Runs it. Another person than the human owner from tier high."),
    )
    environment = forms.ChoiceField(
        label=gettext_lazy("Environment"), required=False, choices=[("", gettext_lazy("Choose")), *Environment.choices]
    )
    region = Line(
        label=gettext_lazy("Region"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Where it runs, such as “EU, Frankfurt”."),
    )
    legal_entity = forms.ModelChoiceField(
        label=gettext_lazy("Legal entity (optional)"),
        queryset=LegalEntity.objects.all(),
        to_field_name="slug",
        required=False,
        empty_label=gettext_lazy("Choose"),
    )
    department = DepartmentField(
        label=gettext_lazy("Department (optional)"),
        queryset=Department.objects.select_related("legal_entity").order_by("legal_entity__name", "name"),
        required=False,
        empty_label=gettext_lazy("Choose"),
    )
    data_classes = forms.MultipleChoiceField(
        label=gettext_lazy("Data classes"),
        choices=DataClass.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Everything it may see, also in passing."),
    )
    declared_tier = forms.ChoiceField(
        label=gettext_lazy("Risk level"),
        required=False,
        choices=[("", gettext_lazy("As the rules say")), *((tier.value, tier.label.capitalize()) for tier in Tier)],
        widget=forms.RadioSelect,
        help_text=gettext_lazy("The rules compute a tier from what you enter. You can raise it, not lower it."),
    )
    systems = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Connected systems"), queryset=System.objects.none(), to_field_name="slug", required=False
    )
    add_system = forms.CharField(
        label=gettext_lazy("Add a system"), required=False, max_length=120, help_text=gettext_lazy("Type its name.")
    )
    permissions = forms.CharField(label=gettext_lazy("Permissions"), required=False)  # read from want and days-<uid>, see clean

    def __init__(self, data: QueryDict | None = None, *, user: User, agent: Agent | None = None) -> None:
        self.user, self.agent = user, agent
        self.wanted: dict[Entitlement, int] = {}
        self.row_errors: dict[uuid.UUID, str] = {}
        self.asked: dict[Entitlement, int] = _asked(agent) if agent else {}
        super().__init__(data, initial=_initial(agent, user))
        self.catalogue: QuerySet[System] = System.objects.visible_to(user)
        cast("forms.ModelMultipleChoiceField[System]", self.fields["systems"]).queryset = self.catalogue

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if name and slug(name) in RESERVED:
            raise ValidationError(_("“%(name)s” is an address of the portal itself. Choose another name.") % {"name": name})
        return name

    def clean_systems(self) -> list[System]:
        chosen = list(self.cleaned_data["systems"])
        if len(chosen) > MOST_SYSTEMS:
            raise ValidationError(
                _("Choose at most %(most)s systems; register a second agent for the rest.") % {"most": MOST_SYSTEMS}
            )
        return chosen

    def clean_add_system(self) -> System | None:
        text = str(self.cleaned_data["add_system"]).strip()
        if not text:
            return None
        exact = self.catalogue.filter(name__iexact=text).first()
        like = [exact] if exact else list(self.catalogue.filter(name__icontains=text)[:4])
        if len(like) == 1:
            return like[0]
        if not like:
            raise ValidationError(_("No system is called “%(text)s”. Look it up under Systems.") % {"text": text[:80]})
        names = ", ".join(f"“{system.name}”" for system in like[:3])
        raise ValidationError(
            _("“%(text)s” fits several systems: %(names)s. Type the whole name.") % {"text": text[:80], "names": names}
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        added = cleaned.get("add_system")
        if added and added not in cleaned.get("systems", []):
            cleaned["systems"] = [*cleaned.get("systems", []), added]
        entity, department = cleaned.get("legal_entity"), cleaned.get("department")
        if department and entity and department.legal_entity_id != entity.pk:
            self.add_error(
                "department",
                _("%(department)s belongs to %(entity)s.") % {"department": department, "entity": department.legal_entity},
            )
        self._read_permissions(cleaned.get("systems", []))
        return cleaned

    def _read_permissions(self, systems: Sequence[System]) -> None:
        """Permissions of the chosen systems only: whoever leaves a system leaves its permissions."""
        data = cast(QueryDict, self.data)
        chosen = [uid for text in data.getlist("want") if (uid := _uid(text))]
        for entitlement in Entitlement.objects.filter(uid__in=chosen, system__in=systems).select_related("system__owner"):
            days = str(data.get(f"days-{entitlement.uid}", USUAL_DAYS)).strip()
            if days.isascii() and days.isdigit() and len(days) <= 4 and 1 <= int(days) <= LONGEST_DAYS:
                self.wanted[entitlement] = int(days)
            else:
                self.row_errors[entitlement.uid] = _("Choose 1 to %(most)s days.") % {"most": LONGEST_DAYS}
        if self.row_errors:
            self.add_error(
                "permissions", _("For how many days? Choose 1 to %(most)s for each permission.") % {"most": LONGEST_DAYS}
            )

    @property
    def fields_to_store(self) -> dict[str, Any]:
        """What the action takes; the form is valid."""
        return {name: self.cleaned_data[name] for name in FIELDS} | {"systems": self.cleaned_data["systems"]}

    @cached_property
    def chosen_systems(self) -> list[System]:
        if not self.is_bound:
            return sorted(self.agent.systems.all(), key=str) if self.agent else []
        self.is_valid()  # cleans; what is chosen is known also while something else is wrong
        return sorted(self.cleaned_data.get("systems", []), key=str)

    @cached_property
    def listed_systems(self) -> list[System]:
        """All of a small catalogue; of a large one only what is chosen."""
        return self.chosen_systems if self.is_catalogue_large else self._few_systems

    @property
    def is_catalogue_large(self) -> bool:
        return len(self._few_systems) > FEW_SYSTEMS

    @cached_property
    def _few_systems(self) -> list[System]:
        return list(self.catalogue.order_by("name")[: FEW_SYSTEMS + 1])

    def offers(self) -> Iterator[Offer]:
        """Each chosen system with its permissions, as the page stands or as the draft was saved."""
        systems = self.chosen_systems
        held: Mapping[Entitlement, int] = self.wanted if self.is_bound else self.asked
        every = list(Entitlement.objects.filter(system__in=systems).select_related("system__owner").order_by("name"))
        for system in systems:
            yield Offer(system, [self._row(one, held) for one in every if one.system_id == system.pk])

    def _row(self, one: Entitlement, held: Mapping[Entitlement, int]) -> Row:
        error = self.row_errors.get(one.uid, "")
        days = str(self.data.get(f"days-{one.uid}", USUAL_DAYS) if self.is_bound else held.get(one, USUAL_DAYS))
        return Row(one, one in held or bool(error), days, error)

    def tier(self) -> tuple[Tier, list[str]]:
        """As the rules see the page at this moment."""
        held = self.wanted if self.is_bound else self.asked
        return tier_of(
            self._as_it_stands(),
            verbs={one.verb_class for one in held},
            reached={reached for one in held for reached in one.data_classes or one.system.data_classes},
        )

    def _as_it_stands(self) -> Agent:
        if not self.is_bound:
            return self.agent or Agent(registered_by=self.user)
        self.is_valid()
        said = {
            name: self.cleaned_data[name]
            for name in ("data_classes", "environment", "human_owner", "declared_tier")
            if self.cleaned_data.get(name)
        }
        return Agent(registered_by=self.user, **said)


def _initial(agent: Agent | None, user: User) -> dict[str, Any]:
    if agent is None:
        return {
            "technical_owner": user,
            "legal_entity": user.legal_entity.slug if user.legal_entity else None,
            "department": user.department_id,
        }
    return {name: getattr(agent, name) for name in FIELDS} | {
        "legal_entity": agent.legal_entity.slug if agent.legal_entity else None,
        "department": agent.department_id,
    }


def _asked(agent: Agent) -> dict[Entitlement, int]:
    request = registration_of(agent)
    lines = request.lines.select_related("entitlement__system__owner") if request else []
    return {line.entitlement: line.duration_days for line in lines}


def _uid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
