"""An item is decided, decided differently, taken back, carried out. Every version is kept."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agents import clock
from agents.access.actions import grants
from agents.access.models import Grant
from agents.audit.actors import System
from agents.audit.errors import IllegalMove, NotAllowed
from agents.audit.events import Event
from agents.audit.moves import locked, move
from agents.people.models import User
from agents.registry.actions import agents
from agents.registry.actions.agents import said
from reviews import permissions
from reviews.models import Campaign, Item, ReviewDecision
from reviews.rules import Choice

SCHEDULER = System("scheduler")


@transaction.atomic
def decide(item: Item, choice: str, *, by: User, reason: str = "", version: int | None = None) -> Item:
    """The decision is stored as its next version and takes effect: ending denies the access from this moment,
    keeping an agent extends its eligibility.

    choice: one of `item.choices`; reason: up to 500 characters, needed unless the choice is keep.
    version: the one this person saw (that of `item` if None). Raises NotAllowed, IllegalMove (with the name of who was faster, or
    because the campaign is over), ValidationError. Writes item.decided, and grant.held, grant.restored or agent.lease_extended.
    """
    campaign, item = _ask(item, by, item.version if version is None else version)
    if choice not in item.choices:
        raise ValidationError(
            {"choice": _("Choose %(choices)s.") % {"choices": _(" or ").join(str(c.label) for c in item.choices)}}
        )
    reason = reason.strip()[:500] if choice == Choice.KEEP and len(reason) <= 500 else said(reason)
    if choice == Choice.END:
        return _end(item, by, reason)
    if item.kind == Item.Kind.GRANT:
        _let_work(item, by, reason)
    item = _decided(item, Item.State.DECIDED, Choice(choice), by, reason)
    if item.kind == Item.Kind.AGENT and choice == Choice.KEEP:
        agents.extend_lease(item.agent, by=by, reason=_("Kept in the review %(name)s.") % {"name": campaign.name})
    return item


@transaction.atomic
def take_back(item: Item, *, by: User, version: int | None = None) -> Item:
    """The item is undecided again; an access that was stopped by it works again.

    Raises NotAllowed (also when the time to undo is over), IllegalMove. Writes item.decided, and grant.restored.
    """
    _campaign, item = _ask(item, by, item.version if version is None else version)
    if item.state == Item.State.UNDECIDED:
        raise IllegalMove(_("Nothing is decided here."))
    if item.kind == Item.Kind.AGENT and item.choice == Choice.KEEP:
        raise IllegalMove(_("Its eligibility has been extended. Choose “change needed” if keeping it was wrong."))
    if item.state == Item.State.EXECUTING and item.grant is not None:
        grants.restore(item.grant, by=by, reason=_("The review decision was taken back."))
    return _reopened(item, by, "")


def finish_executions(limit: int = 500) -> int:
    """Items whose access is over are carried out; items whose access works again are open again. How many changed."""
    settled = 0
    ready = Item.objects.carried_out().values_list("pk", flat=True)[:limit]
    undone = Item.objects.undone_elsewhere().values_list("pk", flat=True)[:limit]
    for pk in [*ready, *undone]:
        with transaction.atomic():
            item = locked(Item, pk)
            if item.state == Item.State.EXECUTING and item.grant is not None:
                settled += _settle(item, item.grant)
    return settled


def _settle(item: Item, grant: Grant) -> int:
    if grant.state in (Grant.State.REVOKED, Grant.State.EXPIRED):
        _carried_out(item, grant)
        return 1
    if grant.state != Grant.State.HELD and item.decided_by is not None:
        # Only who stopped an access can restore it, and that is who decided.
        _reopened(item, item.decided_by, _("The access was restored on its own page."))
        return 1
    return 0


def _ask(item: Item, by: User, version: int) -> tuple[Campaign, Item]:
    """Campaign and item under lock, in this order, so that closing and deciding wait for each other."""
    campaign = locked(Campaign, item.campaign_id)
    item = locked(Item, item.pk)
    if why_not := permissions.why_not_decide(by, item):
        raise NotAllowed(why_not)
    if not campaign.is_open:
        raise IllegalMove(_("The review %(name)s is over, so its decisions stay as they are.") % {"name": campaign.name})
    if item.version != version:
        raise IllegalMove(_faster(item))
    if item.state == Item.State.DONE:
        raise IllegalMove(_("This access has ended for good. If it is needed, ask for it again."))
    return campaign, item


def _faster(item: Item) -> str:
    last = item.decisions.select_related("by").order_by("-version").first()
    if last is None:
        return _("This was changed by somebody else a moment ago.")
    return _("%(name)s was faster: “%(choice)s” at %(time)s.") % {
        "name": last.by,
        "choice": last.get_choice_display(),
        "time": f"{timezone.localtime(last.at):%H:%M}",
    }


def _end(item: Item, by: User, reason: str) -> Item:
    """The access is denied now; it ends for good after the undo window, or at once if somebody had stopped it already."""
    if item.state == Item.State.EXECUTING:
        raise IllegalMove(_("This access is being ended already."))
    if item.grant is None:
        raise ValidationError({"choice": _("There is no access to end here.")})
    item = _decided(item, Item.State.EXECUTING, Choice.END, by, reason)
    grant = locked(Grant, item.grant_id)
    if grant.state == Grant.State.HELD:
        grant = grants.end(grant, by=by, reason=reason)
    elif grant.state in (Grant.State.SCHEDULED, Grant.State.ACTIVE):
        grant = grants.stop(grant, by=by, reason=reason)
    if grant.state in (Grant.State.REVOKED, Grant.State.EXPIRED):
        _carried_out(item, grant)
    return item


def _let_work(item: Item, by: User, reason: str) -> None:
    """Keeping an access needs one that works: what this item stopped is restored, what others stopped is not."""
    if item.grant is None:
        return
    grant = locked(Grant, item.grant_id)
    if item.state == Item.State.EXECUTING:
        grants.restore(grant, by=by, reason=reason)
    elif grant.ended_at is not None:
        who = grant.held_by or grant.revoked_by or _("its end date")
        raise IllegalMove(_("This access does not work any more (%(who)s), so there is nothing to keep.") % {"who": who})


def _decided(item: Item, to: Item.State, choice: Choice, by: User, reason: str) -> Item:
    now, version = clock.now(), item.version + 1
    ReviewDecision.objects.create(
        item=item,
        version=version,
        choice=choice,
        reason=reason,
        by=by,
        at=now,
        is_against_recommendation=bool(item.recommended) and choice != item.recommended,
    )
    return move(
        item,
        to,
        by=by,
        event=Event.ITEM_DECIDED,
        reason=reason,
        told={"campaign": item.campaign.name, "recommended": item.recommended},
        choice=choice.value,
        decided_at=now,
        decided_by=by,
        decision_reason=reason,
        version=version,
    )


def _reopened(item: Item, by: User, reason: str) -> Item:
    version = item.version + 1
    ReviewDecision.objects.create(item=item, version=version, choice=Choice.WITHDRAWN, reason=reason, by=by, at=clock.now())
    return move(
        item,
        Item.State.UNDECIDED,
        by=by,
        event=Event.ITEM_DECIDED,
        reason=reason,
        told={"campaign": item.campaign.name, "taken_back": True},
        choice="",
        decision_reason="",
        decided_at=None,
        decided_by=None,
        version=version,
    )


def _carried_out(item: Item, grant: Grant) -> Item:
    return move(
        item,
        Item.State.DONE,
        by=SCHEDULER,
        event=Event.ITEM_EXECUTED,
        told={"campaign": item.campaign.name, "access": grant.state, "ended_at": grant.ended_at},
    )
