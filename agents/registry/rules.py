"""Risk tier from facts alone: no database, each hit with its reason (facts: compliance section 5).

The rules become versioned data with the registry's own issue; the order and the floors stay.
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _

from agents.registry.choices import TIER_ORDER, DataClass, Environment, Tier, VerbClass

HIGH_CLASSES = {
    DataClass.EPHI: "HIPAA 45 CFR 164.306",
    DataClass.PAN: "PCI DSS 4.0.1 7.2.5",
    DataClass.SAD: "PCI DSS 4.0.1 3.3",
    DataClass.SPECIAL_CATEGORY: "GDPR Art. 9",
    DataClass.CRIMINAL: "GDPR Art. 10",
    DataClass.CHILD: "GDPR Art. 8",
    DataClass.PAYMENT_INITIATION: "PSD2 Art. 66",
    DataClass.ACCOUNT_INFORMATION: "PSD2 Art. 67",
    DataClass.CREDENTIALS_SECRETS: "NIST SP 800-53 IA-5",
    DataClass.FEDERAL_CUI: "NIST SP 800-171",
    DataClass.PRODUCTION_CONFIG: "NIST SP 800-53 CM-5",
}
MEDIUM_CLASSES = {
    DataClass.PERSONAL,
    DataClass.EMPLOYEE,
    DataClass.CONFIDENTIAL,
    DataClass.SOURCE_CODE,
    DataClass.TRADE_SECRET,
}
CRITICAL_VERBS = {VerbClass.PAY, VerbClass.MANAGE_IDENTITIES, VerbClass.ADMINISTER}
PRIVILEGED_VERBS = {VerbClass.CONFIGURE, VerbClass.MANAGE_IDENTITIES, VerbClass.PAY, VerbClass.ADMINISTER}
SENSITIVE_CLASSES = set(HIGH_CLASSES) | {DataClass.PERSONAL, DataClass.EMPLOYEE, DataClass.CONFIDENTIAL}


@dataclass(frozen=True)
class Hit:
    tier: Tier
    reason: str


def tier_hits(*, data_classes: Collection[str], verbs: Collection[str], environment: str, has_owner: bool) -> list[Hit]:
    """Every rule that applies, highest tier first. Values are those of the choices; empty classes are unknown."""
    hits = [
        Hit(Tier.HIGH, _("reaches %(what)s (%(law)s)") % {"what": DataClass(c).label, "law": HIGH_CLASSES[DataClass(c)]})
        for c in data_classes
        if c in HIGH_CLASSES
    ]
    hits += [Hit(Tier.MEDIUM, _("reaches %(what)s") % {"what": DataClass(c).label}) for c in data_classes if c in MEDIUM_CLASSES]
    if not data_classes:
        hits.append(Hit(Tier.HIGH, _("data class unknown: high until somebody classifies it")))
    if not has_owner:
        hits.append(Hit(Tier.HIGH, _("no accountable owner")))
    if environment == Environment.PRODUCTION:
        hits += [
            Hit(Tier.CRITICAL, _("may %(verb)s in production") % {"verb": VerbClass(v).label})
            for v in verbs
            if v in CRITICAL_VERBS
        ]
        if VerbClass.CONFIGURE in verbs:
            hits.append(Hit(Tier.HIGH, _("may configure production")))
    if not hits:
        hits.append(Hit(Tier.LOW, _("public or internal data only, nothing privileged")))
    return sorted(dict.fromkeys(hits), key=lambda hit: -TIER_ORDER.index(hit.tier))


def highest(*tiers: str) -> Tier:
    """The strictest of the tiers; blanks do not count, none at all is low."""
    return max((Tier(tier) for tier in tiers if tier), key=TIER_ORDER.index, default=Tier.LOW)


def is_privileged_by_default(verb: str, environment: str, data_classes: Collection[str]) -> bool:
    """Configuring, production writing, exporting sensitive data, managing identities, paying (design section 3)."""
    if verb in PRIVILEGED_VERBS:
        return True
    if verb == VerbClass.EXPORT:
        return bool(SENSITIVE_CLASSES.intersection(data_classes)) or not data_classes
    return environment == Environment.PRODUCTION and verb in {VerbClass.WRITE, VerbClass.DELETE}
