"""`Idempotency-Key` on real pages: one effect, equal answers, whoever is killed on the way."""

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory

from agents.audit import idempotency
from agents.audit.models import IdempotentCall, TrailEvent
from agents.people.models import User
from agents.registry.models import Agent
from portal.middleware.idempotency import IdempotencyMiddleware
from tests.builders import agent_at
from tests.database import ROOT, TestDatabase
from tests.people import Cast, assemble

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


def desk(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def suspend(client: Client, agent: Agent, key: str = KEY, reason: str = "Odd.", **headers: str) -> HttpResponse:
    path = f"/agents/{agent.slug}/suspend/"
    return client.post(path, {"reason": reason}, headers={"Idempotency-Key": key, **headers})  # type: ignore[return-value]


def suspended() -> int:
    return TrailEvent.objects.filter(event="agent.suspended").count()


@pytest.fixture
def agent(cast: Cast) -> Agent:
    return agent_at(Agent.State.ACTIVE, cast)


@pytest.mark.django_db
def test_a_repetition_has_no_effect_and_the_same_answer(cast: Cast, agent: Agent) -> None:
    client = desk(cast.sid)
    first, second = suspend(client, agent), suspend(client, agent)
    assert (first.status_code, first["Location"]) == (second.status_code, second["Location"]) == (302, f"/agents/{agent.slug}/")
    assert first.content == second.content
    assert first["Content-Type"] == second["Content-Type"]
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert suspended() == 1


@pytest.mark.django_db
def test_without_a_key_the_second_is_a_call_of_its_own(cast: Cast, agent: Agent) -> None:
    client = desk(cast.sid)
    for expected in (302, 403):
        assert client.post(f"/agents/{agent.slug}/suspend/", {"reason": "Odd."}).status_code == expected
    assert not IdempotentCall.objects.exists()


@pytest.mark.django_db
def test_a_refusal_is_an_answer_too(cast: Cast, agent: Agent) -> None:
    client = desk(cast.ann)
    Agent.objects.update(technical_owner=cast.dan)
    first = suspend(client, agent, Accept="application/json")
    assert first.status_code == 403
    second = suspend(client, agent, Accept="application/json")
    assert (second.status_code, second.content) == (403, first.content)
    assert second["Content-Type"] == "application/problem+json"
    assert suspended() == 0


@pytest.mark.django_db
def test_the_key_of_another_call_is_refused(cast: Cast, agent: Agent) -> None:
    client = desk(cast.sid)
    suspend(client, agent)
    other = suspend(client, agent, reason="Even.", Accept="application/json")
    assert other.status_code == 422
    assert "another call" in json.loads(other.content)["detail"]
    assert client.post(f"/agents/{agent.slug}/resume/", {"reason": "Odd."}, headers={"Idempotency-Key": KEY}).status_code == 422
    assert Agent.objects.get(pk=agent.pk).state == "suspended"


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "k" * 201, "a\tb"])
def test_what_is_no_key_is_refused(cast: Cast, agent: Agent, key: str) -> None:
    answer = suspend(desk(cast.sid), agent, key=key)
    assert answer.status_code == 400
    assert "1 to 200 printable characters" in answer.content.decode()
    assert suspended() == 0
    assert not IdempotentCall.objects.exists()


@pytest.mark.django_db
def test_another_persons_key_is_another_call(cast: Cast, agent: Agent) -> None:
    assert suspend(desk(cast.sid), agent).status_code == 302
    other = suspend(desk(cast.bob), agent)  # it is suspended already; nobody reads Sid's answer
    assert (other.status_code, "Idempotency-Replayed" in other) == (403, False)
    assert suspended() == 1


@pytest.mark.django_db
def test_nobody_signed_in_is_served_as_if_there_were_no_key(cast: Cast, agent: Agent) -> None:
    assert suspend(Client(), agent)["Location"].startswith("/accounts/login/")
    assert not IdempotentCall.objects.exists()


@pytest.mark.django_db
def test_a_key_on_a_page_that_only_reads_means_nothing(cast: Cast) -> None:
    assert desk(cast.sid).get("/agents/", headers={"Idempotency-Key": KEY}).status_code == 200
    assert not IdempotentCall.objects.exists()


@pytest.mark.django_db
def test_messages_and_cookies_are_not_kept(cast: Cast, agent: Agent) -> None:
    client = desk(cast.sid)
    assert "messages" in suspend(client, agent).cookies
    kept = IdempotentCall.objects.get()
    assert set(kept.headers) == {"Content-Type", "Location"}
    assert "messages" not in suspend(client, agent).cookies


@pytest.fixture
def served(rf: RequestFactory, cast: Cast):  # type: ignore[no-untyped-def]
    """What Sam gets from a view behind the middleware, and how often it ran."""
    runs: list[int] = []

    def serve(view):  # type: ignore[no-untyped-def]
        def counted(request):  # type: ignore[no-untyped-def]
            runs.append(1)
            return view(request)

        request = rf.post("/api/thing", headers={"Idempotency-Key": KEY})
        request.user = cast.sam
        return IdempotencyMiddleware(counted)(request), len(runs)

    return serve


