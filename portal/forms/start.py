"""The first start: whose portal this is, its legal entities, and two administrators."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.people.actions.organisations import NewAdministrator, NewEntity
from agents.people.choices import Regulation
from agents.people.models import LegalEntity, User

MOST_ENTITIES = 50
EMPTY = {"required": gettext_lazy("Fill this in.")}


class OrganisationForm(forms.Form):
    organisation = forms.CharField(
        label=gettext_lazy("Organisation"),
        max_length=120,
        error_messages=EMPTY,
        help_text=gettext_lazy("The group or company this portal is for."),
    )


class EntityForm(forms.Form):
    """One company of the group."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, error_messages=EMPTY)
    country = forms.CharField(
        label=gettext_lazy("Country"),
        max_length=2,
        error_messages=EMPTY,
        help_text=gettext_lazy("Two letters, like DE or US."),
        widget=forms.TextInput({"autocapitalize": "characters", "autocomplete": "off"}),
    )
    regulated_as = forms.MultipleChoiceField(
        label=gettext_lazy("Regulated as"),
        choices=Regulation.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Decides which frameworks apply. It can be changed later."),
    )

    def clean_country(self) -> str:
        country: str = self.cleaned_data["country"].upper()
        for check in LegalEntity._meta.get_field("country").validators:
            check(country)
        return country

    @property
    def entity(self) -> NewEntity:
        return NewEntity(
            name=self.cleaned_data["name"],
            country=self.cleaned_data["country"],
            regulated_as=[Regulation(value) for value in self.cleaned_data["regulated_as"]],
        )


class EntitySet(forms.BaseFormSet):  # type: ignore[type-arg]  # Django's is not generic at run time
    """One to several; an empty further row is left out."""

    default_error_messages = {
        **forms.BaseFormSet.default_error_messages,
        "too_few_forms": gettext_lazy("Name at least one legal entity."),
        "too_many_forms": gettext_lazy("Begin with at most %d legal entities; the others can follow."),
    }

    def clean(self) -> None:
        seen: set[str] = set()
        for form in self.filled:
            name = form.cleaned_data.get("name", "").strip().casefold()
            if name and name in seen:
                form.add_error("name", _("Two legal entities cannot have the same name."))
            seen.add(name)

    @property
    def filled(self) -> list[EntityForm]:
        return [form for form in self.forms if getattr(form, "cleaned_data", None)]


Entities = cast(
    type[EntitySet],
    forms.formset_factory(
        EntityForm, formset=EntitySet, extra=0, min_num=1, max_num=MOST_ENTITIES, validate_min=True, validate_max=True
    ),
)


class AdministratorForm(forms.Form):
    """Somebody who can sign in and give roles."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=150, error_messages=EMPTY, widget=forms.TextInput({"autocomplete": "off"})
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail"), max_length=254, error_messages=EMPTY, widget=forms.EmailInput({"autocomplete": "off"})
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        max_length=256,
        error_messages=EMPTY,
        help_text=lazy(lambda: " ".join(password_validators_help_texts()), str)(),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=gettext_lazy("Password again"),
        strip=False,
        max_length=256,
        error_messages=EMPTY,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        password = given.get("password", "")
        if "again" in given and password and given["again"] != password:
            self.add_error("again", _("The two passwords differ. Write the same one twice."))
        try:
            if password:
                validate_password(password, User(email=given.get("email", ""), name=given.get("name", "")))
        except ValidationError as weak:
            self.add_error("password", weak)
        return given

    @property
    def administrator(self) -> NewAdministrator:
        return NewAdministrator(**{name: self.cleaned_data[name] for name in ("name", "email", "password")})


class AdministratorPair(forms.BaseFormSet):  # type: ignore[type-arg]  # as above
    """Exactly two different people, so that nobody rules alone."""

    default_error_messages = {
        **forms.BaseFormSet.default_error_messages,
        "too_few_forms": gettext_lazy("Name two administrators."),
        "too_many_forms": gettext_lazy("Name two administrators; they bring in the others."),
    }

    def clean(self) -> None:
        seen: set[str] = set()
        for form in self.forms:
            email = form.cleaned_data.get("email", "").casefold()
            if email and email in seen:
                form.add_error("email", _("The two administrators must be two people with two addresses."))
            seen.add(email)


Administrators = forms.formset_factory(
    AdministratorForm,
    formset=AdministratorPair,
    extra=0,
    min_num=2,
    max_num=2,
    validate_min=True,
    validate_max=True,
    absolute_max=2,
)
