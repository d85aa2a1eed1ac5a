"""The reviews pages: who sees them, what each button does, what the slower of two reads, and 300 items."""

import re

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agents.access.models import Grant
from agents.people.actions import roles
from agents.people.choices import Role
from agents.people.models import User
from agents.registry.choices import Origin
from agents.registry.models import Agent
from agents.runtime.decisions import is_effective
from portal.navigation import sidebar
from portal.views.reviews import items_waiting
from portal.worksheet import AGENTS_AT_ONCE, Reader, part, progress_of
from reviews.actions import campaigns, items
from reviews.models import Campaign, Item
from tests.builders import agent_at, discovered
from tests.people import TEST, Cast

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(response: object) -> str:
    """What the page says, without its markup."""
    content = response.content.decode()  # type: ignore[attr-defined]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", content))


@pytest.fixture
def campaign(cast: Cast) -> Campaign:
    agent_at(Agent.State.ACTIVE, cast)
    campaigns.open_due()
    return Campaign.objects.get()


@pytest.fixture
def grant_item(campaign: Campaign) -> Item:
    return Item.objects.get(kind="grant")


def decide(user: User, item: Item, choice: str, reason: str = "", version: object = 0, **how: str) -> object:
    data = {"choice": choice, "reason": reason, "version": version}
    return signed_in(user).post(reverse("review_item", args=[item.uid]), data, **how)  # type: ignore[arg-type]


def test_the_list_tells_a_reviewer_what_is_left(cast: Cast, campaign: Campaign) -> None:
    said = text(signed_in(cast.rae).get(reverse("reviews")))
    assert campaign.name in said
    assert "0 of 2 items decided" in said
    assert "2 items wait for you" in said
    assert items_waiting(cast.rae) == 2
    assert items_waiting(cast.audrey) == 0


def test_before_the_first_review_the_list_says_when_it_opens(cast: Cast) -> None:
    said = text(signed_in(cast.rae).get(reverse("reviews")))
    assert "No review is open" in said
    assert said.count("as soon as an agent of this tier is at work") == 4


def test_agents_nobody_reviewed_in_time_are_named_to_those_who_see_them(cast: Cast, campaign: Campaign) -> None:
    assert campaign.due_at is not None
    with time_machine.travel(campaign.due_at, tick=False):
        said = text(signed_in(cast.cora).get(reverse("reviews"), {"due": "overdue"}))
        assert "Not reviewed in time" in said
        assert "Discharge summariser" in said
        assert "Discharge summariser" in text(signed_in(cast.bob).get(reverse("reviews")))
        assert "Not reviewed in time" not in text(signed_in(cast.sam).get(reverse("reviews")))


def test_others_read_that_nothing_is_theirs_and_cannot_find_the_worksheet(cast: Cast, campaign: Campaign) -> None:
    for person in (cast.sam, cast.bob, cast.ann, cast.cat):
        assert "Nothing for you to review" in text(signed_in(person).get(reverse("reviews")))
        assert signed_in(person).get(reverse("review", args=[campaign.uid])).status_code == 404


def test_a_decision_without_a_right_to_see_is_404(cast: Cast, grant_item: Item) -> None:
    assert decide(cast.sam, grant_item, "end", "No.").status_code == 404  # type: ignore[attr-defined]
    assert signed_in(cast.sam).post(reverse("review_undo", args=[grant_item.uid]), {"version": 0}).status_code == 404
    assert is_effective(grant_item.agent, cast.read_records).allowed


def test_an_auditor_reads_the_worksheet_without_buttons(cast: Cast, campaign: Campaign, grant_item: Item) -> None:
    response = signed_in(cast.audrey).get(reverse("review", args=[campaign.uid]))
    assert "Reviewers and security administrators decide; you can read." in text(response)
    assert b"data-keep" not in response.content
    assert decide(cast.audrey, grant_item, "keep").status_code == 403  # type: ignore[attr-defined]


def test_the_worksheet_shows_the_evidence_and_the_advice(cast: Cast, campaign: Campaign) -> None:
    discovered(cast, entitlement=cast.export_records)
    said = text(signed_in(cast.rae).get(reverse("review", args=[campaign.uid])))
    assert "Lets the agent read patient records." in said
    assert "approved by Cat" in said
    assert "keep : approved by Cat, too new to judge by its use" in said
    assert "End access now" in said
    assert "etl-runner" not in said  # it came after the freeze


def test_ending_by_form_denies_at_once_and_comes_back_to_the_item(cast: Cast, campaign: Campaign, grant_item: Item) -> None:
    response = decide(cast.rae, grant_item, "end", "Not needed.")
    assert response.status_code == 302  # type: ignore[attr-defined]
    assert response.url == f"{reverse('review', args=[campaign.uid])}?show=open#item-{grant_item.uid}"  # type: ignore[attr-defined]
    assert not is_effective(grant_item.agent, cast.read_records).allowed
    said = text(signed_in(cast.rae).get(response.url))  # type: ignore[attr-defined]
    assert "access stopped" in said
    assert "Not needed." in said
    assert "Undo" in said


