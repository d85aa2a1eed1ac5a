"""/packs/ and /compliance/: asked for, watched, downloaded; nobody else gets near."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from agents import clock
from agents.access.models import Grant
from agents.audit.models import TrailEvent
from agents.people.models import User
from compliance.actions import packs as actions
from compliance.models import Pack
from tests.builders import agent_at, discovered, grant_at
from tests.people import TEST, Cast

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def pack_dir(tmp_path: Path) -> Iterator[Path]:
    with override_settings(PACK_DIR=tmp_path):
        yield tmp_path


@pytest.fixture
def ready(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Pack:
    """A pack as it is after its building; its file holds five letters, printing is tested where it lives."""

    def write(html: str, target: Path, **options: Any) -> None:
        target.write_bytes(b"%PDF-")

    monkeypatch.setattr(actions, "press", write)
    today = clock.now().date()
    pack = actions.request("hipaa", since=today - timedelta(days=30), until=today, by=cast.cora)
    assert actions.build(pack)
    pack.refresh_from_db()
    return pack


def signed_in(client: Client, person: User) -> Client:
    client.force_login(person)
    return client


def choice(**changes: str) -> dict[str, str]:
    today = clock.now().date()
    return {"framework": "hipaa", "since": str(today - timedelta(days=30)), "until": str(today), "legal_entity": ""} | changes


def test_a_compliance_officer_asks_and_sees_how_far_it_is(client: Client, cast: Cast) -> None:
    signed_in(client, cast.cora)
    answer = client.post(reverse("pack_new"), choice(legal_entity=cast.hospital.slug))
    pack = Pack.objects.get()
    assert answer.headers["Location"] == reverse("pack", args=[pack.uid])
    assert (pack.requested_by, pack.legal_entity, pack.framework) == (cast.cora, cast.hospital, "hipaa")
    page = client.get(answer.headers["Location"])
    assert "Look again" in page.content.decode()  # without scripts
    Pack.objects.update(state="building", section="controls", done=2)
    part = client.get(answer.headers["Location"], headers=HTMX)
    assert "Testing each control" in part.content.decode()
    assert "<html" not in part.content.decode()


def test_when_it_is_ready_the_page_comes_again_as_a_whole(client: Client, cast: Cast, ready: Pack) -> None:
    signed_in(client, cast.cora)
    assert client.get(reverse("pack", args=[ready.uid]), headers=HTMX).headers["HX-Refresh"] == "true"
    page = client.get(reverse("pack", args=[ready.uid])).content.decode()
    assert ready.sha256 in page
    assert reverse("pack_pdf", args=[ready.uid]) in page


def test_the_download_is_the_bytes_that_were_released_and_is_told(client: Client, cast: Cast, ready: Pack) -> None:
    signed_in(client, cast.audrey)
    answer = client.get(reverse("pack_pdf", args=[ready.uid]))
    assert answer.content == b"%PDF-"
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="mandate-hipaa-{ready.since}-{ready.until}.pdf"'
    [event] = TrailEvent.objects.filter(event="pack.downloaded")
    assert (event.actor_label, event.after["sha256"]) == ("Audrey", ready.sha256)


@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_a_lost_file_is_told_and_no_bytes_are_given(client: Client, cast: Cast, ready: Pack, pack_dir: Path, damage: str) -> None:
    if damage == "gone":
        (pack_dir / ready.path).unlink()
    else:
        (pack_dir / ready.path).write_bytes(b"%PDX-")
    signed_in(client, cast.cora)
    answer = client.get(reverse("pack_pdf", args=[ready.uid]))
    assert answer.status_code == 410
    assert "Nothing was handed out." in answer.content.decode()
    assert b"%PD" not in answer.content
    assert not TrailEvent.objects.filter(event="pack.downloaded").exists()
    page = client.get(reverse("pack", args=[ready.uid])).content.decode()
    assert ("not where it was left" in page) == (damage == "gone")


def test_everybody_else_is_refused_and_sees_no_link(client: Client, cast: Cast, ready: Pack) -> None:
    addresses = [reverse("packs"), reverse("pack_new"), reverse("pack", args=[ready.uid]), reverse("pack_pdf", args=[ready.uid])]
    for name, person in cast.everybody.items():
        signed_in(client, person)
        home = client.get(reverse("home")).content.decode()
        may_read = name in {"cora", "ada", "audrey"}
        assert (f'href="{reverse("packs")}"' in home) == may_read, name
        for address in addresses:
            expected = 200 if may_read and not (name == "audrey" and address == reverse("pack_new")) else 403
            assert client.get(address).status_code == expected, (name, address)
    signed_in(client, cast.audrey)
    assert client.post(reverse("pack_new"), choice()).status_code == 403
    assert "Compliance officers and administrators build evidence packs." in client.get(reverse("packs")).content.decode()
    assert Pack.objects.count() == 1


def test_the_preflight_says_what_to_mend_with_links(client: Client, cast: Cast) -> None:
    agent_at(grant_at(Grant.State.ACTIVE, cast).agent.State.DRAFT, cast, name="Unfinished")
    discovered(cast)
    page = signed_in(client, cast.cora).get(reverse("pack_new"), choice()).content.decode()
    assert "1 identity has no accountable owner." in page
    assert f"{reverse('agents')}?owner=nobody" in page
    assert "Nobody approved 1 access in scope." in page
    part = client.get(reverse("pack_new"), choice(), headers=HTMX).content.decode()
    assert "Build this pack" in part
    assert "<html" not in part


def test_a_choice_that_makes_no_sense_is_said_and_nothing_is_built(client: Client, cast: Cast) -> None:
    signed_in(client, cast.cora)
    tomorrow = str(clock.now().date() + timedelta(days=1))
    for wrong in ({"until": tomorrow}, {"since": "2026-13-01"}, {"framework": "hippo"}, {"legal_entity": "nobody"}):
        assert "Build this pack" not in client.get(reverse("pack_new"), choice(**wrong)).content.decode()
        assert client.post(reverse("pack_new"), choice(**wrong)).status_code == 400
    assert not Pack.objects.exists()


def test_asking_twice_is_told(client: Client, cast: Cast) -> None:
    signed_in(client, cast.cora)
    assert client.post(reverse("pack_new"), choice()).status_code == 302
    answer = client.post(reverse("pack_new"), choice())
    assert answer.status_code == 409
    assert "on its way already" in answer.content.decode()
    assert Pack.objects.count() == 1


def test_a_failed_pack_says_why_and_offers_another_try(client: Client, cast: Cast) -> None:
    today = clock.now().date()
    pack = actions.request("hipaa", since=today, until=today, by=TEST)
    Pack.objects.filter(pk=pack.pk).update(state="failed", failed_reason="The disk is full.")
    page = signed_in(client, cast.cora).get(reverse("pack", args=[pack.uid])).content.decode()
    assert "The disk is full." in page
    assert f"{reverse('pack_new')}?framework=hipaa" in page
    assert client.get(reverse("pack_pdf", args=[pack.uid])).status_code == 409


def test_the_frameworks_say_what_they_ask_and_what_is_not_tested(client: Client, cast: Cast, ready: Pack) -> None:
    page = signed_in(client, cast.cora).get(reverse("compliance")).content.decode()
    assert "13 of 24 controls are tested" in page
    assert "Suspension drills are not recorded in this portal yet." in page
    assert reverse("pack", args=[ready.uid]) in page
    assert reverse("pack_new") not in signed_in(client, cast.audrey).get(reverse("compliance")).content.decode()
    for person in (cast.sid, cast.ann):
        assert signed_in(client, person).get(reverse("compliance")).status_code == 403
