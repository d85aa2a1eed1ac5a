"""Columns of reviews that hold somebody's name."""

from agents.audit.events import Event
from agents.people.erasure import copied

copied("reviews.Campaign", "closed_by", Event.CAMPAIGN_CLOSED, Event.CAMPAIGN_CANCELLED)
