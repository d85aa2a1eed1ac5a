from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What somebody may be trusted with, from a date until a date."""

    REQUESTER = "requester", _("requester")
    OWNER = "owner", _("agent owner")
    TECHNICAL_OWNER = "technical_owner", _("technical owner")
    SYSTEM_OWNER = "system_owner", _("system owner")
    REVIEWER = "reviewer", _("reviewer")
    SECURITY_ADMINISTRATOR = "security_administrator", _("security administrator")
    DATA_PROTECTION_OFFICER = "data_protection_officer", _("data protection officer")
    WORKS_COUNCIL = "works_council", _("works council")
    FINANCE_APPROVER = "finance_approver", _("finance approver")
    COMPLIANCE_OFFICER = "compliance_officer", _("compliance officer")
    AUDITOR = "auditor", _("auditor")
    ADMINISTRATOR = "administrator", _("administrator")


class Regulation(models.TextChoices):
    """What a legal entity is in the eyes of the law; it decides which frameworks apply."""

    HIPAA_COVERED_ENTITY = "hipaa_covered_entity", _("HIPAA covered entity")
    HIPAA_BUSINESS_ASSOCIATE = "hipaa_business_associate", _("HIPAA business associate")
    PCI_MERCHANT = "pci_merchant", _("PCI merchant")
    PCI_PROVIDER = "pci_provider", _("PCI service provider")
    DORA_FINANCIAL_ENTITY = "dora_financial_entity", _("DORA financial entity")
    GDPR_CONTROLLER = "gdpr_controller", _("GDPR controller")
    GDPR_PROCESSOR = "gdpr_processor", _("GDPR processor")
    AI_ACT_PROVIDER = "ai_act_provider", _("AI Act provider")
    AI_ACT_DEPLOYER = "ai_act_deployer", _("AI Act deployer")


SEES_EVERYTHING = (Role.ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.COMPLIANCE_OFFICER, Role.AUDITOR)
