from agents.audit.models.checkpoint import Checkpoint, Rollback
from agents.audit.models.label_key import LabelKey
from agents.audit.models.reaction import Reaction
from agents.audit.models.retention import LegalHold, RemovedSegment
from agents.audit.models.seal import Epoch, Seal, TreeNode
from agents.audit.models.sink import CheckpointReceipt, CheckpointSink
from agents.audit.models.trail_event import TrailEvent, TrailRef
from agents.audit.models.work import Alarm, DueRun, IdempotentCall

__all__ = [
    "Alarm",
    "Checkpoint",
    "CheckpointReceipt",
    "CheckpointSink",
    "DueRun",
    "Epoch",
    "IdempotentCall",
    "LabelKey",
    "LegalHold",
    "Reaction",
    "RemovedSegment",
    "Rollback",
    "Seal",
    "TrailEvent",
    "TrailRef",
    "TreeNode",
]
