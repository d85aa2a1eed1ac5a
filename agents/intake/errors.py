"""How intake refuses."""


class Unreadable(Exception):
    """Nothing of this input was used; `sentence` says what is wrong, where, and what to do."""

    def __init__(self, sentence: str) -> None:
        self.sentence = str(sentence)
        super().__init__(self.sentence)


class TooLarge(Unreadable):
    """More bytes, rows or levels than we take (HTTP 413)."""
