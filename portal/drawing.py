"""`docs/states.md`, drawn from the enums and their tables of moves."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models

HEAD = """# States

Drawn from the code by `manage.py draw_states`; `make check` fails when this page is older than the code.
`move()` in `agents/audit/moves.py` is the only writer of a state. A state without an arrow out of it is final.
"""


def movable_models() -> list[type[models.Model]]:
    """Models with a table of moves, from the lowest floor up."""
    return [model for model in apps.get_models() if hasattr(model, "MOVES")]


def states_page() -> str:
    return "\n".join([HEAD, *(line for model in movable_models() for line in _section(model))])


def _section(model: Any) -> Iterator[str]:
    yield f"## {str(model._meta.verbose_name).capitalize()} (`{model._meta.label}`)\n"
    yield "| stored | read | may become |"
    yield "| --- | --- | --- |"
    for state in model.State:
        targets = ", ".join(f"`{target.value}`" for target in model.State if target in model.MOVES[state])
        yield f"| `{state.value}` | {state.label} | {targets or 'final'} |"
    yield "\n```mermaid\nstateDiagram-v2"
    initial = model._meta.get_field("state").get_default()
    yield f"    [*] --> {initial}"
    for state in model.State:
        for target in model.State:
            if target in model.MOVES[state]:
                yield f"    {state.value} --> {target.value}"
        if not model.MOVES[state]:
            yield f"    {state.value} --> [*]"
    yield "```\n"
