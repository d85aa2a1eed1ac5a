"""May this person decide, close, take back? Asked on the human, when deciding."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from agents.people.choices import Role
from agents.people.models import User
from reviews.models import Campaign, Item
from reviews.querysets import REVIEWERS


def why_not_review(user: User) -> str | None:
    """Who decides review items at all."""
    if not user.is_present:
        return _("You have left the organisation.")
    if user.has_role(*REVIEWERS):
        return None
    return _("Reviewers and security administrators decide; you can read.")


def why_not_decide(user: User, item: Item) -> str | None:
    """Nobody reviews what they own, asked for or approved. Whether it is still open is asked by the action."""
    return why_not_review(user) or own_part(user, item)


def own_part(user: User, item: Item) -> str | None:
    """What this person has to do with the item, so that somebody else has to decide."""
    agent = item.agent
    if user.pk == agent.human_owner_id:
        return _("You own this agent, so somebody else has to review it.")
    if user.pk == agent.technical_owner_id:
        return _("You run this agent, so somebody else has to review it.")
    if item.kind == Item.Kind.AGENT:
        return _("You registered this agent, so somebody else has to review it.") if user.pk == agent.registered_by_id else None
    line = item.grant.request_line if item.grant else None
    if line is not None and user.pk == line.request.requested_by_id:
        return _("You asked for this access, so somebody else has to review it.")
    if line is not None and user.pk == line.decided_by_id:
        return _("You approved this access, so somebody else has to review it.")
    return None


def is_for_nobody(item: Item, reviewers: Collection[User]) -> bool:
    """True when every reviewer has a part in it, so that the item stays open until somebody else becomes reviewer."""
    return all(own_part(reviewer, item) for reviewer in reviewers)


def why_not_close(user: User, campaign: Campaign, undecided: int) -> str | None:
    if not user.has_role(Role.SECURITY_ADMINISTRATOR):
        return _("It closes by itself when it is due; before that a security administrator can close it.")
    if undecided:
        return _("%(n)s items are undecided. It closes by itself when it is due.") % {"n": undecided}
    return None


def why_not_cancel(user: User, campaign: Campaign) -> str | None:
    if user.has_role(Role.SECURITY_ADMINISTRATOR):
        return None
    return _("Only a security administrator can cancel a review.")
