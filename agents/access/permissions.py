"""May this person decide, stop, restore? Asked on the human, when deciding."""

from django.utils.translation import gettext as _

from agents import clock
from agents.access.models import AccessRequest, Grant, RequestLine
from agents.people.choices import Role
from agents.people.models import User


def why_not_decide(user: User, line: RequestLine) -> str | None:
    """Who may not; whether it is still open is asked by the action, so that the faster one's name can be told."""
    if line.request.requested_by_id == user.pk:
        return _("You asked for this, so somebody else has to decide.")
    if not user.is_present:
        return _("You have left the organisation.")
    stage = next(iter(line.stages.all()), None)
    if stage is None or stage.approver is None:
        return (stage.routed_because if stage else "") or _("Nobody is configured to approve this.")
    approver = stage.approver
    if approver.pk == user.pk:
        return None
    if approver.is_absent and approver.deputy_id == user.pk:
        return None
    return _("%(name)s decides this: %(because)s.") % {"name": approver.name, "because": stage.routed_because}


def why_not_cancel(user: User, request: AccessRequest) -> str | None:
    if request.requested_by_id != user.pk:
        return _("Only %(name)s can withdraw this request.") % {"name": request.requested_by.name}
    return None


def why_not_end(user: User, grant: Grant) -> str | None:
    """Narrowing is for everybody with responsibility for the agent or the system; reviewers end through a review."""
    if not user.is_present:
        return _("You have left the organisation.")
    agent = grant.agent
    if user.pk in (agent.human_owner_id, agent.technical_owner_id, grant.entitlement.system.owner_id):
        return None
    if user.has_role(Role.SECURITY_ADMINISTRATOR):
        return None
    return _("Only the agent's owners, the system's owner or a security administrator can end this access.")


def why_not_restore(user: User, grant: Grant) -> str | None:
    """Within the undo window, by who stopped it."""
    if grant.state != Grant.State.HELD or grant.revoke_due_at is None:
        return _("This access is not stopped.")
    if grant.revoke_due_at <= clock.now():
        return _("The time to undo this is over. Ask for the access again.")
    if grant.held_by_id != user.pk:
        return _("Only %(name)s, who stopped it, can undo this.") % {"name": grant.held_by}
    return None
