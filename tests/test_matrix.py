"""Who may open which address: drawn from the URL configuration, so a new page without a row fails."""

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from agents import clock
from agents.audit import due
from agents.audit.models import Reaction, TrailEvent
from agents.people.actions import holds, sinks
from agents.people.models import User
from agents.registry.models import Agent
from compliance.actions import packs
from compliance.models import Pack
from reviews.models import Campaign, Item
from tests.builders import agent_at, draft, request_of
from tests.matrix import EVERYBODY, MATRIX, Row, World, routes
from tests.people import Cast
from tests.writes import APART, WRITES

ROUTES = sorted({name for _pattern, name in routes()})


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    assert [pattern for pattern, name in routes() if not name] == []
    assert set(ROUTES) == set(MATRIX)


@pytest.fixture
def world(cast: Cast) -> World:
    return build_world(cast)


def build_world(cast: Cast) -> World:
    active = agent_at(Agent.State.ACTIVE, cast)
    asked_system = agent_at(Agent.State.PENDING_APPROVAL, cast, name="Referral sorter")
    due.run_all(but=["compliance.build_packs"])
    campaign = Campaign.objects.get()
    return World(
        cast=cast,
        active=active,
        asked_owner=agent_at(Agent.State.PENDING_OWNER, cast, name="Bed finder"),
        asked_system=asked_system,
        draft=draft(cast, name="Half an idea"),
        grant=active.grants.get(),
        request=request_of(asked_system),
        campaign=campaign,
        item=Item.objects.get(campaign=campaign, grant__isnull=False),
        pack=packs.request("hipaa", since=clock.now().date(), until=clock.now().date(), by=cast.cora),
        dead=Reaction.objects.create(event_id=TrailEvent.objects.latest("id").pk, handler="tell.somebody", state="dead"),
        hold=holds.place(name="Case 7", reason="A lawsuit.", by=cast.cora),
        sink=sinks.add(name="Auditor", kind="mail", address="auditor@example.net", by=cast.sid),
    )


def fingerprint() -> tuple[object, ...]:
    """What must not differ after a refusal."""
    with connection.cursor() as cursor:
        found = []
        for table in (
            "registry_agent",
            "access_grant",
            "access_requestline",
            "access_accessrequest",
            "reviews_item",
            "people_user",
        ):
            cursor.execute(f"SELECT count(*), max(id) FROM {table}")
            found.append(cursor.fetchone())
    states = (
        list(Agent.objects.order_by("pk").values_list("state", flat=True)),
        list(Item.objects.order_by("pk").values_list("state", "version")),
        list(Pack.objects.order_by("pk").values_list("state", flat=True)),
        list(Reaction.objects.order_by("pk").values_list("state", flat=True)),
    )
    return (TrailEvent.objects.count(), *found, *states)


def client_of(person: User | None) -> Client:
    client = Client()
    if person is not None:
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.django_db
def test_who_may_open(world: World) -> None:
    clients = {who: client_of(person) for who, person in world.cast.everybody.items()}
    assert set(clients) == EVERYBODY
    wrong = {}
    for name, row in MATRIX.items():
        url = reverse(name, kwargs=row.needs(world))
        for who, client in clients.items():
            got = client.get(url).status_code
            if got != expected(row, who):
                wrong[name, who] = f"{got}, not {expected(row, who)}"
    assert not wrong


def expected(row: Row, who: str) -> int:
    if row.only_post:
        return 405
    return row.when_seen if who in row.seen_by else row.others


@pytest.mark.django_db
def test_nobody_signed_in_is_sent_to_the_sign_in_page(world: World) -> None:
    stranger = client_of(None)
    for name, row in MATRIX.items():
        answer = stranger.get(reverse(name, kwargs=row.needs(world)))
        assert answer.status_code == row.anonymous, name
        if row.anonymous == 302:
            assert answer.headers["Location"].startswith("/" if name == "start" else "/accounts/login/"), name


@pytest.mark.django_db
def test_who_may_not_see_it_cannot_post_to_it_and_nothing_changes(world: World) -> None:
    sent = {"reason": "because", "answer": "approve", "choice": "keep", "version": "0"}
    clients = {who: client_of(person) for who, person in world.cast.everybody.items()}
    before = fingerprint()
    for name, row in MATRIX.items():
        url = reverse(name, kwargs=row.needs(world))
        for who in sorted(EVERYBODY - row.seen_by):
            assert clients[who].post(url, sent).status_code in {403, 404, 405, 409}, (name, who)
        if row.anonymous != 200:
            assert client_of(None).post(url, sent).status_code in {302, 403, 404, 405, 409}, name
    assert fingerprint() == before


@pytest.mark.django_db
def test_an_empty_post_by_somebody_who_may_see_it_is_never_an_error_of_ours(world: World) -> None:
    clients = {who: client_of(person) for who, person in world.cast.everybody.items()}
    for name, row in MATRIX.items():
        url = reverse(name, kwargs=row.needs(world))
        for who in sorted(row.seen_by):
            with transaction.atomic():
                assert clients[who].post(url).status_code < 500, (name, who)
                transaction.set_rollback(True)


@pytest.mark.django_db
def test_every_address_that_takes_a_post_is_tried_without_a_trail(world: World) -> None:
    """Somebody who may see it posts nothing to each; where that is not 405, tests/writes.py has a row."""
    takes = set()
    for name, row in MATRIX.items():
        who = min(row.seen_by, default="sam")
        with transaction.atomic():
            answer = client_of(world.cast.everybody[who]).post(reverse(name, kwargs=row.needs(world)))
            transaction.set_rollback(True)
        if answer.status_code != 405:
            takes.add(name)
    assert takes == {name for name, write in WRITES.items() if write.method == "post"} | set(APART)
