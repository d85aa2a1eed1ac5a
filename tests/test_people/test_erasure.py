"""Somebody who has left is erased: nothing that may change names them, and everything sealed still fits."""

import hashlib
import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from agents import clock
from agents.access.actions import grants
from agents.access.models import Grant
from agents.audit import checkpoints, erased, labels, live
from agents.audit.errors import NotAllowed
from agents.audit.events import Event
from agents.audit.models import LabelKey, LegalHold, TrailEvent
from agents.people.actions import erasure, people, roles
from agents.people.choices import Role
from agents.people.models import RoleAssignment, User
from agents.registry.models import Agent
from compliance import files
from compliance.actions import packs
from compliance.models import Pack
from reviews.actions import campaigns, items
from reviews.models import Campaign, Item
from tests.builders import agent_at, draft, grant_at
from tests.database import TestDatabase
from tests.people import PASSWORD, TEST, Cast, assemble
from tests.trails import trail_home  # noqa: F401  (a fixture)

NAME, EMAIL = "Quillon Ætherstone", "quillon.aetherstone@example.org"
SPELLINGS = {spelling.encode() for word in (NAME, EMAIL) for spelling in (word, json.dumps(word)[1:-1])}


def quillon(cast: Cast, *held: Role) -> User:
    user = people.join(email=EMAIL, name=NAME, by=TEST, password=PASSWORD, job_title="Night porter", legal_entity=cast.hospital)
    for role in held:
        roles.assign(user, role, by=TEST)
    return user


def gone(user: User) -> User:
    return people.leave(user, by=TEST, at=clock.now())


