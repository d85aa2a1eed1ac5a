"""The five questions, for a whole estate and for one agent: which, who, what, why, when.

The first screen of the portal, the first block of an agent's page and page 1 of every pack read the same answers.
Sentences and numbers only; `where` names the list that explains a number, and portal turns it into a link.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import urlencode

from django.db.models import Count, F, Max, Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agents import clock
from agents.access.models import Grant, RequestLine
from agents.audit.states import Tone
from agents.people.models import User
from agents.registry.choices import AgentKind, DataClass, Environment, Origin
from agents.registry.models import Agent, AgentAlias
from agents.registry.querysets import AgentQuerySet
from compliance.reach import holding_class
from compliance.schedule import Schedule, schedule, schedule_for

RECENTLY = timedelta(days=30)
AT_WORK = ("state", "in_service")  # the answers count these, so their links list these
SOON = timedelta(days=7)

# What people ask about first, in this order: label and the data classes it stands for.
REACH = (
    ("ephi", DataClass.EPHI.label, (DataClass.EPHI,)),
    ("card", gettext_lazy("card data"), (DataClass.PAN, DataClass.SAD)),
    (
        "personal",
        gettext_lazy("personal data"),
        (DataClass.PERSONAL, DataClass.SPECIAL_CATEGORY, DataClass.EMPLOYEE, DataClass.CHILD),
    ),
    ("payments", gettext_lazy("payments"), (DataClass.PAYMENT_INITIATION, DataClass.ACCOUNT_INFORMATION)),
)


@dataclass(frozen=True)
class Where:
    """The list behind a number. page: a URL name of portal; filters: what narrows the list."""

    page: str
    filters: tuple[tuple[str, str], ...] = ()

    @property
    def query(self) -> str:
        """As the part of an address after "?", or empty."""
        return urlencode(self.filters)


@dataclass(frozen=True)
class Fact:
    """A number in a sentence. tone "bad" or "warn": somebody should look, and `where` says at which list."""

    text: str
    count: int = 0
    tone: Tone = "off"
    where: Where | None = None


@dataclass(frozen=True)
class Answer:
    """The answer to one question: one sentence, the facts behind it, and a share in percent where there is one."""

    key: str
    question: str
    sentence: str
    facts: tuple[Fact, ...] = field(default=())
    percent: int | None = None


@dataclass(frozen=True)
class FiveAnswers:
    """In the order people ask. agents: how many identities this is about."""

    agents: int
    which: Answer
    who: Answer
    what: Answer
    why: Answer
    when: Answer

    def __iter__(self) -> Iterator[Answer]:
        return iter((self.which, self.who, self.what, self.why, self.when))


def five(agents: QuerySet[Agent]) -> FiveAnswers:
    """The answers for these agents as they are now; drafts and retired ones are left out."""
    here = Agent.objects.filter(pk__in=agents.values("pk")).in_service()
    total = here.count()
    grants = Grant.objects.unexpired().filter(agent__in=here.values("pk"))
    return FiveAnswers(
        agents=total,
        which=_which(here, total),
        who=_who(here, total),
        what=_what(here),
        why=_why(grants),
        when=_when(schedule(here), grants),
    )


def five_for(agent: Agent) -> FiveAnswers:
    """The answers for one agent as it is now."""
    grants = Grant.objects.unexpired().filter(agent=agent)
    return FiveAnswers(
        agents=1,
        which=_which_for(agent),
        who=_who_for(agent),
        what=_what_for(agent, grants),
        why=_why_for(agent, grants),
        when=_when_for(agent, schedule_for(agent), grants),
    )


def _which(agents: AgentQuerySet, total: int) -> Answer:
    count = agents.aggregate(
        ai=Count("pk", filter=Q(kind=AgentKind.AI_AGENT)),
        found=Count("pk", filter=Q(origin=Origin.DISCOVERED)),
    )
    lately = clock.now() - RECENTLY
    recently = agents.filter(
        Q(pk__in=AgentAlias.objects.filter(last_used_at__gte=lately).values("agent"))
        | Q(pk__in=Grant.objects.filter(last_used_at__gte=lately).values("agent"))
    ).count()
    sentence = ngettext("%(n)s identity, %(ai)s of them AI agents.", "%(n)s identities, %(ai)s of them AI agents.", total) % {
        "n": total,
        "ai": count["ai"],
    }
    facts = (
        Fact(
            ngettext("%(n)s was used at its source in 30 days", "%(n)s were used at their source in 30 days", recently)
            % {"n": recently},
            recently,
        ),
        Fact(
            ngettext("%(n)s was discovered, not registered", "%(n)s were discovered, not registered", count["found"])
            % {"n": count["found"]},
            count["found"],
            "warn" if count["found"] else "off",
            Where(
                "agents",
                (
                    AT_WORK,
                    ("origin", Origin.DISCOVERED.value),
                ),
            ),
        ),
        Fact(_("What they do, action by action, is not collected yet.")),
    )
    return Answer("which", _("Which agent did it?"), sentence, facts)


def _who(agents: AgentQuerySet, total: int) -> Answer:
    ownerless = agents.without_accountable_owner().count()
    owned = total - ownerless
    sentence = _("%(owned)s of %(total)s have an accountable owner who accepted.") % {"owned": owned, "total": total}
    fact = Fact(
        _("%(n)s without an accountable owner") % {"n": ownerless},
        ownerless,
        "bad" if ownerless else "off",
        Where(
            "agents",
            (
                AT_WORK,
                ("owner", "nobody"),
            ),
        ),
    )
    return Answer("who", _("Who owns it?"), sentence, (fact,), percent(owned, total))


def _what(agents: AgentQuerySet) -> Answer:
    wanted = {key: Count("pk", filter=holding_class(classes)) for key, _label, classes in REACH}
    production = Environment.PRODUCTION
    in_production = Count("pk", filter=Q(environment=production))
    unknown = Count("pk", filter=Q(data_classes=[]))
    count = agents.aggregate(**wanted, production=in_production, unknown=unknown)
    facts = [
        Fact(
            str(label),
            count[key],
            "off",
            Where(
                "agents",
                (
                    AT_WORK,
                    ("data", key),
                ),
            ),
        )
        for key, label, _classes in REACH
    ]
    facts.append(
        Fact(
            _("production"),
            count["production"],
            "off",
            Where(
                "agents",
                (
                    AT_WORK,
                    ("environment", production.value),
                ),
            ),
        )
    )
    if count["unknown"]:
        facts.append(
            Fact(
                _("data unknown"),
                count["unknown"],
                "warn",
                Where(
                    "agents",
                    (
                        AT_WORK,
                        ("data", "unknown"),
                    ),
                ),
            )
        )
    said = ", ".join(f"{fact.text} {fact.count}" for fact in facts if fact.count)
    sentence = _("Agents that reach %(what)s.") % {"what": said} if said else _("Nothing sensitive is on record.")
    return Answer("what", _("What can it reach?"), sentence, tuple(facts))


def _why(grants: QuerySet[Grant]) -> Answer:
    total = grants.count()
    unapproved = grants.filter(origin=Origin.DISCOVERED).count()
    sentence = (
        _("%(approved)s of %(total)s accesses were approved by a person.") % {"approved": total - unapproved, "total": total}
        if total
        else _("Nobody holds any access now.")
    )
    fact = Fact(
        ngettext("%(n)s access nobody approved", "%(n)s accesses nobody approved", unapproved) % {"n": unapproved},
        unapproved,
        "bad" if unapproved else "off",
        Where("grants", (("origin", Origin.DISCOVERED.value),)),
    )
    return Answer("why", _("Why was that granted?"), sentence, (fact,), percent(total - unapproved, total))


def _when(reviews: Schedule, grants: QuerySet[Grant]) -> Answer:
    now = clock.now()
    ending = grants.filter(expires_at__lte=now + SOON).count()
    facts = (
        Fact(
            _("%(n)s overdue for review") % {"n": reviews.overdue},
            reviews.overdue,
            "bad" if reviews.overdue else "off",
            Where("reviews", (("due", "overdue"),)),
        ),
        Fact(
            _("%(n)s reviewed by nobody so far") % {"n": reviews.never},
            reviews.never,
            "warn" if reviews.never else "off",
            Where(
                "agents",
                (
                    AT_WORK,
                    ("review", "never"),
                ),
            ),
        ),
        Fact(
            ngettext("%(n)s access ends this week", "%(n)s accesses end this week", ending) % {"n": ending},
            ending,
            "off",
            Where("grants", (("ends", "week"),)),
        ),
    )
    return Answer("when", _("When is it reviewed or revoked?"), _coming(reviews), facts)


def _coming(reviews: Schedule) -> str:
    if reviews.next_on is None:
        return _("No review is due on any date.")
    return ngettext("Next review %(day)s, for %(n)s agent.", "Next review %(day)s, for %(n)s agents.", reviews.next_count) % {
        "day": day(reviews.next_on),
        "n": reviews.next_count,
    }


def _which_for(agent: Agent) -> Answer:
    told = [rows.aggregate(last=Max("last_used_at"))["last"] for rows in (agent.aliases, agent.grants)]
    used_at = max((moment for moment in told if moment), default=None)
    sentence = _("Acts as %(name)s.") % {"name": agent.spiffe_id} if agent.spiffe_id else _("It has no name in protocols yet.")
    last_used = _("last used at its source on %(day)s") % {"day": day(used_at)} if used_at else _("no use is on record")
    facts = [Fact(last_used)]
    facts += [Fact(_("known as %(name)s") % {"name": alias}) for alias in agent.aliases.order_by("pk")[:5]]
    facts.append(Fact(_("What it does, action by action, is not collected yet.")))
    return Answer("which", _("Which agent did it?"), sentence, tuple(facts))


def _who_for(agent: Agent) -> Answer:
    owner = agent.human_owner
    technical = agent.technical_owner
    run_by = Fact(
        _("run by %(name)s") % {"name": technical.name} if technical else _("nobody is named as technical owner"),
        tone="off" if technical else "warn",
    )
    if owner is None:
        return Answer("who", _("Who owns it?"), _("Nobody is accountable for it."), (Fact(_("no human owner"), 1, "bad"), run_by))
    sentence, tone = _accountability(agent, owner)
    return Answer("who", _("Who owns it?"), sentence, (Fact(sentence, tone=tone), run_by))


def _accountability(agent: Agent, owner: User) -> tuple[str, Tone]:
    if not owner.is_present:
        return _("%(name)s owned it and has left; nobody is accountable now.") % {"name": owner.name}, "bad"
    if agent.owner_accepted_at is None:
        return _("%(name)s is named as owner and has not accepted yet.") % {"name": owner.name}, "warn"
    accepted = day(agent.owner_accepted_at)
    return _("%(name)s is accountable and accepted on %(day)s.") % {"name": owner.name, "day": accepted}, "good"


def _what_for(agent: Agent, grants: QuerySet[Grant]) -> Answer:
    count = grants.aggregate(
        accesses=Count("pk"),
        systems=Count("entitlement__system", distinct=True),
        privileged=Count("pk", filter=Q(entitlement__is_privileged=True)),
    )
    accesses = ngettext("%(n)s access", "%(n)s accesses", count["accesses"]) % {"n": count["accesses"]}
    systems = ngettext("%(n)s system", "%(n)s systems", count["systems"]) % {"n": count["systems"]}
    sentence = _("%(accesses)s to %(systems)s.") % {"accesses": accesses, "systems": systems}
    classes = [str(DataClass(value).label) for value in agent.data_classes]
    facts = (
        Fact(", ".join(classes) if classes else _("its data classes are unknown"), len(classes), "off" if classes else "warn"),
        Fact(_("%(n)s privileged") % {"n": count["privileged"]}, count["privileged"], "warn" if count["privileged"] else "off"),
    )
    return Answer("what", _("What can it reach?"), sentence, facts)


def _why_for(agent: Agent, grants: QuerySet[Grant]) -> Answer:
    total = grants.count()
    unapproved = grants.filter(origin=Origin.DISCOVERED).count()
    latest = (
        RequestLine.objects.filter(request__agent=agent, state=RequestLine.State.APPROVED)
        .select_related("decided_by")
        .order_by(F("decided_at").desc())
        .first()
    )
    if not total:
        sentence = _("It holds no access now.")
    elif latest is not None and latest.decided_at is not None:
        sentence = _("%(n)s approved, the latest by %(name)s on %(day)s.") % {
            "n": total - unapproved,
            "name": latest.decided_by,
            "day": day(latest.decided_at),
        }
    else:
        sentence = _("%(n)s approved by a person.") % {"n": total - unapproved}
    fact = Fact(
        ngettext("%(n)s access nobody approved", "%(n)s accesses nobody approved", unapproved) % {"n": unapproved},
        unapproved,
        "bad" if unapproved else "off",
        Where("grants", (("agent", agent.slug or ""), ("origin", Origin.DISCOVERED.value))),
    )
    return Answer("why", _("Why was that granted?"), sentence, (fact,), percent(total - unapproved, total))


def _when_for(agent: Agent, reviews: Schedule, grants: QuerySet[Grant]) -> Answer:
    now = clock.now()
    facts = []
    if reviews.next_on is None:
        sentence = _("No review is due on any date.")
    elif reviews.overdue:
        sentence = _("It was not reviewed in time. Next review %(day)s.") % {"day": day(reviews.next_on)}
        facts.append(Fact(_("review overdue"), 1, "bad", Where("reviews", (("due", "overdue"),))))
    else:
        sentence = _("Next review %(day)s.") % {"day": day(reviews.next_on)}
    if reviews.last_on is not None:
        facts.append(Fact(_("last reviewed on %(day)s") % {"day": day(reviews.last_on)}))
    if agent.eligible_until is not None:
        over = agent.eligible_until <= now
        text = _("eligible until %(day)s") if not over else _("no longer eligible since %(day)s")
        facts.append(Fact(text % {"day": day(agent.eligible_until)}, tone="bad" if over else "off"))
    ending = grants.filter(expires_at__lte=now + SOON).count()
    if ending:
        said = ngettext("%(n)s access ends this week", "%(n)s accesses end this week", ending) % {"n": ending}
        facts.append(Fact(said, ending, "off", Where("grants", (("agent", agent.slug or ""), ("ends", "week")))))
    return Answer("when", _("When is it reviewed or revoked?"), sentence, tuple(facts))


def percent(part: int, whole: int) -> int | None:
    """Rounded down, so that 100 means all of them; None of nothing."""
    return part * 100 // whole if whole else None


def day(moment: date) -> str:
    """A date as people write it, in UTC: packs and pages must agree."""
    return date_format(moment, "j F Y")
