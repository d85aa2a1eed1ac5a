"""Mail to people whose turn it is, or who wait for an answer. Hung on events; news of one's own doing is not sent.

A reaction may run twice, so each mail has the same Message-ID both times: mail programs show one. What is over or old
by the time it would be sent is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.utils.translation import gettext as _

from agents import clock
from agents.access.models import AccessRequest, RequestLine
from agents.audit.events import Event
from agents.audit.models import Alarm, TrailEvent
from agents.audit.reactions import on
from agents.people.choices import Role
from agents.people.models import User
from agents.registry.models import Agent
from portal.mail import Notice, link, send

NEWS = timedelta(days=2)  # older than this it is history, told by the pages


@on(Event.AGENT_SUBMITTED)
def ask_the_owner(event: TrailEvent) -> None:
    agent = Agent.objects.select_related("human_owner__deputy", "registered_by").filter(uid=event.target_key).first()
    if agent is None or agent.human_owner is None or agent.state != Agent.State.PENDING_OWNER:
        return
    notice = Notice(
        subject=_("Will you own %(agent)s?") % {"agent": agent},
        lead=_("%(name)s names you as human owner of %(agent)s. You would answer for what it does.")
        % {"name": agent.registered_by, "agent": agent},
        facts=[
            (_("Purpose"), agent.purpose),
            (_("Risk"), f"{agent.get_risk_tier_display()}: {'; '.join(agent.tier_reasons)}"),
        ],
        after=_("Accepting approves no access. Until you accept, the agent stays switched off."),
        button=_("Read and decide"),
        url=link("inbox_agent", agent.uid),
        because=_("You are named as its owner."),
    )
    _tell(event, _acting(agent.human_owner), notice)


@on(Event.REQUEST_SUBMITTED)
def ask_the_approvers(event: TrailEvent) -> None:
    """One mail for each person who decides, with a link to each of their lines."""
    request = _request(event)
    if request is None or request.state != AccessRequest.State.PENDING or request.expires_at is None:
        return
    turns: dict[User, list[RequestLine]] = {}
    waiting = request.lines.filter(state=RequestLine.State.PENDING).select_related("entitlement__system")
    for line in waiting.prefetch_related("stages__approver__deputy"):
        for stage in line.stages.all():
            if stage.approver is not None:
                turns.setdefault(stage.approver, []).append(line)
    for approver, lines in turns.items():
        notice = Notice(
            subject=_("%(agent)s asks for access to %(system)s")
            % {"agent": request.agent, "system": lines[0].entitlement.system},
            lead=_("%(name)s asks for this, and you decide.") % {"name": request.requested_by},
            facts=[
                (_("Agent"), f"{request.agent}, {request.agent.get_environment_display()}"),
                (_("Risk"), f"{request.agent.get_risk_tier_display()}: {'; '.join(request.agent.tier_reasons)}"),
                (_("Why"), request.purpose),
            ],
            items=[(f"{line.entitlement.sentence} ({line.entitlement})", link("inbox_line", line.uid)) for line in lines],
            after=_("If you do nothing it expires on {until} and nothing is granted."),
            until=request.expires_at,
            button=_("Read and decide"),
            url=link("inbox_line", lines[0].uid),
            because=_("You decide about this system's access."),
        )
        _tell(event, _acting(approver), notice)


@on(Event.REQUEST_DECIDED, Event.REQUEST_EXPIRED)
def answer_the_requester(event: TrailEvent) -> None:
    request = _request(event)
    if request is None:
        return
    lines = list(request.lines.select_related("entitlement__system", "decided_by"))
    approved = sum(line.state == RequestLine.State.APPROVED for line in lines)
    if event.event == Event.REQUEST_EXPIRED:
        lead = _("Nobody decided in time, so your request ran out. What was not approved is not granted.")
    elif request.is_registration and approved:
        lead = _("%(agent)s is active: %(n)s of %(all)s accesses were approved.")
    else:
        lead = _("%(n)s of %(all)s accesses for %(agent)s were approved.")
    notice = Notice(
        subject=_("Your request for %(agent)s: %(n)s of %(all)s approved")
        % {"agent": request.agent, "n": approved, "all": len(lines)},
        lead=lead % {"agent": request.agent, "n": approved, "all": len(lines)},
        items=[(_outcome(line), "") for line in lines],
        button=_("See the request"),
        url=link("request", request.uid),
        because=_("You asked for it."),
    )
    _tell(event, [request.requested_by], notice)


@on(Event.OWNERSHIP_REFUSED)
def tell_of_refusal(event: TrailEvent) -> None:
    agent = Agent.objects.select_related("registered_by").filter(uid=event.target_key).first()
    if agent is None or agent.registered_by is None:
        return
    notice = Notice(
        subject=_("%(name)s will not own %(agent)s") % {"name": event.actor_label, "agent": agent},
        lead=_("Your registration is a draft again. Mend it or name another owner, then submit it once more."),
        facts=[(_("Reason"), event.reason)],
        button=_("Open the draft"),
        url=link("agent_draft", agent.uid),
        because=_("You registered it."),
    )
    _tell(event, [agent.registered_by], notice)


@on(Event.AGENT_ACTIVATED)
def tell_of_activation(event: TrailEvent) -> None:
    """Its owners hear it, and whoever registered it unless the answer to their request says so already."""
    agent = Agent.objects.select_related("human_owner", "technical_owner", "registered_by").filter(uid=event.target_key).first()
    if agent is None or agent.state != Agent.State.ACTIVE or agent.eligible_until is None:
        return
    answered = AccessRequest.objects.filter(agent=agent, is_registration=True, state=AccessRequest.State.DECIDED)
    told = set(answered.values_list("requested_by", flat=True))
    people = {person for person in (agent.human_owner, agent.technical_owner, agent.registered_by) if person}
    notice = Notice(
        subject=_("%(agent)s is active") % {"agent": agent},
        lead=_("%(agent)s may use what was approved from now on.") % {"agent": agent},
        after=_("It stays eligible until {until}, unless a review extends that."),
        until=agent.eligible_until,
        button=_("See the agent"),
        url=link("agent", agent.slug),
        because=_("You own, run or registered it."),
    )
    _tell(event, [person for person in people if person.pk not in told], notice)


@on(Event.ALARM_RAISED)
def tell_of_alarm(event: TrailEvent) -> None:
    """Once an alarm, to those who can do something; what is well again by then is left out."""
    alarm = Alarm.objects.filter(pk=event.target_key, cleared_at__isnull=True).first()
    if alarm is None:
        return
    notice = Notice(
        subject=_("Mandate needs you: %(what)s") % {"what": event.target_label},
        lead=str(event.after.get("sentence", "")),
        facts=[(_("What to do"), str(event.after.get("detail", "")))],
        after=_("You hear of it once. When it is well again, the page and the trail say so."),
        button=_("See how Mandate is doing"),
        url=link("health"),
        because=_("You administer this portal or its security."),
    )
    _tell(event, User.objects.holding(Role.SECURITY_ADMINISTRATOR, Role.ADMINISTRATOR), notice)


def _request(event: TrailEvent) -> AccessRequest | None:
    return AccessRequest.objects.select_related("agent", "requested_by").filter(uid=event.target_key).first()


def _acting(person: User) -> list[User]:
    """The person, and their deputy while they are away."""
    return [person, person.deputy] if person.is_absent and person.deputy else [person]


def _outcome(line: RequestLine) -> str:
    decided = f"{line.get_state_display()}: {line.entitlement}"
    return f"{decided} ({line.decided_by}: {line.decision_reason})" if line.decision_reason else decided


def _tell(event: TrailEvent, people: Iterable[User], notice: Notice) -> None:
    """Sent to those who still work here and did not do it themselves, while it is news."""
    if event.at < clock.now() - NEWS:
        return
    send(event, [person for person in people if person.is_present and person.actor_key != event.actor_key], notice)