def named_in_the_database() -> list[str]:
    """Tables and columns in which a spelling stands, of every column of every table."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    raw = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                    if any(spelling.lower() in raw.lower() for spelling in SPELLINGS):
                        found.append(f"{table}.{column}")
    return found


def named_in_the_folder(folder: Path) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pdf"]
    return [path.name for path in files if any(spelling in path.read_bytes() for spelling in SPELLINGS)]


def test_nothing_that_may_change_names_the_person_any_more(
    own_database: TestDatabase, settings: Settings, client: Client
) -> None:
    cast = assemble()
    everything = (Role.OWNER, Role.REVIEWER, Role.ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.COMPLIANCE_OFFICER)
    user = quillon(cast, *everything)
    client.force_login(user)
    assert client.get("/").status_code == 200
    settings.EMAIL_FILE_PATH = own_database.folder / "mail"
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EmailMessage(f"To {NAME}", "Hello.", to=[EMAIL]).send()
    agent = agent_at(Agent.State.ACTIVE, cast, human_owner=user, declared_tier="critical", by=user, technical_owner=cast.ann)
    assert NAME not in str(agent.tier_reasons)
    grants.revoke(Grant.objects.get(agent=agent), by=user, reason="Not needed.")
    roles.assign(cast.sam, Role.REVIEWER, by=user)
    other = agent_at(Agent.State.ACTIVE, cast, name="Other")
    campaigns.open_due()
    for campaign in Campaign.objects.filter(state=Campaign.State.GENERATING):
        campaigns.prepare(campaign)
    for item in Item.objects.filter(agent=other, kind=Item.Kind.GRANT):
        items.decide(item, "keep", by=user)
    campaigns.cancel(Campaign.objects.filter(state=Campaign.State.OPEN)[0], by=user, reason="Wrong tier.")
    today = clock.now().date()
    pack = packs.request("hipaa", since=today - timedelta(days=7), until=today, by=user)
    assert packs.build(pack)
    gone(user)
    checkpoints.settle()
    digests = [bytes(digest) for digest in TrailEvent.objects.order_by("id").values_list("digest", flat=True)]
    assert {"people_user.name", "people_user.email", "reviews_item.snapshot", "access_grant.revoked_by"} <= set(
        named_in_the_database()
    )
    assert {"compliance_pack.requested_by_label", "reviews_campaign.closed_by"} <= set(named_in_the_database())
    assert not any(column.startswith("audit_trailevent") for column in named_in_the_database())

    sealed_pack = Pack.objects.get(pk=pack.pk)
    call_command("erase_person", EMAIL.upper(), "--reason", "Asked for it.")
    assert named_in_the_database() == []
    connection.close()
    assert named_in_the_folder(own_database.folder) == []
    assert not list((own_database.folder / "mail").glob("*.log"))
    assert digests == [bytes(d) for d in TrailEvent.objects.order_by("id").values_list("digest", flat=True)][: len(digests)]
    for event in TrailEvent.objects.all():
        assert hashlib.sha256(b"\0" + bytes(event.body)).digest() == bytes(event.digest)
    checkpoints.settle()
    report = live.check()
    assert report.problems == []
    assert hashlib.sha256(files.read(sealed_pack)).hexdigest() == sealed_pack.sha256
    client.force_login(cast.cora)
    page = client.get("/trail/").content.decode()
    assert "a person who was erased" in page
    assert NAME not in page
    assert NAME not in client.get(f"/people/{user.uid}/").content.decode()
    assert user.uid.hex[:6] in client.get(f"/agents/{agent.slug}/").content.decode()


@pytest.mark.sqlite
def test_on_sqlite_not_even_old_pages_of_the_file_hold_the_name(own_database: TestDatabase) -> None:
    cast = assemble()
    gone(quillon(cast))
    call_command("erase_person", EMAIL, "--reason", "Asked for it.")
    connection.close()
    assert named_in_the_folder(own_database.folder) == []


def test_a_restored_backup_does_not_bring_anybody_back(own_database: TestDatabase) -> None:
    cast = assemble()
    user = quillon(cast)
    key, row = LabelKey.objects.get(person_key=user.actor_key), User.objects.get(pk=user.pk)
    erasure.erase(gone(user), by=TEST, reason="Asked for it.")
    assert user.actor_key in erased.listed()
    assert erasure.apply_again() == 0
    # What yesterday's backup held.
    LabelKey.objects.filter(pk=key.pk).update(key=bytes(key.key or b""), erased_at=None)
    User.objects.filter(pk=row.pk).update(name=row.name, email=row.email, left_at=None, is_active=True)
    before = TrailEvent.objects.count()
    labels._known.clear()
    assert [erasure.apply_again(), erasure.apply_again(), erasure.apply_again()] == [1, 0, 0]
    fresh = User.objects.get(pk=user.pk)
    assert (fresh.name, fresh.is_present) == (f"Erased person {user.uid.hex[:6]}", False)
    assert LabelKey.objects.get(pk=key.pk).key is None
    assert TrailEvent.objects.count() == before + 1
    assert TrailEvent.objects.order_by("-id")[0].actor_key == "restore"
    shutil.rmtree(erased.path().parent)
    erasure.apply_again()
    assert user.actor_key in erased.listed()


@pytest.mark.django_db
@pytest.mark.usefixtures("trail_home")
def test_only_who_has_left_is_erased_and_only_by_those_who_may(cast: Cast) -> None:
    user = quillon(cast)
    refusals = [(cast.ada, "still works here"), (cast.cora, "Administrators and data protection officers")]
    for by, sentence in refusals:
        before = TrailEvent.objects.count()
        with pytest.raises(NotAllowed, match=sentence):
            erasure.erase(user, by=by, reason="Asked for it.")
        assert TrailEvent.objects.count() == before
    gone(user)
    hold = LegalHold.objects.create(name="Smith against Helene", reason="Court.", placed_by="Cora")
    with pytest.raises(NotAllowed, match="Smith against Helene"):
        erasure.erase(user, by=cast.ada, reason="Asked for it.")
    hold.delete()
    for reason in (f"{NAME} asked.", "", "x" * 501):
        with pytest.raises(ValidationError):
            erasure.erase(user, by=cast.ada, reason=reason)
    assert (User.objects.get(pk=user.pk).name, erased.listed()) == (NAME, set())
    erasure.erase(user, by=cast.ada, reason="Asked for it.")
    event = TrailEvent.objects.order_by("-id")[0]
    assert (event.event, event.actor_label, event.target_label) == (Event.PERSON_ERASED, "Ada", "a person who was erased")
    assert not User.objects.get(pk=user.pk).has_usable_password()
    with pytest.raises(ValidationError, match="already"):
        erasure.erase(user, by=cast.ada, reason="Asked for it.")
    with pytest.raises(CommandError, match="Nobody here"):
        call_command("erase_person", EMAIL, "--reason", "Again.")


@pytest.mark.django_db
@pytest.mark.usefixtures("trail_home")
def test_a_namesake_keeps_the_name(cast: Cast) -> None:
    user = quillon(cast, Role.ADMINISTRATOR)
    twin = people.join(email="other@example.org", name=NAME, by=TEST)
    theirs = roles.assign(cast.sam, Role.OWNER, by=user)
    twins = roles.assign(cast.sam, Role.REVIEWER, by=twin)
    erasure.erase(gone(user), by=TEST, reason="Asked for it.")
    assert RoleAssignment.objects.get(pk=theirs.pk).given_by == f"Erased person {user.uid.hex[:6]}"
    assert RoleAssignment.objects.get(pk=twins.pk).given_by == NAME
    assert User.objects.get(pk=twin.pk).name == NAME


@pytest.mark.django_db
@pytest.mark.usefixtures("trail_home")
def test_a_name_that_is_a_word_is_replaced_only_where_it_is_a_name(cast: Cast) -> None:
    may = people.join(email="may@example.org", name="May", by=TEST)
    agent = draft(cast, purpose="May be needed in May.")
    Agent.objects.filter(pk=agent.pk).update(state_reason="sent back by May, may@example.org")
    erasure.erase(gone(may), by=TEST, reason="Asked for it.")
    agent.refresh_from_db()
    label = f"Erased person {may.uid.hex[:6]}"
    assert (agent.purpose, agent.state_reason) == ("May be needed in May.", f"sent back by {label}, {label}")


@pytest.mark.django_db
@pytest.mark.usefixtures("trail_home")
def test_a_reason_somebody_wrote_stays_as_written_in_the_trail_only(cast: Cast) -> None:
    """The price of hashing what people wrote: docs/operations.md tells operators to keep names out of reasons."""
    user = quillon(cast)
    grant = grant_at(Grant.State.ACTIVE, cast)
    grants.revoke(grant, by=cast.bob, reason=f"{NAME} said so.")
    erasure.erase(gone(user), by=TEST, reason="Asked for it.")
    assert NAME not in Grant.objects.get(pk=grant.pk).revoke_reason
    assert TrailEvent.objects.get(event=Event.GRANT_REVOKED).reason == f"{NAME} said so."


@pytest.mark.django_db
@pytest.mark.usefixtures("trail_home")
def test_earlier_names_go_too(cast: Cast) -> None:
    user = quillon(cast)
    agent = draft(cast, purpose=f"Helps {NAME} to write letters.")
    user = people.change(user, by=TEST, name="Quillon Other")
    erasure.erase(gone(user), by=TEST, reason="Asked for it.")
    assert NAME not in Agent.objects.get(pk=agent.pk).purpose
