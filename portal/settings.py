"""Django's settings, derived from `portal.configuration`; nothing here is decided by hand at deploy time."""

import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ

from portal.conf import csp, logging, unfold
from portal.conf.accounts import *  # noqa: F403
from portal.configuration import BASE_DIR, read

CONFIGURATION = read()

DEBUG = CONFIGURATION.debug
SECRET_KEY = CONFIGURATION.secret_key
ALLOWED_HOSTS = CONFIGURATION.hosts or ["localhost", "127.0.0.1", "[::1]", "testserver"]
CSRF_TRUSTED_ORIGINS = [CONFIGURATION.base_url]
DATA_DIR: Path = CONFIGURATION.data_dir
DATA_DIR.mkdir(parents=True, exist_ok=True)

MANDATE_PRODUCTION = CONFIGURATION.is_production
MANDATE_DEMO = CONFIGURATION.demo
DEMO_PASSWORD = CONFIGURATION.demo_password
MANDATE_TRUST_DOMAIN = CONFIGURATION.trust_domain
MANDATE_BASE_URL = CONFIGURATION.base_url
MANDATE_KEEP_AT_MOST_MONTHS = CONFIGURATION.keep_at_most_months
MANDATE_CHECKPOINT_DIR = CONFIGURATION.checkpoint_dir  # signed heads of the trail, outside the database
MANDATE_SIGNING_KEY_FILE = CONFIGURATION.signing_key_file
MANDATE_METRICS_TOKEN = CONFIGURATION.metrics_token
OUTBOUND_NETWORKS = tuple(CONFIGURATION.outbound_networks)  # private ones that a checkpoint sink may stand in

CONTENT_SECURITY_POLICY = csp.CONTENT_SECURITY_POLICY
LOGGING = logging.LOGGING
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.STARTED
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # it believes X-Forwarded-For; the trail has the peer's address
DJANGO_STRUCTLOG_USER_ID_FIELD = "uid"
UNFOLD = unfold.UNFOLD

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.guardian",
    "portal.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "guardian",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "csp",
    "agents.audit",
    "agents.people",
    "agents.registry",
    "agents.access",
    "agents.runtime",
    "agents.connectors",
    "reviews",
    "compliance",
    "portal.apps.PortalConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.middleware.log.RequestLog",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.middleware.context.RequestContextMiddleware",
    "portal.middleware.zone.TimeZoneMiddleware",
    "portal.middleware.refusals.RefusalMiddleware",
    "portal.middleware.gate.GateMiddleware",
    "portal.middleware.idempotency.IdempotencyMiddleware",  # innermost: it keeps what the view answered
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.pages.shell",
            ],
        },
    }
]

# --- database -----------------------------------------------------------------------------------
OWNER_COMMANDS = ("migrate", "createcachetable", "audit_remove")  # these change tables, so they run as the owning role


def _database() -> dict[str, Any]:
    if not CONFIGURATION.database_url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "mandate.sqlite3",
            # Measured: without IMMEDIATE, WAL and a patient timeout concurrent writers fail at once.
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                " PRAGMA recursive_triggers=ON; PRAGMA busy_timeout=20000",
            },
        }
    as_owner = len(sys.argv) > 1 and Path(sys.argv[0]).name == "manage.py" and sys.argv[1] in OWNER_COMMANDS
    url = CONFIGURATION.database_owner_url if as_owner and CONFIGURATION.database_owner_url else CONFIGURATION.database_url
    database: dict[str, Any] = environ.Env.db_url_config(url)
    database["CONN_HEALTH_CHECKS"] = True
    database["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 8, "timeout": 10}} if not as_owner else {}
    return database


DATABASES = {"default": _database()}
# Named in DATABASE_URL; `migrate`, running as the owner, gives it its rights.
MANDATE_APP_ROLE = urlsplit(CONFIGURATION.database_url).username or ""
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Sign-in limits count across processes, so the cache is shared. A table, not Redis: people sign in while Redis is away.
# It never gets so full that counting somebody's failures pushes out another's.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "mandate_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# --- people -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "people.User"
ANONYMOUS_USER_NAME = None  # guardian: no person row stands for nobody
GUARDIAN_RAISE_403 = True
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = CONFIGURATION.base_url.startswith("http://")  # browsers allow it on localhost only

# --- language and time --------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
FORMAT_MODULE_PATH = ["portal.formats"]
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
USE_TZ = True
TIME_ZONE = CONFIGURATION.time_zone

# --- files --------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS: list[Path] = []
PACK_DIR = DATA_DIR / "packs"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DATA_DIR / "files"}},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if MANDATE_PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not MANDATE_PRODUCTION

# --- mail ---------------------------------------------------------------------------------------
if CONFIGURATION.email_url:
    vars().update(environ.Env.email_url_config(CONFIGURATION.email_url))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
DEFAULT_FROM_EMAIL = CONFIGURATION.email_from

# --- HTTP ---------------------------------------------------------------------------------------
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CONFIGURATION.base_url.startswith("https://")
SECURE_HSTS_SECONDS = 31_536_000 if CONFIGURATION.base_url.startswith("https://") else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"

# --- work outside the request -------------------------------------------------------------------
CELERY_BROKER_URL = CONFIGURATION.redis_url or "filesystem://"
CELERY_FOLDER = DATA_DIR / "queue"
