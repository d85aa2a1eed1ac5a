"""/agents/new/ and /agents/drafts/<uid>/: a draft is begun, left, come back to and submitted."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from agents.access.actions import registrations
from agents.audit.models import TrailEvent
from agents.people.models import User
from agents.registry.actions import systems
from agents.registry.models import Agent
from portal.forms.agents import FEW_SYSTEMS
from tests.builders import agent_at, draft, request_of
from tests.people import TEST, Cast, person

pytestmark = pytest.mark.django_db


def filled(cast: Cast, **changed: Any) -> dict[str, Any]:
    """The form as Ann fills it in."""
    return {
        "name": "Discharge summariser",
        "kind": "ai_agent",
        "purpose": "Writes first drafts of discharge letters for a doctor to check.",
        "platform": "Claude on Bedrock",
        "human_owner": "Bob <bob@example.org>",
        "technical_owner": "ann@example.org",
        "environment": "production",
        "region": "US",
        "legal_entity": cast.hospital.slug,
        "data_classes": ["ephi"],
        "declared_tier": "",
        "systems": [cast.records.slug],
        "want": [str(cast.read_records.uid), str(cast.export_records.uid)],
        f"days-{cast.read_records.uid}": "30",
        f"days-{cast.export_records.uid}": "7",
        "step": "save",
    } | changed


def asked_for(agent: Agent) -> dict[str, int]:
    return {line.entitlement.name: line.duration_days for line in request_of(agent).lines.all()}


def test_the_empty_form_names_its_eleven_fields(cast: Cast, client: Client) -> None:
    client.force_login(cast.ann)
    shown = client.get("/agents/new/").content.decode()
    for label in (
        "Agent name",
        "Human owner",
        "Technical owner",
        "Model or platform",
        "Business purpose",
        "Connected systems",
        "Permissions",
        "Data classes",
        "Environment",
        "Region",
        "Risk level",
    ):
        assert label in shown


def test_an_incomplete_draft_is_kept_and_come_back_to(cast: Cast, client: Client) -> None:
    client.force_login(cast.ann)
    answer = client.post("/agents/new/", {"name": "", "kind": "bot", "purpose": "Sorts letters.", "step": "save"})
    agent = Agent.objects.get()
    assert answer["Location"] == reverse("agent_draft", args=[agent.uid])
    assert (agent.state, agent.kind, agent.purpose, agent.slug) == ("draft", "bot", "Sorts letters.", None)
    assert "Sorts letters." in client.get(answer["Location"]).content.decode()
    client.post(answer["Location"], filled(cast))
    agent.refresh_from_db()
    assert (agent.name, agent.human_owner, agent.technical_owner) == ("Discharge summariser", cast.bob, cast.ann)
    assert asked_for(agent) == {"records:read": 30, "records:export": 7}
    shown = client.get(answer["Location"]).content.decode()
    assert "Bob &lt;bob@example.org&gt;" in shown
    assert f'value="{cast.export_records.uid}" checked' in shown


def test_a_draft_shows_its_tier_with_the_reasons(cast: Cast, client: Client) -> None:
    agent = draft(cast)
    client.force_login(cast.ann)
    shown = client.get(reverse("agent_draft", args=[agent.uid])).content.decode()
    assert "Reaches health records (ePHI) (HIPAA 45 CFR 164.306)" in shown


def test_a_complete_form_is_submitted_and_its_owner_asked(cast: Cast, client: Client) -> None:
    client.force_login(cast.ann)
    answer = client.post("/agents/new/", filled(cast, step="submit"), follow=True)
    agent = Agent.objects.get()
    assert agent.state == Agent.State.PENDING_OWNER
    assert answer.redirect_chain == [("/agents/discharge-summariser/", 302)]
    assert "Bob is asked to answer for Discharge summariser" in answer.content.decode()
    assert "Bob’s turn:" in answer.content.decode()


def test_what_a_submission_needs_is_said_at_each_field_and_the_draft_is_kept(cast: Cast, client: Client) -> None:
    client.force_login(cast.ann)
    answer = client.post("/agents/new/", filled(cast, step="submit", purpose="", human_owner=""))
    agent = Agent.objects.get()
    assert answer.status_code == 400
    assert agent.state == Agent.State.DRAFT
    assert set(answer.context["form"].errors) == {"purpose", "human_owner"}
    shown = answer.content.decode()
    assert "Your draft is saved, but not submitted. 2 answers need mending:" in shown
    assert "Fill this in before you submit." in shown
    assert f'action="{reverse("agent_draft", args=[agent.uid])}"' in shown  # pressing again makes no second draft


def test_nothing_to_ask_for_is_no_registration(cast: Cast, client: Client) -> None:
    client.force_login(cast.ann)
    answer = client.post("/agents/new/", filled(cast, step="submit", want=[]))
    assert answer.context["form"].errors == {"permissions": ["Choose at least one permission."]}


def test_at_tier_high_the_owners_are_different_people(cast: Cast, client: Client) -> None:
    client.force_login(cast.ann)
    answer = client.post("/agents/new/", filled(cast, step="submit", technical_owner="bob@example.org"))
    assert answer.context["form"].errors == {"technical_owner": ["At tier high the two owners must be different people."]}


def test_only_the_fields_of_the_form_can_be_sent(cast: Cast, client: Client) -> None:
    client.force_login(cast.ann)
    smuggled = {
        "state": "active",
        "risk_tier": "low",
        "origin": "discovered",
        "slug": "mine",
        "registered_by": str(cast.sam.pk),
        "owner_accepted_at": "2026-01-01",
        "eligible_until": "2099-01-01",
        "uid": "00000000-0000-0000-0000-000000000001",
        "tier_reasons": "[]",
    }
    client.post("/agents/new/", filled(cast, **smuggled))
    agent = Agent.objects.get()
    assert (agent.state, agent.origin, agent.slug, agent.registered_by) == ("draft", "requested", None, cast.ann)
    assert (agent.owner_accepted_at, agent.eligible_until) == (None, None)
    assert str(agent.uid) != smuggled["uid"]


@pytest.mark.parametrize("who", ["bob", "cat", "sid", "cora", "ada", "audrey", "sam"])
def test_another_persons_draft_is_404(cast: Cast, client: Client, who: str) -> None:
    agent = draft(cast)
    before = TrailEvent.objects.count()
    client.force_login(cast.everybody[who])
    address = reverse("agent_draft", args=[agent.uid])
    assert client.get(address).status_code == 404
    assert client.post(address, filled(cast, name="Taken over")).status_code == 404
    assert client.post(reverse("agent_discard", args=[agent.uid])).status_code == 404
    agent.refresh_from_db()
    assert agent.name == "Discharge summariser"
    assert TrailEvent.objects.count() == before


def test_a_submitted_draft_leads_to_the_agents_page_and_cannot_be_changed(cast: Cast, client: Client) -> None:
    agent = agent_at(Agent.State.PENDING_OWNER, cast)
    client.force_login(cast.ann)
    address = reverse("agent_draft", args=[agent.uid])
    assert client.get(address)["Location"] == "/agents/discharge-summariser/"
    answer = client.post(address, filled(cast, name="Changed later"))
    assert answer.status_code == 403
    agent.refresh_from_db()
    assert agent.name == "Discharge summariser"


def test_permissions_appear_without_scripts(cast: Cast, client: Client) -> None:
    client.force_login(cast.ann)
    answer = client.post("/agents/new/", filled(cast, step="show", systems=[cast.mail.slug], want=[]))
    assert answer.status_code == 200
    assert "Lets the agent write to any employee." in answer.content.decode()
    assert not Agent.objects.exists()


def test_parts_refresh_alone_and_store_nothing(cast: Cast, client: Client) -> None:
    client.force_login(cast.ann)
    parts = client.post(reverse("agent_parts"), filled(cast)).content.decode()
    assert "Lets the agent take copies of patient records out of the system." in parts
    assert 'id="tier"' in parts
    tier = client.post(reverse("agent_parts"), filled(cast, part="tier", data_classes=[], want=[])).content.decode()
    assert "Data class unknown: high until somebody classifies it" in tier
    assert "permissions" not in tier
    assert not Agent.objects.exists()


def test_permissions_of_a_system_that_was_left_are_left_too(cast: Cast, client: Client) -> None:
    client.force_login(cast.ann)
    client.post(
        "/agents/new/", filled(cast, systems=[cast.mail.slug], want=[str(cast.read_records.uid), str(cast.send_mail.uid), "x"])
    )
    assert asked_for(Agent.objects.get()) == {"mail:send": 90}


@pytest.mark.parametrize("days", ["0", "366", "-1", "", "ten", "1e2", "٣", "99999999999999999999"])
def test_days_are_between_one_and_a_year(cast: Cast, client: Client, days: str) -> None:
    client.force_login(cast.ann)
    answer = client.post("/agents/new/", filled(cast) | {f"days-{cast.read_records.uid}": days})
    assert answer.status_code == 400
    assert "Choose 1 to 365 days." in answer.content.decode()
    assert not Agent.objects.exists()


def test_a_name_that_fits_several_people_comes_back_with_them_to_choose_from(cast: Cast, client: Client) -> None:
    first, second = (named("Robin Smith", f"robin{n}@example.org") for n in (1, 2))
    client.force_login(cast.ann)
    answer = client.post("/agents/new/", filled(cast, human_owner="robin smith"))
    assert answer.status_code == 400
    shown = answer.content.decode()
    assert "fits several people" in shown
    assert f'name="human_owner-choice" value="{first.uid}"' in shown
    client.post("/agents/new/", filled(cast, human_owner="robin smith") | {"human_owner-choice": str(second.uid)})
    assert Agent.objects.get().human_owner == second


@pytest.mark.parametrize(
    ("typed", "found"), [("BOB@example.org", True), ("bob", True), ("nobody at all", False), ("x@example.org", False)]
)
def test_a_person_is_found_by_name_or_address(cast: Cast, client: Client, typed: str, found: bool) -> None:
    client.force_login(cast.ann)
    answer = client.post("/agents/new/", filled(cast, human_owner=typed))
    assert (answer.status_code == 302) is found
    if not found:
        assert "Nobody who works here is called" in answer.content.decode()


def test_a_secret_is_refused_and_never_shown_in_the_trail(cast: Cast, client: Client) -> None:
    client.force_login(cast.ann)
    answer = client.post("/agents/new/", filled(cast, purpose="Uses AKIAIOSFODNN7EXAMPLE to read."))
    assert answer.status_code == 400
    assert "purpose" in answer.context["form"].errors
    assert not Agent.objects.exists()


def test_a_returned_registration_tells_its_author_why(cast: Cast, client: Client) -> None:
    agent = registrations.refuse(agent_at(Agent.State.PENDING_OWNER, cast), by=cast.bob, reason="Who checks the letters?")
    client.force_login(cast.ann)
    assert "Who checks the letters?" in client.get("/agents/").content.decode()
    assert "Who checks the letters?" in client.get(reverse("agent_draft", args=[agent.uid])).content.decode()
    shown = client.get("/agents/discharge-summariser/").content.decode()
    assert "Your turn: it came back to you as a draft." in shown
    assert "Go on with the draft" in shown
    client.post(reverse("agent_draft", args=[agent.uid]), filled(cast, step="submit", purpose="A doctor checks each letter."))
    agent.refresh_from_db()
    assert (agent.state, agent.slug) == (Agent.State.PENDING_OWNER, "discharge-summariser")


def test_a_draft_is_discarded_by_its_author(cast: Cast, client: Client) -> None:
    agent = draft(cast)
    client.force_login(cast.ann)
    client.post(reverse("agent_discard", args=[agent.uid]))
    agent.refresh_from_db()
    assert agent.state == Agent.State.RETIRED
    assert "Your drafts" not in client.get("/agents/").content.decode()


def test_in_a_large_catalogue_one_types_a_systems_name(cast: Cast, client: Client) -> None:
    for number in range(FEW_SYSTEMS):
        systems.ensure(f"System {number:02}", by=TEST)
    client.force_login(cast.ann)
    assert "Add a system" in client.get("/agents/new/").content.decode()
    found = client.get(reverse("agent_systems"), {"q": "staff"}).json()["found"]
    assert [match["value"] for match in found] == ["Staff mail"]
    client.post("/agents/new/", filled(cast, add_system="staff mail"))
    assert set(Agent.objects.get().systems.all()) == {cast.records, cast.mail}
    answer = client.post("/agents/new/", filled(cast, add_system="System 1"))
    assert "fits several systems" in answer.context["form"].errors["add_system"][0]


def named(name: str, email: str) -> User:
    someone = person(email.partition("@")[0])
    User.objects.filter(pk=someone.pk).update(name=name)
    return someone
