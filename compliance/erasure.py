"""Columns of compliance that hold somebody's name. The file of a ready pack is evidence and stays as it was handed out."""

from agents.audit.events import Event
from agents.people.erasure import copied

copied("compliance.Pack", "requested_by_label", Event.PACK_REQUESTED)
