"""Many agents with many grants, written in bulk: a bench measures questions, not how the rows came about."""

from datetime import timedelta

import psycopg
from django.db import connection

from agents import clock
from agents.access.models import AccessRequest, Grant, RequestLine
from agents.registry.choices import Environment
from agents.registry.models import Agent, Entitlement
from tests.database import TestDatabase
from tests.people import Cast


def grow(cast: Cast, entitlements: list[Entitlement], *, agents: int, first: int) -> list[Agent]:
    """So many more active agents, each holding every one of the entitlements for 90 days."""
    now = clock.now()
    made = Agent.objects.bulk_create(
        [
            Agent(
                name=f"Agent {number}",
                slug=f"agent-{number}",
                state=Agent.State.ACTIVE,
                environment=Environment.PRODUCTION,
                human_owner=cast.bob,
                owner_accepted_at=now,
                eligible_until=now + timedelta(days=90),
                legal_entity=cast.hospital,
            )
            for number in range(first, first + agents)
        ],
        batch_size=2000,
    )
    requests = AccessRequest.objects.bulk_create(
        [
            AccessRequest(
                agent=agent,
                requested_by=cast.ann,
                state=AccessRequest.State.DECIDED,
                is_registration=True,
                submitted_at=now,
                decided_at=now,
                expires_at=now + timedelta(days=30),
            )
            for agent in made
        ],
        batch_size=2000,
    )
    lines = RequestLine.objects.bulk_create(
        [
            RequestLine(
                request=request,
                entitlement=entitlement,
                state=RequestLine.State.APPROVED,
                duration_days=90,
                decided_at=now,
                decided_by=cast.cat,
            )
            for request in requests
            for entitlement in entitlements
        ],
        batch_size=2000,
    )
    Grant.objects.bulk_create(
        [
            Grant(
                agent_id=line.request.agent_id,
                entitlement=line.entitlement,
                request_line=line,
                expires_at=now + timedelta(days=90),
            )
            for line in lines
        ],
        batch_size=2000,
    )
    return made


def settle(database: TestDatabase) -> None:
    """The database knows its new size, as it would after a night."""
    connection.close()
    with psycopg.connect(database.environment["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")
