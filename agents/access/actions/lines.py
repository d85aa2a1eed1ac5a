"""A line is approved, perhaps shortened, or refused; the request is decided with its last line."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agents import clock
from agents.access import permissions
from agents.access.actions import grants
from agents.access.models import AccessRequest, ApprovalStage, RequestLine
from agents.audit.errors import IllegalMove, NotAllowed
from agents.audit.events import Event
from agents.audit.moves import locked, move
from agents.people.models import User
from agents.registry.actions import agents
from agents.registry.actions.agents import said
from agents.registry.models import Agent


@transaction.atomic
def approve(line: RequestLine, *, by: User, reason: str = "", days: int | None = None) -> RequestLine:
    """The agent holds the permission from now on, for `days` (at most what was asked for).

    Raises NotAllowed, IllegalMove (with the name of who was faster), ValidationError.
    Writes line.approved and grant.started; with the last line request.decided and agent.activated.
    """
    request, line = _ask(line, by)
    days = line.duration_days if days is None else days
    if not 1 <= days <= line.duration_days:
        raise ValidationError(
            {"days": _("Choose between 1 and %(most)s days; longer needs a new request.") % {"most": line.duration_days}}
        )
    line = move(
        line,
        RequestLine.State.APPROVED,
        by=by,
        event=Event.LINE_APPROVED,
        reason=reason.strip()[:500],
        told={"days": days},
        decided_at=clock.now(),
        decided_by=by,
        decision_reason=reason.strip()[:500],
    )
    _close_stage(line, ApprovalStage.State.APPROVED, by, reason)
    grants.begin(line, by=by, days=days)
    _conclude(request, by)
    return line


@transaction.atomic
def deny(line: RequestLine, *, by: User, reason: str) -> RequestLine:
    """The permission is not given; the requester reads why.

    reason: 1–500 characters. Raises NotAllowed, IllegalMove, ValidationError. Writes line.denied.
    """
    request, line = _ask(line, by)
    line = move(
        line,
        RequestLine.State.DENIED,
        by=by,
        event=Event.LINE_DENIED,
        reason=said(reason),
        decided_at=clock.now(),
        decided_by=by,
        decision_reason=said(reason),
    )
    _close_stage(line, ApprovalStage.State.DENIED, by, reason)
    _conclude(request, by)
    return line


def _ask(line: RequestLine, by: User) -> tuple[AccessRequest, RequestLine]:
    """Both rows locked, request first, so that two deciders of one request wait for each other in order."""
    request = locked(AccessRequest, line.request_id)
    line = locked(RequestLine, line.pk)
    if why_not := permissions.why_not_decide(by, line):
        raise NotAllowed(why_not)
    if line.state != RequestLine.State.PENDING:
        raise IllegalMove(
            _("%(name)s was faster: this was %(state)s at %(time)s.")
            % {
                "name": line.decided_by,
                "state": line.get_state_display(),
                "time": f"{timezone.localtime(line.decided_at):%H:%M}" if line.decided_at else "",
            }
        )
    if request.expires_at is not None and request.expires_at <= clock.now():
        raise IllegalMove(_("This request ran out on %(date)s; nothing was granted.") % {"date": f"{request.expires_at:%d %b}"})
    if request.state != AccessRequest.State.PENDING:
        raise IllegalMove(_("This request is %(state)s.") % {"state": request.get_state_display()})
    return request, line


def _close_stage(line: RequestLine, to: ApprovalStage.State, by: User, reason: str) -> None:
    # The stage's history is the line's: one event tells both.
    ApprovalStage.objects.filter(line=line, state=ApprovalStage.State.WAITING).update(
        state=to.value, decided_at=clock.now(), decided_by=by, reason=reason.strip()[:500]
    )


def _conclude(request: AccessRequest, by: User) -> None:
    """With its last line the request is decided; a registration then activates its agent, or goes back."""
    if request.lines.filter(state=RequestLine.State.PENDING).exists():
        return
    approved = request.lines.filter(state=RequestLine.State.APPROVED).count()
    move(
        request,
        AccessRequest.State.DECIDED,
        by=by,
        event=Event.REQUEST_DECIDED,
        told={"approved": approved, "lines": request.lines.count()},
        decided_at=clock.now(),
    )
    agent = request.agent
    if not request.is_registration or agent.state != Agent.State.PENDING_APPROVAL:
        return
    if approved:
        agents.activate(agent, by=by)
    else:
        agents.return_to_draft(agent, by=by, reason=_("No access was approved. Change what is asked for and submit again."))
