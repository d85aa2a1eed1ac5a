"""Names that identify: one agent, one name, for good."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from agents.intake.names import numbered, slug
from agents.registry.models import Agent, System

RESERVED = frozenset({"new", "drafts"})  # pages of the registry stand at these addresses


def free_slug(agent: Agent) -> str:
    """The name as it stands in addresses and protocols. Raises ValidationError when it is taken."""
    wanted = slug(agent.name)
    if wanted in RESERVED:
        raise ValidationError({"name": _("“%(slug)s” is a word of the portal. Choose another name.") % {"slug": wanted}})
    if Agent.objects.filter(slug=wanted).exclude(pk=agent.pk).exists():
        raise ValidationError(
            {"name": _("An agent named %(slug)s exists already, or existed: names are never reused.") % {"slug": wanted}}
        )
    return wanted


def nearest_free_slug(name: str, model: type[Agent] | type[System] = Agent) -> str:
    """A free slug for what a source calls something; a number is added when the plain one is taken."""
    base = slug(name, fallback=model.__name__.lower())
    taken = RESERVED | set(model._default_manager.filter(slug__startswith=base[:50]).values_list("slug", flat=True))
    wanted, number = base, 1
    while wanted in taken:
        number += 1
        wanted = numbered(base, number)
    return wanted
