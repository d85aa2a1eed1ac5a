import hashlib
import io

import pytest

from agents.intake.bounded import Bounded, fingerprint, rereadable
from agents.intake.errors import TooLarge


def test_a_source_is_read_to_its_limit_and_not_one_byte_further() -> None:
    assert Bounded(io.BytesIO(b"x" * 10), 10).read() == b"x" * 10
    with pytest.raises(TooLarge):
        Bounded(io.BytesIO(b"x" * 11), 10).read()


def test_a_copy_can_be_read_again_and_has_the_source_s_fingerprint() -> None:
    raw = b"abc" * 3_000_000  # beyond what is kept in memory
    with rereadable(io.BytesIO(raw), 10_000_000) as copy:
        assert fingerprint(copy) == hashlib.sha256(raw).hexdigest()
        assert copy.read() == raw
    assert copy.closed


def test_a_copy_that_grows_too_large_is_refused() -> None:
    with pytest.raises(TooLarge, match="larger than the 1 MB"), rereadable(io.BytesIO(b"x" * 1_000_001), 1_000_000):
        pass
