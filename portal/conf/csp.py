"""What a page may load: our own files, and nothing else.

`'unsafe-eval'`: unfold's menus are Alpine expressions, which are compiled in the browser; without it no page of the shell works.
`style-src 'unsafe-inline'`: unfold writes its colours into one <style> and uses style="" attributes.
Scripts: only files from here, so no inline script and no on* attribute ever runs.
"""

from __future__ import annotations

from typing import Any

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, UNSAFE_EVAL],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],  # the QR code of an authenticator app
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
