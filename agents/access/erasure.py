"""Columns of access that hold somebody's name."""

from agents.audit.events import Event
from agents.people.erasure import copied

copied("access.Grant", "revoked_by", Event.GRANT_REVOKED)
