"""Deliberate, time-bound looks at one agent."""

from datetime import datetime

from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from agents import clock
from agents.audit.errors import NotAllowed
from agents.audit.events import Event
from agents.audit.moves import locked
from agents.audit.trail import record
from agents.people.choices import Role
from agents.people.models import User
from agents.registry.models import Agent, AgentShare


def why_not_share(user: User, agent: Agent) -> str | None:
    if (user.is_present and user.pk == agent.human_owner_id) or user.has_role(Role.SECURITY_ADMINISTRATOR):
        return None
    return _("Only its human owner or a security administrator can share %(agent)s.") % {"agent": agent}


@transaction.atomic
def give(agent: Agent, *, to: User, until: datetime, by: User, reason: str = "") -> AgentShare:
    """That person may look at the agent until then. A second share replaces the first's end.

    Raises NotAllowed, ValidationError. Writes share.given.
    """
    agent = locked(Agent, agent.pk)
    if why_not := why_not_share(by, agent):
        raise NotAllowed(why_not)
    if until <= clock.now():
        raise ValidationError({"until": _("Choose an end in the future.")})
    view = Permission.objects.get(content_type__app_label="registry", codename="view_agent")
    share: AgentShare = AgentShare.objects.update_or_create(
        content_object=agent, user=to, permission=view, defaults={"starts_at": clock.now(), "ends_at": until}
    )[0]
    record(Event.SHARE_GIVEN, share, by=by, reason=reason, after={"person": to, "until": until})
    return share


@transaction.atomic
def end(share: AgentShare, *, by: User, reason: str = "") -> AgentShare:
    """The share is over now. Raises NotAllowed. Writes share.ended."""
    share = locked(AgentShare, share.pk)
    if why_not := why_not_share(by, share.content_object):
        raise NotAllowed(why_not)
    share.ends_at = clock.now()
    share.save(update_fields=["ends_at"])
    record(Event.SHARE_ENDED, share, by=by, reason=reason, after={"person": share.user})
    return share
