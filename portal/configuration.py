"""What the environment says, read once; every mistake is reported together, not one per restart."""

import ipaddress
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import environ
import psycopg
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
DEMO_PASSWORD = "mandate-demo"  # noqa: S105  (printed by `make run`, refused in production)
MODES = ("embedded", "production")
SHORTEST_SECRET = 32
SHORTEST_TOKEN = 24


class Misconfigured(ImproperlyConfigured):
    """All that is wrong with the environment, one sentence a line."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        lines = "\n".join(f"  - {problem}" for problem in problems)
        super().__init__(f"Mandate cannot start. Mend these environment variables:\n{lines}")


@dataclass
class Configuration:
    """The settings an operator chooses; the fields name the variables (see docs/operations.md)."""

    mode: str = "embedded"
    debug: bool = False
    demo: bool = True
    demo_password: str = DEMO_PASSWORD
    data_dir: Path = BASE_DIR / "var"
    secret_key: str = ""
    hosts: list[str] = field(default_factory=list)
    base_url: str = ""
    port: int = 8000
    bind: str = "127.0.0.1"
    database_url: str = ""
    database_owner_url: str = ""
    redis_url: str = ""
    email_url: str = ""
    email_from: str = "mandate@localhost"
    trust_domain: str = "mandate.local"
    time_zone: str = "UTC"
    keep_at_most_months: int | None = None
    checkpoint_dir: Path = BASE_DIR / "var" / "checkpoints"
    signing_key_file: Path = BASE_DIR / "var" / "signing_key.pem"
    outbound_networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = field(default_factory=list)
    metrics_token: str = ""

    @property
    def is_production(self) -> bool:
        return self.mode == "production"


def read(env: environ.Env | None = None) -> Configuration:
    """The configuration of this process.

    Raises Misconfigured with every problem found.
    """
    env = env or environ.Env()
    problems: list[str] = []
    found = Configuration()
    found.mode = env.str("MANDATE_MODE", default="embedded")
    if found.mode not in MODES:
        problems.append(f"MANDATE_MODE is {found.mode!r}; write one of {', '.join(MODES)}.")
    found.debug = _flag(env, "MANDATE_DEBUG", False, problems)
    found.demo = _flag(env, "MANDATE_DEMO", not found.is_production, problems)
    found.demo_password = env.str("DEMO_PASSWORD", default=DEMO_PASSWORD)
    found.data_dir = Path(env.str("MANDATE_DATA_DIR", default=str(BASE_DIR / "var"))).absolute()
    found.hosts = [host for host in env.str("MANDATE_HOSTS", default="").split(",") if host.strip()]
    found.port = _port(env, problems)
    found.bind = env.str("MANDATE_BIND", default="127.0.0.1")
    found.base_url = env.str("MANDATE_BASE_URL", default=f"http://localhost:{found.port}").rstrip("/")
    if not found.base_url.startswith(("http://", "https://")):
        problems.append("MANDATE_BASE_URL must begin with http:// or https://.")
    found.database_url = env.str("DATABASE_URL", default="")
    found.database_owner_url = env.str("DATABASE_OWNER_URL", default="")
    found.redis_url = env.str("REDIS_URL", default="")
    found.email_url = env.str("EMAIL_URL", default="")
    found.email_from = env.str("MANDATE_EMAIL_FROM", default="mandate@localhost")
    found.trust_domain = env.str("MANDATE_TRUST_DOMAIN", default="mandate.local")
    found.time_zone = env.str("MANDATE_TIME_ZONE", default="UTC")
    found.keep_at_most_months = _months(env, problems)
    found.checkpoint_dir = Path(env.str("MANDATE_CHECKPOINT_DIR", default=str(found.data_dir / "checkpoints"))).absolute()
    found.signing_key_file = Path(env.str("MANDATE_SIGNING_KEY_FILE", default=str(found.data_dir / "signing_key.pem"))).absolute()
    found.outbound_networks = _networks(env, problems)
    found.metrics_token = env.str("MANDATE_METRICS_TOKEN", default="")
    if found.metrics_token and len(found.metrics_token) < SHORTEST_TOKEN:
        problems.append(f"MANDATE_METRICS_TOKEN must be {SHORTEST_TOKEN} or more random characters, or left out.")
    for name, url in (("DATABASE_URL", found.database_url), ("DATABASE_OWNER_URL", found.database_owner_url)):
        if url and not url.startswith(("postgres://", "postgresql://")):
            problems.append(f"{name} must begin with postgres://; leave it out to use the built-in SQLite.")
    found.secret_key = env.str("MANDATE_SECRET_KEY", default="")
    if found.is_production:
        problems += _unfit_for_production(found)
    if problems:
        raise Misconfigured(problems)
    if not found.secret_key:
        found.secret_key = _own_secret(found.data_dir)
    return found


def _unfit_for_production(found: Configuration) -> list[str]:  # noqa: C901  (a list of demands, one a line)
    """Why these settings must not face real people (design section 9)."""
    problems = []
    if found.debug:
        problems.append("MANDATE_DEBUG must be off in production: it shows settings to anybody.")
    if len(found.secret_key) < SHORTEST_SECRET:
        problems.append(f"MANDATE_SECRET_KEY must be set to {SHORTEST_SECRET} or more random characters.")
    if not found.database_url:
        problems.append("DATABASE_URL must name the PostgreSQL database, with the app role.")
    if not found.database_owner_url:
        problems.append("DATABASE_OWNER_URL must name the same database with the owner role, for migrations.")
    elif found.database_owner_url == found.database_url:
        problems.append("DATABASE_URL and DATABASE_OWNER_URL must use two different roles.")
    if not found.redis_url:
        problems.append("REDIS_URL must name the Redis that carries the work queue.")
    if not found.hosts:
        problems.append("MANDATE_HOSTS must list the host names that people use, separated by commas.")
    if not found.base_url.startswith("https://"):
        problems.append("MANDATE_BASE_URL must be the https:// address that people use.")
    if found.demo:
        problems.append("MANDATE_DEMO must be 0 in production: the demo's people share one known password.")
    if psycopg.pq.__impl__ == "python":
        problems.append("The pure-Python psycopg is installed; install psycopg[binary,pool].")
    return problems


def _flag(env: environ.Env, name: str, default: bool, problems: list[str]) -> bool:
    value = env.str(name, default="1" if default else "0").strip().lower()
    if value not in ("0", "1", "true", "false", "yes", "no", "on", "off"):
        problems.append(f"{name} is {value!r}; write 1 or 0.")
    return value in ("1", "true", "yes", "on")


def _port(env: environ.Env, problems: list[str]) -> int:
    value = env.str("PORT", default="8000")
    if not value.isdecimal() or not 1 <= int(value) <= 65535:
        problems.append(f"PORT is {value!r}; write a number from 1 to 65535.")
        return 8000
    return int(value)


def _networks(env: environ.Env, problems: list[str]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Private networks that the portal may send to, such as the one of a log collector; none by itself."""
    found = []
    for word in env.str("MANDATE_OUTBOUND_NETWORKS", default="").replace(",", " ").split():
        try:
            found.append(ipaddress.ip_network(word))
        except ValueError:
            problems.append(f"MANDATE_OUTBOUND_NETWORKS holds {word!r}; write networks like 10.20.0.0/16, separated by commas.")
    return found


def _months(env: environ.Env, problems: list[str]) -> int | None:
    """After how many months the organisation wants the trail's parts gone (GDPR art. 5(1)(e)); None: it has not said."""
    value = env.str("MANDATE_KEEP_AT_MOST_MONTHS", default="")
    if not value:
        return None
    if not value.isdecimal() or int(value) < 1:
        problems.append(f"MANDATE_KEEP_AT_MOST_MONTHS is {value!r}; write a number of months, or leave it out.")
        return None
    return int(value)


def _own_secret(data_dir: Path) -> str:
    """A key made on first start and kept beside the data, readable by the owner of the files only."""
    path = data_dir / "secret_key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"secret_key.{secrets.token_hex(8)}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48))
        try:
            path.hardlink_to(fresh)  # fails when another process was first: then theirs is the key
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()
