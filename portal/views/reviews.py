"""/reviews/: the campaigns, and the worksheet in which their items are decided. Saved as made, with or without scripts."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from agents import clock
from agents.audit.errors import IllegalMove
from agents.people.choices import SEES_EVERYTHING, Role
from agents.people.models import User
from agents.registry.models import Agent
from compliance.schedule import overdue
from portal.navigation import counted
from portal.pages import page, signed_in, viewer
from portal.worksheet import Reader, part, progress_of, read
from reviews.actions import campaigns, items
from reviews.models import Cadence, Campaign, Item
from reviews.permissions import why_not_close
from reviews.querysets import REVIEWERS
from reviews.rules import Choice

SOME_LATE, ALL_LATE = 5, 200


@counted("reviews")
def items_waiting(user: User) -> int:
    """Undecided items of open campaigns that this person may decide."""
    return Item.objects.waiting_for(user).count()


@signed_in
@require_safe
def reviews(request: HttpRequest) -> HttpResponse:
    """Open campaigns first, with what is left for this person; agents nobody reviewed in time; then what is over."""
    user = viewer(request)
    seen = Campaign.objects.visible_to(user).with_progress()
    running = list(seen.open().order_by("due_at"))
    mine = dict(Item.objects.waiting_for(user).values_list("campaign").annotate(n=Count("pk")).order_by())
    late = (
        Agent.objects.visible_to(user)
        .filter(overdue(), activated_at__isnull=False)
        .select_related("human_owner")
        .order_by("eligible_until", "name")
    )
    over = seen.exclude(pk__in=[campaign.pk for campaign in running])
    shown = ALL_LATE if request.GET.get("due") == "overdue" else SOME_LATE
    late_count = late.count()
    context = page(
        request,
        _("Reviews"),
        running=[(campaign, mine.get(campaign.pk, 0)) for campaign in running],
        over=over.order_by("-opened_at")[:100],
        cadences=[(cadence, cadence.has_begun) for cadence in Cadence.objects.all()],
        may_see=user.has_role(*REVIEWERS, *SEES_EVERYTHING),
        late=late[:shown],
        late_count=late_count,
        late_url=f"{reverse('reviews')}?due=overdue" if late_count > shown else "",
        now=clock.now(),
    )
    return render(request, "reviews/list.html", context)


@signed_in
@require_safe
def review(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The worksheet: agents by name, each with its accesses; `show` is open or all, `after` where a part begins."""
    user = viewer(request)
    campaign = get_object_or_404(Campaign.objects.visible_to(user), uid=uid)
    show = request.GET.get("show", "open" if campaign.is_open else "all")
    if show not in {"open", "all"}:
        raise BadRequest("show is open or all")
    reader = Reader(user)
    after = _anchor(campaign, request.GET.get("after", ""))
    found = part(campaign, reader, only_open=show == "open", after=after)
    context = {"campaign": campaign, "part": found, "show": show, "reader": reader}
    if request.headers.get("HX-Request"):
        return render(request, "reviews/_groups.html", context)
    undecided = Item.objects.filter(campaign=campaign).undecided().count()
    may_close = user.has_role(Role.SECURITY_ADMINISTRATOR) and campaign.is_open
    context = page(
        request,
        campaign.name,
        breadcrumbs=[(_("Reviews"), reverse("reviews"))],
        **context,
        progress=progress_of(campaign, user),
        is_part=after is not None,
        may_close=may_close,
        why_not_close=why_not_close(user, campaign, undecided) if may_close else None,
    )
    return render(request, "reviews/worksheet.html", context)


@signed_in
@require_POST
def review_item(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One item is decided: choice, reason, and the version this person saw."""
    user = viewer(request)
    item = _item(user, uid)
    choice = request.POST.get("choice", "")
    return _answer(
        request,
        item,
        lambda: items.decide(item, choice, by=user, reason=request.POST.get("reason", ""), version=_version(request)),
    )


@signed_in
@require_POST
def review_undo(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The decision is taken back; an access that it stopped works again."""
    user = viewer(request)
    item = _item(user, uid)
    return _answer(request, item, lambda: items.take_back(item, by=user, version=_version(request)))


@signed_in
@require_POST
def review_close(request: HttpRequest, uid: UUID) -> HttpResponse:
    user = viewer(request)
    campaign = campaigns.close(get_object_or_404(Campaign.objects.visible_to(user), uid=uid), by=user)
    messages.success(request, _("%(name)s is closed. Its decisions stay as they are.") % {"name": campaign.name})
    return redirect("review", uid=campaign.uid)


def _answer(request: HttpRequest, item: Item, act: Callable[[], Item]) -> HttpResponse:
    """For htmx the row as it is now, with the progress; for others the worksheet again. The slower of two gets 409 in both."""
    user, refused = viewer(request), ""
    show = "all" if request.POST.get("show") == "all" else "open"
    try:
        item = act()
    except IllegalMove as refusal:
        if not request.headers.get("HX-Request"):
            raise
        refused = refusal.sentence
    if request.headers.get("HX-Request"):
        row = Reader(user).row(read(Item.objects.all()).get(pk=item.pk), refused)
        context = {"row": row, "show": show, "progress": progress_of(row.item.campaign, user), "said": refused or saved(row.item)}
        return render(request, "reviews/_saved.html", context, status=409 if refused else 200)
    messages.success(request, saved(item))
    return redirect(f"{reverse('review', args=[item.campaign.uid])}?show={show}#item-{item.uid}")


def saved(item: Item) -> str:
    """What was done, in a sentence."""
    match item.state, item.choice:
        case Item.State.EXECUTING, _choice:
            said = _("Saved: %(what)s is denied from now on. You can undo it for ten minutes.")
        case Item.State.DONE, _choice:
            said = _("Saved: %(what)s is over.")
        case Item.State.UNDECIDED, _choice:
            said = _("Taken back: %(what)s is undecided again.")
        case _state, Choice.KEEP:
            said = _("Saved: %(what)s is kept.")
        case _:
            said = _("Saved: %(what)s needs a change.")
    return said % {"what": item}


def _item(user: User, uid: UUID) -> Item:
    return get_object_or_404(Item.objects.visible_to(user), uid=uid)


def _anchor(campaign: Campaign, uid: str) -> Item | None:
    """The item of the last agent of the part before; nonsense begins at the top."""
    try:
        return Item.objects.filter(campaign=campaign, kind=Item.Kind.AGENT).select_related("agent").get(uid=UUID(uid))
    except (ValueError, Item.DoesNotExist):
        return None


def _version(request: HttpRequest) -> int:
    try:
        return int(request.POST["version"])
    except (KeyError, ValueError) as missing:
        raise BadRequest("version is missing") from missing


urlpatterns = [
    path("", reviews, name="reviews"),
    path("<uuid:uid>/", review, name="review"),
    path("<uuid:uid>/close/", review_close, name="review_close"),
    path("items/<uuid:uid>/", review_item, name="review_item"),
    path("items/<uuid:uid>/undo/", review_undo, name="review_undo"),
]
