"""What the cloud accounts and gateways told: identities nobody registered, and when an access was last used."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from agents import clock
from agents.access.actions import grants
from agents.access.models import Grant
from agents.people.models import LegalEntity
from agents.registry.actions.discovery import Found, register_discovered
from agents.registry.models import Entitlement
from portal.demo.organisation import DEMO
from portal.demo.shapes import Account, Cast, Discovered

GATEWAY = "gateway:meridian"
BUSIEST, QUIETEST = timedelta(minutes=4), timedelta(hours=43)


def take_in(account: Account, found: Discovered, permissions: Mapping[str, Entitlement], *, begun_at: datetime) -> None:
    """The identity and what it can reach are known, and approved by nobody; scanned again it is only brought up to date.

    begun_at: the end of the story, from which `days_unused` counts.
    """
    held = [permissions[name] for name in found.holds]
    last = None if found.days_unused is None else begun_at - timedelta(days=found.days_unused)
    used = None if last is None else min(last, clock.now() - BUSIEST)
    source = f"aws:{account.number}"
    agent, _outcome = register_discovered(
        Found(
            source=source,
            native_id=f"arn:aws:iam::{account.number}:role/{found.name}",
            name=found.name,
            kind=found.kind,
            environment=found.environment,
            platform=found.platform,
            purpose=found.purpose,
            region=account.region,
            last_used_at=used,
        ),
        by=DEMO,
        systems=sorted({permission.system for permission in held}, key=str),
        verbs=[permission.verb_class for permission in held],
        reached=sorted({data_class for permission in held for data_class in permission.system.data_classes}),
        legal_entity=LegalEntity.objects.get(name=account.entity),
    )
    for permission in held:
        grants.record_discovered(agent, permission, by=DEMO, source=source, last_used_at=used)


def notice_use(everybody: Iterable[Cast]) -> None:
    """Each approved access was used lately, except those that never are."""
    unused = {cast.name: cast.unused for cast in everybody}
    for grant in Grant.objects.effective().select_related("agent", "entitlement"):
        if grant.entitlement.name not in unused[grant.agent.name]:
            ago = BUSIEST + (QUIETEST - BUSIEST) * (grant.pk * 7 % 19) / 19
            grants.record_discovered(
                grant.agent, grant.entitlement, by=DEMO, source=GATEWAY, last_used_at=max(clock.now() - ago, grant.not_before)
            )
