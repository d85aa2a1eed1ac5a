"""The registry's closed vocabularies (glossary: design section 3)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AgentKind(models.TextChoices):
    AI_AGENT = "ai_agent", _("AI agent")
    SERVICE_ACCOUNT = "service_account", _("service account")
    WORKLOAD = "workload", _("workload")
    BOT = "bot", _("bot")
    CONTAINER = "container", _("container")
    CLOUD_FUNCTION = "cloud_function", _("cloud function")
    AUTOMATION_SCRIPT = "automation_script", _("automation script")


class Environment(models.TextChoices):
    DEVELOPMENT = "development", _("development")
    TEST = "test", _("test")
    STAGING = "staging", _("staging")
    PRODUCTION = "production", _("production")


class Tier(models.TextChoices):
    CRITICAL = "critical", _("critical")
    HIGH = "high", _("high")
    MEDIUM = "medium", _("medium")
    LOW = "low", _("low")


TIER_ORDER = (Tier.LOW, Tier.MEDIUM, Tier.HIGH, Tier.CRITICAL)


class DataClass(models.TextChoices):
    PUBLIC = "public", _("public")
    INTERNAL = "internal", _("internal")
    CONFIDENTIAL = "confidential", _("confidential")
    PERSONAL = "personal", _("personal data")
    SPECIAL_CATEGORY = "special_category", _("special category data")
    CRIMINAL = "criminal", _("criminal records")
    EMPLOYEE = "employee", _("employee data")
    CHILD = "child", _("children's data")
    EPHI = "ephi", _("health records (ePHI)")
    PAN = "pan", _("card numbers (PAN)")
    SAD = "sad", _("sensitive card authentication data")
    PAYMENT_INITIATION = "payment_initiation", _("payment initiation")
    ACCOUNT_INFORMATION = "account_information", _("account information")
    CREDENTIALS_SECRETS = "credentials_secrets", _("credentials and secrets")
    SOURCE_CODE = "source_code", _("source code")
    PRODUCTION_CONFIG = "production_config", _("production configuration")
    FEDERAL_CUI = "federal_cui", _("federal CUI")
    TRADE_SECRET = "trade_secret", _("trade secrets")


class VerbClass(models.TextChoices):
    READ = "read", _("read")
    WRITE = "write", _("write")
    EXPORT = "export", _("export")
    DELETE = "delete", _("delete")
    PAY = "pay", _("pay")
    CONFIGURE = "configure", _("configure")
    MANAGE_IDENTITIES = "manage_identities", _("manage identities")
    ADMINISTER = "administer", _("administer")


class SystemMode(models.TextChoices):
    OBSERVE = "observe", _("observe")
    ENFORCE = "enforce", _("enforce")


class SystemKind(models.TextChoices):
    APPLICATION = "application", _("application")
    DATABASE = "database", _("database")
    CLOUD = "cloud", _("cloud account")
    IDENTITY = "identity", _("identity system")
    PAYMENT = "payment", _("payment system")
    HEALTH = "health", _("health records")
    COLLABORATION = "collaboration", _("collaboration")
    REPOSITORY = "repository", _("code repository")


class Criticality(models.TextChoices):
    CRITICAL = "critical", _("critical")
    IMPORTANT = "important", _("important")
    NORMAL = "normal", _("normal")


class Origin(models.TextChoices):
    REQUESTED = "requested", _("requested")
    DISCOVERED = "discovered", _("discovered")
