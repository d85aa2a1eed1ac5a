"""The lines of health that the trail and its work can tell."""

import shutil
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agents import clock
from agents.audit import protection, timekeeping, vitals
from agents.audit.health import Line, bad, line, ok, warn
from agents.audit.models import Alarm, Checkpoint, DueRun, Rollback

SEAL_WARN, SEAL_BAD = timedelta(seconds=30), timedelta(minutes=5)
CHECKPOINT_WARN, CHECKPOINT_BAD = timedelta(minutes=3), timedelta(minutes=15)
SINK_BAD = timedelta(minutes=15)
SCHEDULER_WARN, SCHEDULER_BAD = timedelta(seconds=90), timedelta(minutes=3)
JOB_BAD = timedelta(minutes=5)
DISK_WARN, DISK_BAD = 1024**3, 256 * 1024**2
START_WORKERS = gettext_lazy("Look whether the worker and the scheduler run; their log says what stops them.")


@line("rollback", gettext_lazy("Backup"))
def rollback() -> Line:
    found = Rollback.objects.filter(acknowledged_at__isnull=True).order_by("-id").first()
    if found is None:
        return ok(_("The database is not behind what was signed."))
    return bad(
        ngettext(
            "A backup was restored: %(n)d event is missing, and nothing is written.",
            "A backup was restored: %(n)d events are missing, and nothing is written.",
            found.missing_count,
        )
        % {"n": found.missing_count},
        _("Find out who restored it and why; then an administrator acknowledges it."),
        url_name="restore",
    )


@line("clock", gettext_lazy("Clock"))
def clock_line() -> Line:
    why = timekeeping.why_not_trusted()
    if why is None:
        return ok(_("This machine's clock is believed."))
    return bad(
        _("%(why)s No access is allowed until it is right.") % {"why": why},
        _("Set the machine's clock by a time service (NTP), and the database server's too."),
    )


@line("guards", gettext_lazy("Append-only"))
def guards() -> Line:
    missing = protection.missing_triggers(connection)
    if not missing:
        return ok(_("The database itself refuses to change or remove what the trail says."))
    return bad(
        ngettext("A guard of the trail is missing: %(names)s.", "Guards of the trail are missing: %(names)s.", len(missing))
        % {"names": ", ".join(missing[:3]) + (" …" if len(missing) > 3 else "")},
        _("Run `manage.py migrate --skip-checks`, which puts them back, then `audit_verify`. Find out who removed them."),
    )


@line("sealing", gettext_lazy("Sealing"))
def sealing() -> Line:
    """A sealer that is at work and merely behind, as after a large import, is no alarm."""
    first, seal = vitals.unsealed().first(), vitals.newest_seal()
    lag = vitals.seal_lag(first)
    said = _("The oldest event without a seal is %(span)s old.") % {"span": spoken(lag)}
    is_at_work = seal is not None and clock.now() - seal.sealed_at < SEAL_BAD
    if lag > SEAL_BAD and not is_at_work:
        return bad(said, str(START_WORKERS), url_name="trail")
    if lag > SEAL_WARN:
        return warn(said, _("It passes by itself after much work at once. If it grows, look at the worker."), url_name="trail")
    return ok(_("Every event older than half a minute has its place in the sealed trail."), url_name="trail")


@line("checkpoints", gettext_lazy("Checkpoints"))
def checkpoints() -> Line:
    seal, newest = vitals.newest_seal(), Checkpoint.objects.order_by("-id").first()
    if seal is None or (newest is not None and newest.size >= seal.size):
        return ok(_("The newest checkpoint covers all that is sealed."), url_name="sinks")
    age = clock.now() - (newest.signed_at if newest else seal.sealed_at)
    waiting = seal.size - (newest.size if newest else 0)
    said = ngettext(
        "%(n)d sealed event is in no signed checkpoint, for up to %(span)s.",
        "%(n)d sealed events are in no signed checkpoint, for up to %(span)s.",
        waiting,
    ) % {"n": waiting, "span": spoken(age)}
    # After a quiet time the newest checkpoint is old by right: what counts is how long something new has waited.
    if age > CHECKPOINT_BAD and clock.now() - seal.sealed_at > CHECKPOINT_WARN:
        return bad(said, _("Look whether the signing key can be read, and at the worker's log."), url_name="sinks")
    if min(age, clock.now() - seal.sealed_at) > CHECKPOINT_WARN:
        return warn(said, str(START_WORKERS), url_name="sinks")
    return ok(_("New events are signed within a minute."), url_name="sinks")


