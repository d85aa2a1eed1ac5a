"""Search from anywhere finds what one may see, and nothing else."""

import pytest
from django.test import Client
from django.urls import reverse

from agents.registry.models import Agent
from portal.search import find
from tests.builders import agent_at, draft
from tests.people import Cast


def titles(cast: Cast, name: str, text: str) -> set[str]:
    return {hit.title for group in find(cast.everybody[name], text) for hit in group.hits}


@pytest.mark.parametrize(
    ("name", "sees"), [("ann", True), ("bob", True), ("cat", True), ("sid", True), ("audrey", True), ("sam", False)]
)
def test_agents_are_found_by_those_who_may_see_them(cast: Cast, name: str, sees: bool) -> None:
    agent_at(Agent.State.ACTIVE, cast)
    assert ("Discharge summariser" in titles(cast, name, "summar")) is sees
    assert ("Discharge summariser" in titles(cast, name, "DISCHARGE")) is sees


def test_agents_are_found_by_what_they_are_for_and_whose_they_are(cast: Cast) -> None:
    agent_at(Agent.State.ACTIVE, cast)
    assert "Discharge summariser" in titles(cast, "sid", "discharge letters")
    assert "Discharge summariser" in titles(cast, "sid", "Bob")


def test_drafts_of_others_stay_hidden(cast: Cast) -> None:
    draft(cast, name="Secret plan")
    assert titles(cast, "sid", "Secret plan") == set()
    assert titles(cast, "sam", "Secret plan") == set()


def test_systems_and_people_are_found_by_everybody(cast: Cast) -> None:
    assert "Cora" in titles(cast, "sam", "cora@")
    assert "Patient records" in titles(cast, "sam", "patient")


@pytest.mark.parametrize("text", ["", " ", "p", "\x00\x00", "%%", "__"])
def test_too_little_or_wild_text_finds_nothing(cast: Cast, text: str) -> None:
    assert find(cast.sam, text) == []


def test_long_lists_are_cut_and_say_so(cast: Cast) -> None:
    groups = {str(group.label): group for group in find(cast.sam, "example.org")}
    assert len(groups["People"].hits) == 6
    assert groups["People"].more


def test_endpoint_is_for_signed_in_people_staff_or_not(client: Client, cast: Cast) -> None:
    assert client.get(reverse("search"), {"q": "cora"}).status_code == 302
    assert not cast.sam.is_staff
    client.force_login(cast.sam)
    page = client.get(reverse("search"), {"q": "cora"})
    assert page.status_code == 200
    part = client.get(reverse("search"), {"q": "cora"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert 'role="option"' in part
    assert client.post(reverse("search")).status_code == 405


def test_what_was_typed_is_only_ever_text(client: Client, cast: Cast) -> None:
    client.force_login(cast.sam)
    page = client.get(reverse("search"), {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in page


def test_own_draft_is_found_and_leads_back_to_its_form(cast: Cast) -> None:
    mine = draft(cast, name="Secret plan")
    hits = [hit for group in find(cast.ann, "Secret plan") for hit in group.hits]
    assert [hit.url for hit in hits] == [reverse("agent_draft", args=[mine.uid])]
