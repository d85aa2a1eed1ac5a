"""The demo organisation: as large as promised, a year old, true to its trail, and wrong where it is meant to be wrong."""

import itertools
from datetime import timedelta

from django.db.models import Count, Max, Min, Q

from agents import clock
from agents.access.models import AccessRequest, Grant, RequestLine
from agents.audit.models import TrailEvent
from agents.people.choices import Role
from agents.people.models import LegalEntity, RoleAssignment, User
from agents.registry.choices import AgentKind, Environment, Tier
from agents.registry.models import Agent, Entitlement, System
from reviews.models import Campaign, ReviewDecision
from reviews.rules import Choice
from tests.database import TestDatabase


def test_demo_is_a_believable_group_with_a_year_behind_it(own_database: TestDatabase) -> None:
    told = own_database.command("seed_demo")
    assert told.returncode == 0, told.stderr
    has_its_size()
    has_a_past()
    is_wrong_on_purpose()
    again = own_database.command("seed_demo")
    assert again.returncode == 1
    assert "This portal has a past of its own." in again.stderr


def has_its_size() -> None:
    where = dict(LegalEntity.objects.values_list("name", "country"))
    assert where == {
        "Helene Hospitals": "US",
        "Brightdesk": "US",
        "Brightdesk Ireland": "IE",
        "Quill Payments": "GB",
        "Taunus Bank": "DE",
        "Isar Versicherung": "DE",
    }
    assert {"New York", "San Francisco", "Dublin", "London", "Frankfurt", "Munich"} <= set(
        User.objects.values_list("location", flat=True)
    )
    assert (User.objects.count(), System.objects.count(), Agent.objects.count()) == (26, 25, 80)
    assert set(RoleAssignment.objects.effective().values_list("role", flat=True)) == set(Role.values)
    assert set(Agent.objects.values_list("kind", flat=True)) == set(AgentKind.values)
    assert set(Agent.objects.values_list("environment", flat=True)) == set(Environment.values)
    assert set(Agent.objects.in_service().values_list("risk_tier", flat=True)) == set(Tier.values)
    assert Agent.objects.filter(kind=AgentKind.AI_AGENT).count() > 40
    assert not Agent.objects.filter(origin="requested", purpose="").exists()
    assert not Entitlement.objects.filter(plain_effect="").exists()


def has_a_past() -> None:
    span = TrailEvent.objects.aggregate(first=Min("at"), last=Max("at"))
    assert span["last"] - span["first"] > timedelta(days=360)
    moments = TrailEvent.objects.order_by("id").values_list("at", flat=True)
    assert all(earlier <= later for earlier, later in itertools.pairwise(moments))
    assert AccessRequest.objects.filter(state="decided").count() > 50
    assert RequestLine.objects.filter(state="denied").exclude(decision_reason="").count() >= 6
    assert Campaign.objects.filter(state="closed").count() > 20
    assert ReviewDecision.objects.filter(choice=Choice.END).count() >= 3
    assert set(Grant.objects.values_list("state", flat=True)) >= {"active", "revoked", "expired"}
    # This month's review of high-tier agents opens before one's eyes.
    assert not Campaign.objects.filter(tier="high", period_key=f"{clock.now():%Y-%m}").exists()


def is_wrong_on_purpose() -> None:
    working = Agent.objects.filter(state=Agent.State.ACTIVE)
    left = working.filter(human_owner__left_at__isnull=False)
    nobody = working.filter(human_owner__isnull=True)
    late = working.filter(eligible_until__lt=clock.now())
    assert set(left.values_list("name", flat=True)) == {"Diagnosis coder", "Denial letters"}
    assert nobody.count() == 18
    assert set(late.values_list("name", flat=True)) == {"Limit watcher", "Covenant reader", "Archive cleaner"}
    privileged = Grant.objects.live().filter(entitlement__is_privileged=True)
    unused = Q(last_used_at__isnull=True) | Q(last_used_at__lt=clock.now() - timedelta(days=90))
    assert set(privileged.filter(unused, origin="requested").values_list("entitlement__name", flat=True)) >= {
        "bills:export",
        "screening:clear",
        "archive:delete",
    }
    assert set(privileged.filter(unused, origin="discovered").values_list("agent__name", flat=True)) == {
        "breakglass-ops",
        "vendor-remote-support",
        "legacy-sync",
    }
    assert Grant.objects.unapproved().aggregate(n=Count("pk"))["n"] >= 20
    assert working.filter(purpose__startswith="One key that four programs use").exists()
    on_real_data = Grant.objects.live().filter(agent__environment="test", entitlement__system__environment="production")
    assert {"Trial matcher", "tom-test-role"} <= set(on_real_data.values_list("agent__name", flat=True))