@line("sinks", gettext_lazy("Sinks"))
def sinks() -> Line:
    found = vitals.sinks_with_lag()
    if not found:
        said = _("No checkpoint leaves this machine.")
        if settings.MANDATE_PRODUCTION:
            return warn(said, _("Add one witness outside, such as your auditor's mailbox."), url_name="sinks")
        return ok(said, url_name="sinks")
    late = [(sink, lag) for sink, lag in found if lag > SINK_BAD]
    if not late:
        return ok(
            ngettext(
                "%(n)d place outside has the newest checkpoints.", "%(n)d places outside have the newest checkpoints.", len(found)
            )
            % {"n": len(found)},
            url_name="sinks",
        )
    names = ", ".join(f"{sink.name} ({spoken(lag)})" for sink, lag in late[:3]) + (" …" if len(late) > 3 else "")
    return bad(
        _("Checkpoints are not taken: %(names)s.") % {"names": names},
        late[0][0].last_error or _("Look at the other side, then send one by hand."),
        url_name="sinks",
    )


@line("scheduler", gettext_lazy("Scheduler"))
def scheduler() -> Line:
    run = DueRun.objects.filter(name=vitals.SCHEDULER).first()
    age = vitals.scheduler_age(run)
    if age is None:
        return warn(_("The scheduler was never seen here."), str(START_WORKERS), url_name="work")
    said = _("The scheduler was last seen %(span)s ago.") % {"span": spoken(age)}
    if age > SCHEDULER_BAD:
        return bad(said, str(START_WORKERS), url_name="work")
    return warn(said, str(START_WORKERS), url_name="work") if age > SCHEDULER_WARN else ok(said, url_name="work")


@line("due_jobs", gettext_lazy("Due work"))
def due_jobs() -> Line:
    failing = list(DueRun.objects.filter(failing_since__isnull=False).order_by("failing_since")[:20])
    if not failing:
        return ok(_("Everything that is due is done."), url_name="work")
    said = _("Failing: %(names)s.") % {"names": ", ".join(run.name for run in failing[:3]) + (" …" if len(failing) > 3 else "")}
    since = failing[0].failing_since
    is_long = since is not None and clock.now() - since > JOB_BAD
    return (bad if is_long else warn)(said, failing[0].last_error or str(START_WORKERS), url_name="work")


@line("reactions", gettext_lazy("Given up"))
def reactions() -> Line:
    dead = vitals.at_most(vitals.dead_reactions())
    if not dead:
        return ok(_("Nothing was given up: all mail and follow-up work is done or on its way."), url_name="work")
    return bad(
        ngettext("%(n)d piece of follow-up work was given up.", "%(n)d pieces of follow-up work were given up.", dead)
        % {"n": dead},
        _("Mend what stopped it, then have it tried again."),
        url_name="work",
    )


@line("disk", gettext_lazy("Disk"))
def disk() -> Line:
    free = shutil.disk_usage(settings.DATA_DIR).free
    said = _("%(n)s GB are free where Mandate keeps its files.") % {"n": f"{free / 1024**3:,.1f}"}
    if free < DISK_BAD:
        return bad(said, _("Make room now: when the disk is full, nothing is written."))
    return warn(said, _("Make room before the disk is full.")) if free < DISK_WARN else ok(said)


@line("alarms", gettext_lazy("Alarms"))
def alarms() -> Line:
    """Never bad itself: an alarm about alarms would never end."""
    open_ones = list(Alarm.objects.filter(cleared_at__isnull=True).order_by("raised_at")[:20])
    if not open_ones:
        return ok(_("No alarm is open."))
    return warn(
        ngettext("%(n)d alarm is open.", "%(n)d alarms are open.", len(open_ones)) % {"n": len(open_ones)},
        _("It closes by itself when the line it belongs to is well again."),
    )


def spoken(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    if seconds < 120:
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    if seconds < 7200:
        return _("%(n)d minutes") % {"n": seconds // 60}
    return _("%(n)d hours") % {"n": seconds // 3600} if seconds < 172_800 else _("%(n)d days") % {"n": seconds // 86_400}
