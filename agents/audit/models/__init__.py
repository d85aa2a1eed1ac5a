from agents.audit.models.reaction import Reaction
from agents.audit.models.trail_event import TrailEvent, TrailRef

__all__ = ["Reaction", "TrailEvent", "TrailRef"]
