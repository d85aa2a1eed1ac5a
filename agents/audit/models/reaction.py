from django.db import models
from django.utils.translation import gettext_lazy as _

from agents import clock
from agents.audit.states import StateChoices


class Reaction(models.Model):
    """One handler's duty towards one event. Written with the event, so no crash can lose it."""

    class State(StateChoices):
        WAITING = "waiting", "wait", _("waiting")
        DONE = "done", "off", _("done")
        DEAD = "dead", "bad", _("gave up")

    event_id = models.BigIntegerField()
    handler = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=clock.now)
    last_error = models.CharField(max_length=500, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

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