@pytest.mark.django_db
@pytest.mark.parametrize(
    "response",
    [
        lambda: HttpResponse(b"x" * (idempotency.LARGEST + 1)),
        lambda: StreamingHttpResponse([b"x"]),
        lambda: HttpResponse(b"mk_secret", headers={"Cache-Control": "private, no-store"}),
    ],
    ids=["large", "streamed", "secret"],
)
def test_an_answer_that_cannot_be_kept_is_told_as_done(served, response) -> None:  # type: ignore[no-untyped-def]
    first, _runs = served(lambda _request: response())
    assert first.status_code == 200
    second, runs = served(lambda _request: response())
    assert (second.status_code, runs, second["Idempotency-Replayed"]) == (409, 1, "true")
    assert "done before, once" in json.loads(second.content)["detail"]
    assert bytes(IdempotentCall.objects.get().body) == b""


@pytest.mark.django_db
def test_our_own_failure_undoes_everything_and_frees_the_key(served, cast: Cast) -> None:  # type: ignore[no-untyped-def]
    def half(_request: object) -> HttpResponse:
        User.objects.filter(pk=cast.sam.pk).update(name="Half")
        return HttpResponse(status=503)

    assert served(half)[0].status_code == 503
    assert User.objects.get(pk=cast.sam.pk).name == "Sam"
    assert not IdempotentCall.objects.exists()
    whole, runs = served(lambda _request: HttpResponse(b"whole"))
    assert (whole.content, runs) == (b"whole", 2)


@pytest.mark.django_db
def test_an_exception_undoes_everything_and_frees_the_key(served, cast: Cast) -> None:  # type: ignore[no-untyped-def]
    def broken(_request: object) -> HttpResponse:
        User.objects.filter(pk=cast.sam.pk).update(name="Half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        served(broken)
    assert User.objects.get(pk=cast.sam.pk).name == "Sam"
    assert not IdempotentCall.objects.exists()


@pytest.mark.django_db
def test_a_call_so_slow_that_its_key_was_taken_is_undone(served, cast: Cast) -> None:  # type: ignore[no-untyped-def]
    def slow(_request: object) -> HttpResponse:
        User.objects.filter(pk=cast.sam.pk).update(name="Slow")
        IdempotentCall.objects.update(claim=uuid4())  # a repetition came after the lease
        return HttpResponse(b"done")

    answer, _runs = served(slow)
    assert (answer.status_code, answer["Retry-After"]) == (409, "1")
    assert User.objects.get(pk=cast.sam.pk).name == "Sam"


@pytest.fixture
def own_agent(own_database: TestDatabase) -> tuple[Cast, Agent]:
    cast = assemble()
    return cast, agent_at(Agent.State.ACTIVE, cast)


@pytest.mark.postgresql
def test_fifty_at_once_have_one_effect_and_equal_answers(own_agent: tuple[Cast, Agent]) -> None:
    cast, agent = own_agent
    client = desk(cast.sid)
    cookie = client.cookies["sessionid"].value
    together, busy = threading.Barrier(50), []

    def call(_n: int) -> tuple[int, str, bytes]:
        mine = Client()
        mine.cookies["sessionid"] = cookie
        together.wait()
        try:
            while (answer := suspend(mine, agent, Accept="application/json")).status_code == 409:
                assert "under way" in json.loads(answer.content)["detail"]
                busy.append(1)
            return answer.status_code, answer["Location"], answer.content
        finally:
            connections.close_all()

    with ThreadPoolExecutor(50) as pool:
        answers = set(pool.map(call, range(50)))
    assert answers == {(302, f"/agents/{agent.slug}/", b"")}
    assert suspended() == 1
    assert IdempotentCall.objects.get().status == 302


DIE = """
import os, signal, sys
import django
django.setup()
from django.test import Client
from agents.audit import idempotency
from agents.people.models import User

moment, slug, key = sys.argv[1:]
whole = getattr(idempotency, moment)

def killed(*args):
    if moment == "begin":
        whole(*args)
    elif moment == "keep":
        whole(*args)  # stored, not committed
    os.kill(os.getpid(), signal.SIGKILL)

setattr(idempotency, moment, killed)
client = Client()
client.force_login(User.objects.get(name="Sid"), backend="django.contrib.auth.backends.ModelBackend")
client.post(f"/agents/{slug}/suspend/", {"reason": "Odd."}, headers={"Idempotency-Key": key})
"""


@pytest.mark.parametrize("moment", ["begin", "keep"])
def test_a_process_killed_in_between_has_done_nothing_and_the_next_does_it_once(
    own_agent: tuple[Cast, Agent], own_database: TestDatabase, moment: str
) -> None:
    cast, agent = own_agent
    environment = {**os.environ, **own_database.environment, "DJANGO_SETTINGS_MODULE": "portal.settings", "PYTHONPATH": str(ROOT)}
    connection.close()
    done = subprocess.run([sys.executable, "-c", DIE, moment, agent.slug or "", KEY], env=environment, cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert suspended() == 0
    assert Agent.objects.get(pk=agent.pk).state == "active"
    client = desk(cast.sid)
    assert suspend(client, agent).status_code == 409  # until its lease is over
    IdempotentCall.objects.update(claimed_until="2026-01-01T00:00:00Z")
    assert suspend(client, agent).status_code == 302
    assert suspend(client, agent)["Idempotency-Replayed"] == "true"
    assert suspended() == 1
