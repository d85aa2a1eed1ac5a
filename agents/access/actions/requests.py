"""Requests end without a decision: withdrawn by who asked, or by time."""

from django.db import transaction
from django.utils.translation import gettext as _

from agents import clock
from agents.access import permissions
from agents.access.actions.grants import SCHEDULER
from agents.access.models import AccessRequest, RequestLine
from agents.audit.actors import Actor
from agents.audit.errors import IllegalMove, NotAllowed
from agents.audit.events import Event
from agents.audit.moves import locked, move
from agents.people.models import User
from agents.registry.actions import agents
from agents.registry.models import Agent


@transaction.atomic
def cancel(request: AccessRequest, *, by: User, reason: str = "") -> AccessRequest:
    """Nothing of it that is still open will be granted. Raises NotAllowed, IllegalMove. Writes request.cancelled."""
    request = locked(AccessRequest, request.pk)
    if why_not := permissions.why_not_cancel(by, request):
        raise NotAllowed(why_not)
    if request.state == AccessRequest.State.DRAFT:
        raise IllegalMove(_("This was not submitted yet. Change or discard the draft instead."))
    request = move(request, AccessRequest.State.CANCELLED, by=by, event=Event.REQUEST_CANCELLED, reason=reason)
    _close(request, by=by)
    return request


def expire_overdue(limit: int = 200) -> int:
    """Requests whose time is over say so; deciding them was refused from that moment on already."""
    settled = 0
    overdue = AccessRequest.objects.filter(state__in=("pending", "needs_information"), expires_at__lte=clock.now())
    for request in overdue[:limit]:
        try:
            with transaction.atomic():
                fresh = locked(AccessRequest, request.pk)
                move(fresh, AccessRequest.State.EXPIRED, by=SCHEDULER, event=Event.REQUEST_EXPIRED)
                _close(fresh, by=SCHEDULER)
        except IllegalMove:
            continue
        settled += 1
    return settled


def _close(request: AccessRequest, *, by: Actor) -> None:
    for line in request.lines.filter(state=RequestLine.State.PENDING):
        move(line, RequestLine.State.WITHDRAWN, by=by, event=Event.LINE_WITHDRAWN)
    agent = request.agent
    if request.is_registration and agent.state == Agent.State.PENDING_APPROVAL:
        if request.lines.filter(state=RequestLine.State.APPROVED).exists():
            agents.activate(agent, by=by)
        else:
            agents.return_to_draft(agent, by=by, reason=_("The request ended before anything was approved."))
