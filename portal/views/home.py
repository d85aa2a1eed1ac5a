"""/: what needs this person, and the five questions for what they may see."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from agents import clock
from agents.people.actions.organisations import is_first_start
from agents.people.models import LegalEntity, User
from agents.registry.choices import TIER_ORDER
from agents.registry.models import Agent
from compliance.questions import Fact, Where, five
from portal.pages import page, viewer
from portal.waiting import everything_for
from reviews.models import Campaign

SHOWN = 6  # needs on the first screen; the rest is behind a link
NUMBERS = tuple(map(gettext_lazy, ("Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")))


@dataclass(frozen=True)
class LinkedFact:
    fact: Fact
    url: str


@dataclass(frozen=True)
class Bar:
    """One tier: how many agents, how long its bar is (percent of the longest), and the list behind it."""

    tier: str
    count: int
    percent: int
    url: str


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        is_new = not settings.MANDATE_DEMO and is_first_start()
        return redirect("start") if is_new else redirect_to_login(request.get_full_path())
    user = viewer(request)
    visible = Agent.objects.visible_to(user).in_service()
    entities = list(LegalEntity.objects.filter(agents__in=visible).distinct())
    entity = next((one for one in entities if one.slug == request.GET.get("entity")), None)
    agents = visible.filter(legal_entity=entity) if entity else visible
    needs = everything_for(user)
    answers = five(agents) if entities or visible.exists() else None
    context = page(
        request,
        _greeting(user, localtime(clock.now()).hour),
        needs=needs[:SHOWN],
        need_count=len(needs),
        need_words=need_words(len(needs)),
        entities=entities if len(entities) > 1 else [],
        entity=entity,
        answers=[(answer, [LinkedFact(fact, _url(fact.where, entity)) for fact in answer.facts]) for answer in answers or ()],
        campaigns=list(Campaign.objects.visible_to(user).open().with_progress().order_by("due_at")[:4]),
        bars=_bars(agents, entity) if answers else [],
    )
    return render(request, "home/home.html", context)


def need_words(count: int) -> str:
    """ "Three things need you." """
    if count == 0:
        return _("Nothing needs you.")
    if 2 <= count <= len(NUMBERS) + 1:
        return _("%(number)s things need you.") % {"number": NUMBERS[count - 2]}
    return ngettext("One thing needs you.", "%(n)d things need you.", count) % {"n": count}


def _greeting(user: User, hour: int) -> str:
    """By the reader's own clock."""
    name = {"name": user.get_short_name()}
    if 5 <= hour < 12:
        return _("Good morning, %(name)s") % name
    if 12 <= hour < 18:
        return _("Good afternoon, %(name)s") % name
    return _("Good evening, %(name)s") % name


def _url(where: Where | None, entity: LegalEntity | None) -> str:
    """The list that explains a number, narrowed to the legal entity that is looked at."""
    if where is None:
        return ""
    narrowed = Where(where.page, (*where.filters, ("entity", entity.slug))) if entity else where
    return f"{reverse(narrowed.page)}?{narrowed.query}" if narrowed.query else reverse(narrowed.page)


def _bars(agents: QuerySet[Agent], entity: LegalEntity | None) -> list[Bar]:
    counted = dict(agents.order_by().values_list("risk_tier").annotate(n=Count("pk")))
    longest = max(counted.values(), default=0) or 1
    return [
        Bar(
            tier.value,
            counted.get(tier.value, 0),
            counted.get(tier.value, 0) * 100 // longest,
            _url(Where("agents", (("tier", tier.value),)), entity),
        )
        for tier in reversed(TIER_ORDER)
    ]


urlpatterns = [path("", home, name="home")]
