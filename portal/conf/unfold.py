"""The page shell: unfold's settings in our colours.

unfold writes text and buttons in its shade 600 (light) and 500 (dark). Our accent is teal 700 and 300, which keep 4.5:1 on
paper and on ink, so those shades are named 600 and 500 here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static


def _asset(name: str) -> Callable[[HttpRequest], str]:
    """The address is asked for with each request: in production it holds the file's hash."""
    return lambda _request: static(f"portal/{name}")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Mandate",
    "SITE_HEADER": "Mandate",
    "SITE_URL": None,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _asset("mark.svg")}],
    "SHOW_HISTORY": False,  # Django's admin log; ours is the trail
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "STYLES": [_asset("portal.css")],
    "SCRIPTS": [_asset("shell.js"), _asset("command.js"), _asset("details.js")],
    "COLORS": {
        "primary": {
            "50": "#f0fdfa",
            "100": "#ccfbf1",
            "200": "#99f6e4",
            "300": "#5eead4",
            "400": "#5eead4",
            "500": "#5eead4",
            "600": "#0f766e",
            "700": "#115e59",
            "800": "#115e59",
            "900": "#134e4a",
            "950": "#042f2e",
        },
        "font": {"subtle-light": "var(--color-base-600)"},
    },
    "SIDEBAR": {"navigation": []},  # portal/navigation.py draws it
}
