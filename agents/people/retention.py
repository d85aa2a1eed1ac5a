"""What the legal entities are regulated as decides how long the trail is kept."""

from collections.abc import Collection

from agents.audit.retention import contribute
from agents.people.models import LegalEntity


@contribute
def regulations() -> Collection[str]:
    return {regulation for listed in LegalEntity.objects.values_list("regulated_as", flat=True) for regulation in listed}
