"""May this person? The sentence is the one on the disabled button, in the 403 and in the test."""

from django.utils.translation import gettext as _

from agents.people.choices import Role
from agents.people.models import User
from agents.registry.models import Agent, System


def why_not_register(user: User) -> str | None:
    if not user.is_present:
        return _("You have left the organisation.")
    return None


def why_not_edit(user: User, agent: Agent) -> str | None:
    if agent.state != Agent.State.DRAFT:
        return _("%(agent)s is no longer a draft.") % {"agent": agent}
    if agent.registered_by_id != user.pk:
        return _("Only %(person)s, who began this draft, can change it.") % {"person": agent.registered_by}
    return None


def why_not_accept(user: User, agent: Agent) -> str | None:
    """Ownership is accepted by the proposed owner, or by their deputy while they are away."""
    if agent.state != Agent.State.PENDING_OWNER:
        return _("%(agent)s is not waiting for an owner.") % {"agent": agent}
    owner = agent.human_owner
    if owner is None:
        return _("Nobody is named as owner.")
    if not user.is_present:
        return _("You have left the organisation.")
    if user.pk == owner.pk:
        return None
    if owner.is_absent and owner.deputy_id == user.pk:
        return None
    return _("Only %(owner)s can accept: they are named as owner.") % {"owner": owner.name}


def why_not_suspend(user: User, agent: Agent) -> str | None:
    if agent.state != Agent.State.ACTIVE:
        return _("%(agent)s is not active.") % {"agent": agent}
    if user.is_present and user.pk in (agent.human_owner_id, agent.technical_owner_id):
        return None
    if user.has_role(Role.SECURITY_ADMINISTRATOR):
        return None
    return _("Only its owners or a security administrator can suspend %(agent)s.") % {"agent": agent}


def why_not_resume(user: User, agent: Agent) -> str | None:
    if agent.state != Agent.State.SUSPENDED:
        return _("%(agent)s is not suspended.") % {"agent": agent}
    if user.is_present and user.pk == agent.human_owner_id:
        return None
    if user.has_role(Role.SECURITY_ADMINISTRATOR):
        return None
    return _("Only its human owner or a security administrator can resume %(agent)s.") % {"agent": agent}


def why_not_retire(user: User, agent: Agent) -> str | None:
    if agent.state == Agent.State.RETIRED:
        return _("%(agent)s is retired already.") % {"agent": agent}
    if agent.state == Agent.State.DRAFT:
        return why_not_edit(user, agent)
    if user.is_present and user.pk == agent.human_owner_id:
        return None
    if user.has_role(Role.SECURITY_ADMINISTRATOR):
        return None
    return _("Only its human owner or a security administrator can retire %(agent)s.") % {"agent": agent}


def why_not_describe(user: User, system: System) -> str | None:
    if user.is_present and (system.owner_id == user.pk or user.has_role(Role.SECURITY_ADMINISTRATOR)):
        return None
    return _("Only the owner of %(system)s describes its permissions.") % {"system": system}
