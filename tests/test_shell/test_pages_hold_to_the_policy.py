"""What a page may load and run: the header itself, and that no template of ours needs more than it allows."""

import re
from pathlib import Path

import pytest
import unfold
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests.people import Cast

TEMPLATES = settings.BASE_DIR / "templates"
OWN_CSS = settings.BASE_DIR / "portal" / "static" / "portal"
UNFOLD_CSS = Path(unfold.__file__).parent / "static" / "unfold" / "css" / "styles.css"
PAPER = ("compliance", "documents")  # documents for the printer have a stylesheet of their own
# Hooks of unfold's own scripts and Django's admin: names without a look.
UNSTYLED = {"popup", "colM", "module"}

POLICY = {
    "default-src": {"'none'"},
    "script-src": {"'self'", "'unsafe-eval'"},
    "style-src": {"'self'", "'unsafe-inline'"},
    "img-src": {"'self'", "data:"},
    "font-src": {"'self'"},
    "connect-src": {"'self'"},
    "manifest-src": {"'self'"},
    "form-action": {"'self'"},
    "frame-ancestors": {"'none'"},
    "base-uri": {"'none'"},
    "object-src": {"'none'"},
}


def templates() -> list[Path]:
    return sorted(path for path in TEMPLATES.rglob("*.html") if not set(PAPER).intersection(path.parts))


def shown(path: Path) -> str:
    """The template without its comments and tags."""
    return re.sub(r"\{% comment.*?endcomment %\}|\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/accounts/login/", "/nothing/", "/healthz", "/accounts/signup/"])
def test_the_policy_is_exactly_this(client: Client, path: str) -> None:
    header = client.get(path)["Content-Security-Policy"]
    assert {words[0]: set(words[1:]) for words in (part.split() for part in header.split(";"))} == POLICY


@pytest.mark.parametrize("path", templates(), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_template_runs_script_of_its_own(path: Path) -> None:
    text = shown(path)
    for tag in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in tag or "application/json" in tag, tag
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    assert "hx-on" not in text
    assert "js:" not in text
    assert "javascript:" not in text
    assert not re.search(r"\|\s*safe\b|autoescape off", text)


@pytest.mark.parametrize("path", templates(), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_template_asks_another_host(path: Path) -> None:
    assert not re.search(r"(?:src|href|action|data-[a-z-]+)\s*=\s*[\"'](?:https?:)?//", shown(path))


@pytest.mark.parametrize("path", sorted(OWN_CSS.glob("*.css")) + sorted(OWN_CSS.glob("*.js")), ids=lambda path: path.name)
def test_no_style_or_script_asks_another_host(path: Path) -> None:
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", path.read_text())


def test_every_class_used_in_templates_exists() -> None:
    # A class that our own scripts ask for has its use there.
    css = UNFOLD_CSS.read_text() + "".join(path.read_text() for path in [*OWN_CSS.glob("*.css"), *OWN_CSS.glob("*.js")])
    known = {name.replace("\\", "") for name in re.findall(r"\.((?:\\.|[\w-])+)", css)}
    missing = set()
    for path in templates():
        for value in re.findall(r"class=\"([^\"]*)\"", shown(path)):
            plain = re.sub(r"\{%.*?%\}", " ", re.sub(r"\{\{.*?\}\}", "?", value))
            names = {name for name in plain.split() if "?" not in name and not name.endswith("-")}
            missing |= {f"{path.relative_to(TEMPLATES)}: {name}" for name in names - known - UNSTYLED}
    assert sorted(missing) == []


def test_signed_in_page_loads_only_our_own_files(client: Client, cast: Cast) -> None:
    client.force_login(cast.sam)
    page = client.get(reverse("search")).content.decode()
    addresses = re.findall(r"<(?:script|link|img|source|iframe)\b[^>]*?(?:src|href)=\"([^\"]+)\"", page)
    assert len(addresses) > 5
    assert [one for one in addresses if not one.startswith("/static/")] == []
