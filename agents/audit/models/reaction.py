from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from agents import clock
from agents.audit.models.trail_event import TrailRef
from agents.audit.states import StateChoices


class ReactionQuerySet(models.QuerySet["Reaction"]):
    def dead(self) -> Self:
        """Given up: a person has to look, and has them tried again."""
        return self.filter(state="dead")


class Reaction(models.Model):
    """One handler's duty towards one event. Written with the event, so no crash can lose it."""

    class State(StateChoices):
        WAITING = "waiting", "wait", _("waiting")
        DONE = "done", "off", _("done")
        DEAD = "dead", "bad", _("gave up")

    # Attempts are counted in the row and are no governance change, so workers set waiting, done and dead without an event;
    # that somebody has a dead one tried again is one.
    MOVES: ClassVar[dict[State, frozenset[State]]] = {
        State.WAITING: frozenset({State.DONE, State.DEAD}),
        State.DONE: frozenset(),
        State.DEAD: frozenset({State.WAITING}),
    }

    event_id = models.BigIntegerField()
    handler = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=clock.now)
    last_error = models.CharField(max_length=500, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    objects = ReactionQuerySet.as_manager()

    class Meta:
        verbose_name = _("reaction")
        verbose_name_plural = _("reactions")
        constraints = (models.UniqueConstraint(fields=("event_id", "handler"), name="reaction_once"),)
        indexes = (
            models.Index(fields=("next_try_at",), condition=models.Q(state="waiting"), name="reaction_due"),
            models.Index(fields=("id",), condition=models.Q(state="dead"), name="reaction_dead"),
        )

    def __str__(self) -> str:
        return f"{self.handler} #{self.event_id}"

    @property
    def state_enum(self) -> State:
        return self.State(self.state)

    def trail_ref(self) -> TrailRef:
        return TrailRef("reaction", str(self.pk), str(self))
