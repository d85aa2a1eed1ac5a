"""The console: every model of the house as a page to read, drawn from its fields.

Importing this package registers them (Django's autodiscovery does). A model that deserves better gets a class of its own in
`portal/admin/<app>.py`, built on portal.read_only.ReadOnlyAdmin, and is left alone here.
"""

from __future__ import annotations

from portal.admin.drawn import register_all

register_all()
