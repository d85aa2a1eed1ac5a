"""`move()` is the only writer of a `state`: it checks the table beside the enum, compares and sets, and records."""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, TypeVar, cast

from django.db import models
from django.utils.translation import gettext as _

from agents.audit.actors import Actor
from agents.audit.errors import IllegalMove
from agents.audit.events import Event
from agents.audit.models import TrailRef
from agents.audit.personal import Person, Personal
from agents.audit.states import StateChoices
from agents.audit.trail import record

M = TypeVar("M", bound=models.Model)


class Movable(Protocol):
    """A model with a `State` enum, its table of `MOVES`, and a name in the trail."""

    pk: Any
    state: str
    MOVES: ClassVar[Mapping[Any, frozenset[Any]]]

    def trail_ref(self) -> TrailRef: ...


def locked(model: type[M], pk: object) -> M:
    """The row as it is now, locked until the transaction ends (on SQLite the whole file is).

    Raises the model's DoesNotExist.
    """
    return model._default_manager.select_for_update(of=("self",)).get(pk=pk)


def move(
    row: M,
    to: StateChoices,
    *,
    by: Actor,
    event: Event,
    reason: str = "",
    told: Mapping[str, object] | None = None,
    **changes: Any,
) -> M:
    """The row is in state `to`, its changes are stored and the trail tells it.

    changes: other columns that change in the same step (`held_at=…`); told: further facts for the trail.
    Raises IllegalMove when the table does not have this move, or when somebody else was faster.
    """
    movable = cast(Movable, row)
    old = movable.state
    allowed = {str(state): targets for state, targets in movable.MOVES.items()}.get(old, frozenset())
    if to not in allowed:
        raise IllegalMove(
            _("%(thing)s is %(state)s, so it cannot become %(to)s.")
            % {"thing": movable.trail_ref().text, "state": _label(row, old), "to": to.label}
        )
    before = {"state": old} | {name: _spelled(name, getattr(row, name), by) for name in changes}
    found = type(row)._default_manager.filter(pk=row.pk, state=old).update(state=to.value, **changes)
    if not found:
        raise IllegalMove(_("%(thing)s was changed by somebody else a moment ago.") % {"thing": movable.trail_ref().text})
    movable.state = to.value
    for name, value in changes.items():
        setattr(row, name, value)
    after = {"state": to.value} | {name: _spelled(name, value, by) for name, value in changes.items()} | dict(told or {})
    record(event, movable, by=by, reason=reason, before=before, after=after)
    return row


def _label(row: models.Model, state: str) -> str:
    return str(dict(cast(Any, row).State.choices).get(state, state))


def _spelled(name: str, value: object, by: Actor) -> object:
    """People are told as people, also where only their name is kept (`revoked_by`); other rows by name; the rest as it is."""
    if isinstance(value, models.Model) and not isinstance(value, Person):
        return str(value)
    if name.endswith("_by") and by.actor_kind == "person" and value == by.actor_label:
        return Personal(by.actor_key, by.actor_label)
    return value