def test_undo_by_form_restores_the_access(cast: Cast, grant_item: Item) -> None:
    decide(cast.rae, grant_item, "end", "Not needed.")
    response = signed_in(cast.rae).post(reverse("review_undo", args=[grant_item.uid]), {"version": 1}, follow=True)
    assert "is undecided again" in text(response)
    assert is_effective(grant_item.agent, cast.read_records).allowed


def test_htmx_gets_the_row_the_progress_and_a_sentence_to_be_read_out(cast: Cast, grant_item: Item) -> None:
    response = decide(cast.rae, grant_item, "keep", **HTMX)
    content = response.content.decode()  # type: ignore[attr-defined]
    assert content.lstrip().startswith(f'<li class="r-row" id="item-{grant_item.uid}"')
    assert 'id="r-progress" hx-swap-oob="innerHTML"' in content
    assert "1 of 2 items decided" in text(response)
    assert 'id="r-said" hx-swap-oob="innerHTML">Saved: Patient records: records:read is kept.' in content
    assert "csrfmiddlewaretoken" in content


def test_the_slower_of_two_gets_409_with_the_name_of_the_faster(cast: Cast, grant_item: Item) -> None:
    decide(cast.rae, grant_item, "keep")
    slow = decide(cast.sid, grant_item, "end", "No.")
    assert slow.status_code == 409  # type: ignore[attr-defined]
    assert "Rae was faster: “keep” at" in text(slow)
    slow = decide(cast.sid, grant_item, "end", "No.", **HTMX)
    assert slow.status_code == 409  # type: ignore[attr-defined]
    assert "Rae was faster" in text(slow)
    assert "kept" in text(slow)
    assert Grant.objects.get().state == "active"


def test_an_owner_who_became_reviewer_reads_why_somebody_else_decides(cast: Cast, campaign: Campaign, grant_item: Item) -> None:
    roles.assign(cast.bob, Role.REVIEWER, by=TEST)
    bob = User.objects.get(pk=cast.bob.pk)
    response = signed_in(bob).get(reverse("review", args=[campaign.uid]))
    assert "You own this agent, so somebody else has to review it." in text(response)
    assert b"data-keep" not in response.content
    refused = decide(bob, grant_item, "end", "Mine.")
    assert refused.status_code == 403  # type: ignore[attr-defined]
    assert "You own this agent, so somebody else has to review it." in text(refused)


def test_an_item_nobody_may_review_stays_visible_as_such(cast: Cast, campaign: Campaign) -> None:
    roles.assign(cast.bob, Role.REVIEWER, by=TEST)
    for held in cast.rae.role_assignments.all() | cast.sid.role_assignments.all():
        roles.end(held, by=TEST, reason="Left the team.")
    said = text(signed_in(cast.audrey).get(reverse("review", args=[campaign.uid])))
    assert "Nobody may review this: every reviewer owns, asked for or approved it." in said


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"choice": "end", "version": 0}, "Give a reason"),
        ({"choice": "end", "version": 0, "reason": "x" * 501}, "under 500 characters"),
        ({"choice": "burn", "version": 0}, "Choose keep or end access."),
        ({"choice": "keep"}, "could not be read"),
        ({"choice": "keep", "version": "first"}, "could not be read"),
    ],
)
def test_what_does_not_fit_is_400_and_changes_nothing(cast: Cast, grant_item: Item, data: dict[str, object], says: str) -> None:
    response = signed_in(cast.rae).post(reverse("review_item", args=[grant_item.uid]), data)
    assert response.status_code == 400
    assert says in text(response)
    grant_item.refresh_from_db()
    assert (grant_item.state, grant_item.version) == ("undecided", 0)


def test_nothing_is_decided_by_looking(cast: Cast, campaign: Campaign, grant_item: Item) -> None:
    client = signed_in(cast.rae)
    for name, uid in [("review_item", grant_item.uid), ("review_undo", grant_item.uid), ("review_close", campaign.uid)]:
        assert client.get(reverse(name, args=[uid])).status_code == 405
    assert client.post(reverse("review", args=[campaign.uid])).status_code == 405
    assert client.get(reverse("review", args=[campaign.uid]), {"show": "some"}).status_code == 400
    assert client.get(reverse("review", args=[campaign.uid]), {"after": "nonsense"}).status_code == 200


