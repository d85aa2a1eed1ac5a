"""How outbound fails. Both carry a sentence without any header, body or query of ours."""


class OutboundError(Exception):
    def __init__(self, sentence: str) -> None:
        self.sentence = str(sentence)
        super().__init__(self.sentence)


class Forbidden(OutboundError):
    """We may not go there; no byte was sent."""


class Unreachable(OutboundError):
    """The other side did not answer as it must: refused, too late, too much, or somewhere else. It may have acted."""
