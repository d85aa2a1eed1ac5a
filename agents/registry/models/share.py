from django.db import models
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermissionBase

from agents import clock
from agents.audit.models import TrailRef
from agents.registry.models.agent import Agent


class AgentShare(UserObjectPermissionBase):
    """A deliberate, time-bound look at one agent for somebody who has no other reason to see it.

    guardian's direct-foreign-key form: a real foreign key, no generic content type.
    """

    content_object = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="shares")
    starts_at = models.DateTimeField(default=clock.now)
    ends_at = models.DateTimeField(_("until"))

    class Meta(UserObjectPermissionBase.Meta):
        verbose_name = _("share")
        verbose_name_plural = _("shares")

    def trail_ref(self) -> TrailRef:
        agent = self.content_object
        return TrailRef("share", str(self.pk), (f"{agent}: ", self.user.as_told), f"agent:{agent.uid}")