def test_undecided_shows_what_is_left_and_all_shows_everything(cast: Cast, campaign: Campaign, grant_item: Item) -> None:
    items.decide(grant_item, "keep", by=cast.rae)
    client = signed_in(cast.rae)
    left = text(client.get(reverse("review", args=[campaign.uid])))
    assert "Lets the agent read patient records." not in left
    assert "1 decided access is not shown." in left
    assert "Lets the agent read patient records." in text(client.get(reverse("review", args=[campaign.uid]), {"show": "all"}))
    items.decide(Item.objects.get(kind="agent"), "keep", by=cast.rae)
    assert "Everything is decided" in text(client.get(reverse("review", args=[campaign.uid])))


def test_closing_is_offered_when_everything_is_decided(cast: Cast, campaign: Campaign) -> None:
    client = signed_in(cast.sid)
    address = reverse("review_close", args=[campaign.uid])
    assert "2 items are undecided. It closes by itself when it is due." in text(
        client.get(reverse("review", args=[campaign.uid]))
    )
    assert client.post(address).status_code == 403
    for item in Item.objects.all():
        items.decide(item, "keep", by=cast.rae)
    assert signed_in(cast.rae).post(address).status_code == 403
    said = text(client.post(address, follow=True))
    assert "This review is over. Everything was decided." in said
    assert client.post(address).status_code == 409


def test_user_text_is_never_markup(cast: Cast) -> None:
    agent_at(Agent.State.ACTIVE, cast, name="<b>bold</b>", purpose="<script>alert(1)</script>")
    campaigns.open_due()
    item = Item.objects.get(kind="grant")
    response = decide(cast.rae, item, "end", "<img src=x onerror=alert(1)>", **HTMX)
    assert b"<img" not in response.content  # type: ignore[attr-defined]
    page = signed_in(cast.rae).get(reverse("review", args=[Campaign.objects.get().uid])).content
    assert b"<script>alert" not in page
    assert b"<b>bold" not in page


def many(cast: Cast, count: int) -> Campaign:
    """A campaign over so many discovered agents with two accesses each."""
    first = discovered(cast)
    made = Agent.objects.bulk_create(
        Agent(
            name=f"worker {n:04}",
            slug=f"worker-{n}",
            state="active",
            origin=Origin.DISCOVERED,
            risk_tier="high",
            environment="production",
            activated_at=first.activated_at,
        )
        for n in range(count - 1)
    )
    Grant.objects.bulk_create(
        Grant(agent=agent, entitlement=cast.export_records, origin=Origin.DISCOVERED) for agent in [*made, first]
    )
    Grant.objects.bulk_create(Grant(agent=agent, entitlement=cast.read_records, origin=Origin.DISCOVERED) for agent in made)
    campaigns.open_due()
    return Campaign.objects.get()


def test_three_hundred_items_come_in_parts_each_agent_once(cast: Cast) -> None:
    campaign = many(cast, 100)
    assert campaign.item_count == 300
    client, seen, after = signed_in(cast.rae), [], ""
    while True:
        how = HTMX if after else {}
        response = client.get(reverse("review", args=[campaign.uid]), {"show": "all", "after": after}, **how)  # type: ignore[arg-type]
        found = response.context["part"]
        seen += [group.head.item.agent.name for group in found.groups]
        assert len(found.groups) <= AGENTS_AT_ONCE
        assert all(len(group.rows) == 2 for group in found.groups)
        after = found.after
        if not after:
            break
    assert len(seen) == 100
    assert seen == sorted(set(seen))


def test_deciding_while_paging_skips_nobody(cast: Cast) -> None:
    campaign = many(cast, 45)
    assert campaign.item_count == 3 * 45
    reader = Reader(cast.rae)
    first = part(campaign, reader, only_open=True, after=None)
    for group in first.groups:
        for row in [group.head, *group.rows]:
            items.decide(row.item, "keep", by=cast.rae)
    anchor = Item.objects.select_related("agent").get(uid=first.after)
    second = part(campaign, reader, only_open=True, after=anchor)
    names = [group.head.item.agent.name for group in first.groups + second.groups]
    assert len(set(names)) == 2 * AGENTS_AT_ONCE
    assert progress_of(campaign, cast.rae).mine == campaign.item_count - 3 * AGENTS_AT_ONCE


def test_a_part_asks_the_database_a_fixed_number_of_times(cast: Cast) -> None:
    campaign = many(cast, 60)
    counts = []
    for size in (5, 20):
        reader = Reader(User.objects.get(pk=cast.rae.pk))
        with CaptureQueriesContext(
            connection,
        ) as asked:
            part(campaign, reader, only_open=True, after=None, size=size)
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[0] <= 6


def test_the_place_in_the_sidebar_counts(cast: Cast, campaign: Campaign) -> None:
    request = signed_in(cast.rae).get(reverse("reviews")).wsgi_request
    places = {place["url"]: place["count"] for group in sidebar(request) for place in group["places"]}
    assert places[reverse("reviews")] == 2
