"""Each table of moves, whole: what the design allows, and nothing else (design section 4)."""

import pytest
from django.db import transaction

from agents.access.models import AccessRequest, ApprovalStage, Grant, RequestLine
from agents.audit.errors import IllegalMove
from agents.audit.events import Event
from agents.audit.models import Reaction, TrailEvent, TrailRef
from agents.audit.moves import move
from agents.registry.models import Agent
from portal.drawing import movable_models
from tests.people import TEST

DESIGN: dict[str, dict[str, set[str]]] = {
    Reaction._meta.label: {
        "waiting": {"done", "dead"},
        "done": set(),
        "dead": {"waiting"},
    },
    Agent._meta.label: {
        "draft": {"pending_owner", "retired"},
        "pending_owner": {"pending_approval", "draft", "retired"},
        "pending_approval": {"active", "draft", "retired"},
        "active": {"suspended", "quarantined", "retired"},
        "suspended": {"active", "quarantined", "retired"},
        "quarantined": {"pending_owner", "retired"},
        "retired": set(),
    },
    AccessRequest._meta.label: {
        "draft": {"pending", "cancelled"},
        "pending": {"needs_information", "decided", "cancelled", "expired"},
        "needs_information": {"pending", "cancelled", "expired"},
        "decided": set(),
        "cancelled": set(),
        "expired": set(),
    },
    RequestLine._meta.label: {
        "pending": {"approved", "denied", "withdrawn"},
        "approved": set(),
        "denied": set(),
        "withdrawn": set(),
    },
    ApprovalStage._meta.label: {
        "waiting": {"approved", "denied", "skipped"},
        "approved": set(),
        "denied": set(),
        "skipped": set(),
    },
    Grant._meta.label: {
        "scheduled": {"active", "held", "revoked", "expired"},
        "active": {"held", "revoked", "expired"},
        "held": {"active", "revoked"},
        "revoked": set(),
        "expired": set(),
    },
    "reviews.Campaign": {
        "scheduled": {"generating", "cancelled"},
        "generating": {"open", "cancelled"},
        "open": {"closed", "cancelled"},
        "closed": set(),
        "cancelled": set(),
    },
    "reviews.Item": {
        "undecided": {"decided", "executing"},
        "decided": {"undecided", "decided", "executing"},
        "executing": {"undecided", "decided", "done"},
        "done": set(),
    },
    "compliance.Pack": {
        "requested": {"building"},
        "building": {"ready", "failed"},
        "ready": set(),
        "failed": set(),
    },
}
MODELS = movable_models()


def test_every_model_with_states_is_compared_with_the_design() -> None:
    assert {model._meta.label for model in MODELS} == set(DESIGN)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_moves_are_those_of_the_design(model: type[Agent]) -> None:
    table = {str(state): {str(target) for target in targets} for state, targets in model.MOVES.items()}
    assert table == DESIGN[model._meta.label]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "old", "new"),
    [
        pytest.param(model, old, new, id=f"{model._meta.label}-{old}-{new}")
        for model in MODELS
        for old in model.State  # type: ignore[attr-defined]
        for new in model.State  # type: ignore[attr-defined]
        if new not in model.MOVES[old]  # type: ignore[attr-defined]
    ],
)
def test_a_move_outside_the_table_is_refused_and_not_recorded(model: type[Agent], old: Agent.State, new: Agent.State) -> None:
    row = model(state=old)
    row.trail_ref = lambda: TrailRef("row", "1", "the row")  # type: ignore[method-assign]
    with pytest.raises(IllegalMove), transaction.atomic():
        move(row, new, by=TEST, event=Event.AGENT_CHANGED)
    assert not TrailEvent.objects.exists()
