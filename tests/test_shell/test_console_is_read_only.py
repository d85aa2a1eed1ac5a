"""The console shows every row and changes none, not even for a superuser who holds every role of the console."""

import hashlib
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.core import serializers
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from agents.people.actions import roles
from agents.people.choices import Role
from agents.people.models import User
from agents.registry.models import Agent
from portal.read_only import ReadOnlyAdmin
from tests.builders import agent_at, draft
from tests.people import TEST, Cast

OURS = {"audit", "people", "registry", "access", "runtime", "connectors", "reviews", "compliance", "guardian"}
BULK = ["delete_selected", "export", "activate", "revoke", "approve"]


@pytest.fixture
def superuser(cast: Cast) -> User:
    """Ada, administrator and security administrator, with Django's superuser flag on top."""
    roles.assign(cast.ada, Role.SECURITY_ADMINISTRATOR, by=TEST)
    User.objects.filter(pk=cast.ada.pk).update(is_superuser=True, is_staff=True)
    return User.objects.get(pk=cast.ada.pk)


@pytest.fixture
def console(client: Client, superuser: User, cast: Cast) -> Client:
    agent_at(Agent.State.ACTIVE, cast)
    draft(cast, name="Another one")
    client.force_login(superuser)
    return client


def registered() -> Iterator[tuple[type[Model], ModelAdmin]]:  # type: ignore[type-arg]
    yield from admin.site._registry.items()


def fingerprint() -> dict[str, str]:
    """Each model's rows as one hash; sessions left out, because signing in writes them."""
    found = {}
    for model in apps.get_models():
        if model._meta.label == "sessions.Session":
            continue
        rows = serializers.serialize("json", model._default_manager.order_by("pk"))
        found[model._meta.label] = hashlib.sha256(rows.encode()).hexdigest()
    return found


def address(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_every_model_of_the_house_is_in_the_console() -> None:
    ours = {model for model in apps.get_models() if model._meta.app_label in OURS}
    assert ours == {model for model, _ in registered()}


def test_every_registered_page_is_read_only() -> None:
    assert all(isinstance(model_admin, ReadOnlyAdmin) for _, model_admin in registered())
    assert all(model_admin.list_editable == () for _, model_admin in registered())
    assert all(model_admin.inlines == () for _, model_admin in registered())


def test_nothing_changes_whatever_a_superuser_posts(console: Client) -> None:
    before = fingerprint()
    console.defaults["HTTP_ACCEPT"] = "application/json"  # refusals as lines, not as pages: quicker
    for model, _ in registered():
        row = model._default_manager.order_by("pk").first()
        pk = row.pk if row else 1
        values = {field.name: "1" for field in model._meta.concrete_fields} | {"_save": "Save", "post": "yes"}
        for path in (
            address(model, "add"),
            address(model, "change", pk),
            address(model, "delete", pk),
            address(model, "history", pk),
        ):
            assert console.post(path, values).status_code in {403, 404, 405}, path
        for action in BULK:
            bulk = {"action": action, "_selected_action": [str(pk)], "post": "yes", "index": "0"}
            assert console.post(address(model, "changelist"), bulk).status_code in {403, 404, 405}, (model, action)
        edited = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": str(pk), "_save": "Save"}
        assert console.post(address(model, "changelist"), edited).status_code in {403, 404, 405}
    assert fingerprint() == before


def test_reading_works_and_offers_no_button_that_writes(console: Client) -> None:
    for model, _ in registered():
        answer = console.get(address(model, "changelist"))
        assert answer.status_code == 200, model
        row = model._default_manager.order_by("pk").first()
        assert address(model, "add") not in answer.content.decode()
        assert console.get(address(model, "add")).status_code == 403
        if row:
            page = console.get(address(model, "change", row.pk))
            assert page.status_code == 200, model
            assert 'name="_save"' not in page.content.decode()
            assert address(model, "delete", row.pk) not in page.content.decode()


def test_nobody_reads_how_somebody_signs_in(console: Client, superuser: User) -> None:
    page = console.get(address(User, "change", superuser.pk)).content.decode()
    assert superuser.password not in page
    assert "md5$" not in page


def test_superuser_without_a_role_sees_no_console(client: Client, cast: Cast) -> None:
    User.objects.filter(pk=cast.sam.pk).update(is_superuser=True, is_staff=True)
    client.force_login(cast.sam)
    assert client.get(reverse("admin:index")).status_code in {302, 403}
    assert client.get(address(Agent, "changelist")).status_code in {302, 403}


@pytest.mark.parametrize(
    ("name", "sees"), [("ada", True), ("sid", True), ("audrey", True), ("bob", False), ("cora", False), ("sam", False)]
)
def test_console_is_for_the_roles_that_need_it(client: Client, cast: Cast, name: str, sees: bool) -> None:
    client.force_login(cast.everybody[name])
    assert (client.get(address(Agent, "changelist")).status_code == 200) is sees


@pytest.mark.django_db
def test_other_sign_in_pages_lead_to_the_one_with_limits(client: Client) -> None:
    answer = client.get(reverse("admin:index"))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("admin:login"))
    assert client.get(answer["Location"])["Location"].startswith(reverse("account_login"))
    assert client.post(reverse("admin:login"), {"username": "a", "password": "b"}).status_code == 302


@pytest.mark.django_db
def test_the_list_of_agents_shows_the_computed_tier(console: Client) -> None:
    """What somebody wished is on the agent's own page; the tier is what counts."""
    columns = admin.site._registry[Agent].list_display
    assert "risk_tier" in columns
    assert "declared_tier" not in columns
    said = console.get(reverse("admin:registry_agent_changelist")).content.decode()
    assert "Risk tier" in said
    assert "Risk level" not in said
