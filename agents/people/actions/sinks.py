"""Where signed checkpoints go. These actions stand here, not in audit: who may change a sink is a matter of roles, and
audit, the floor below, knows no people.

A sink is never edited: another address is another sink, so that what went where stays true.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from agents import clock
from agents.audit import delivery, destinations
from agents.audit.errors import IllegalMove, NotAllowed
from agents.audit.events import Event
from agents.audit.models import CheckpointSink
from agents.audit.moves import locked
from agents.audit.nudges import nudge
from agents.audit.trail import record
from agents.intake.names import clean_name
from agents.people import permissions
from agents.people.models import User


@transaction.atomic
def add(*, name: str, kind: str, address: str, by: User) -> CheckpointSink:
    """From now on the sink is sent each new checkpoint, and the newest at once.

    Raises NotAllowed, ValidationError. Writes sink.added.
    """
    _ask(by)
    try:
        destination = destinations.read(kind, address)
    except ValidationError as wrong:
        raise ValidationError({"address": wrong.messages}) from wrong
    sink = CheckpointSink(name=clean_name(name, max_length=80), kind=kind, address=destination.address)
    sink.full_clean()
    sink.save()
    record(Event.SINK_ADDED, sink, by=by, after={"sink_kind": sink.get_kind_display(), "address": sink.address})
    transaction.on_commit(lambda: nudge("audit.deliver"))
    return sink


def pause(sink: CheckpointSink, *, by: User, reason: str) -> CheckpointSink:
    """Nothing is sent there until it is resumed. Raises NotAllowed, IllegalMove, ValidationError. Writes sink.changed."""
    if not reason.strip():
        raise ValidationError({"reason": _("Say why: whoever reads the trail will ask.")})
    return _set(sink, False, by=by, reason=reason.strip()[:500])


def resume(sink: CheckpointSink, *, by: User) -> CheckpointSink:
    """It is sent the newest checkpoint at once. Raises NotAllowed, IllegalMove. Writes sink.changed."""
    return _set(sink, True, by=by, reason="")


def send_now(sink: CheckpointSink, *, by: User) -> CheckpointSink:
    """The newest checkpoint was sent this moment, also when the sink has it already; the fresh row says how that went.

    Waits for the other side, for seconds at most. Raises NotAllowed; IllegalMove when there is nothing to send, the sink
    is paused, or somebody else is sending. The receipt is its record: nothing was changed.
    """
    _ask(by)
    sink = CheckpointSink.objects.get(pk=sink.pk)
    checkpoint = delivery.newest()
    if checkpoint is None:
        raise IllegalMove(_("There is no signed checkpoint yet. The first is signed within a minute of the first change."))
    if not sink.is_active:
        raise IllegalMove(_("%(name)s is paused. Resume it first.") % {"name": sink.name})
    before = sink.attempts
    taken = delivery.deliver(sink, checkpoint)
    sink.refresh_from_db()
    if not taken and sink.attempts == before:
        raise IllegalMove(_("A checkpoint is on its way to %(name)s already.") % {"name": sink.name})
    return sink


@transaction.atomic
def _set(sink: CheckpointSink, is_active: bool, *, by: User, reason: str) -> CheckpointSink:
    sink = locked(CheckpointSink, sink.pk)
    _ask(by)
    if sink.is_active == is_active:
        raise IllegalMove((_("%(name)s is in use.") if is_active else _("%(name)s is paused.")) % {"name": sink.name})
    sink.is_active, sink.next_try_at, sink.attempts, sink.last_error = is_active, clock.now(), 0, ""
    sink.save(update_fields=["is_active", "next_try_at", "attempts", "last_error"])
    record(Event.SINK_CHANGED, sink, by=by, reason=reason, before={"in_use": not is_active}, after={"in_use": is_active})
    if is_active:
        transaction.on_commit(lambda: nudge("audit.deliver"))
    return sink


def _ask(by: User) -> None:
    if why_not := permissions.why_not_change_sinks(by):
        raise NotAllowed(why_not)
