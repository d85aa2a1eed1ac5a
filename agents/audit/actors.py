"""Who did it. A person is a row of `people.User`; what the portal does by itself has a name too."""

from dataclasses import dataclass
from typing import Protocol


class Actor(Protocol):
    """Somebody or something that can be named in the trail."""

    @property
    def actor_kind(self) -> str: ...

    @property
    def actor_key(self) -> str: ...

    @property
    def actor_label(self) -> str: ...


@dataclass(frozen=True)
class System:
    """The portal itself, acting by rule: `System("scheduler")`."""

    name: str

    @property
    def actor_kind(self) -> str:
        return "system"

    @property
    def actor_key(self) -> str:
        return self.name

    @property
    def actor_label(self) -> str:
        return f"Mandate ({self.name})"
