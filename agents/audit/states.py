"""States carry their meaning with them: value, tone (colour and shape on pages) and label."""

from typing import Literal, Self

from django.db.models.enums import Choices

Tone = Literal["good", "wait", "warn", "bad", "off"]


class StateChoices(str, Choices):  # noqa: SLOT000  (an enum's members are made once)
    """`ACTIVE = "active", "good", _("active")`: what is stored, how it looks, what people read.

    Tones: good (works), wait (somebody's turn), warn (held or limited), bad (needs action), off (over).
    """

    tone: Tone

    def __new__(cls, value: str, tone: Tone = "off") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.tone = tone
        return member

    def __str__(self) -> str:
        return str(self.value)
