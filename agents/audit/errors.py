"""The two ways an action refuses. What is wrong with the *input* is Django's ValidationError."""


class Refusal(Exception):
    """Nothing was changed and nothing was recorded; `sentence` says why, for a person."""

    def __init__(self, sentence: str) -> None:
        self.sentence = str(sentence)
        super().__init__(self.sentence)


class NotAllowed(Refusal):
    """This person may not do this (HTTP 403). The sentence is the one on the disabled button."""


class IllegalMove(Refusal):
    """Not now: the row is in another state than the action needs (HTTP 409)."""


class Closed(Refusal):
    """Not by anybody now: the portal is read-only until an operator has looked at it (HTTP 503)."""
