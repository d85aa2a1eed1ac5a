"""Signed notes: one spelling, trusted keys only; our own Ed25519 says what the well-known one says."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.audit.verifier import ed25519
from agents.audit.verifier.note import BadNote, Head, PublicKey, opened, signed

KEY, OTHER = Ed25519PrivateKey.from_private_bytes(b"k" * 32), Ed25519PrivateKey.from_private_bytes(b"o" * 32)
HEAD = Head("mandate.test/trail", 1204, bytes(range(32)), 2, bytes(32), "2026-11-24T17:20:49.000000+00:00")


def raw(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


PUBLIC, STRANGE = PublicKey("mandate.test/trail", raw(KEY)), PublicKey("mandate.test/trail", raw(OTHER))
NOTE = signed(HEAD, PUBLIC, KEY.sign(HEAD.text().encode()))


def test_a_note_says_what_was_signed() -> None:
    assert opened(NOTE, [STRANGE, PUBLIC], "mandate.test/trail") == HEAD


def test_a_verifier_key_survives_its_spelling() -> None:
    assert PublicKey.parse(str(PUBLIC)) == PUBLIC


@pytest.mark.parametrize("spelled", ["", "name", "name+00000000+AQ==", str(PUBLIC)[:-4], str(PUBLIC).replace("+", "-")])
def test_what_is_no_verifier_key_is_refused(spelled: str) -> None:
    with pytest.raises(BadNote):
        PublicKey.parse(spelled)


@pytest.mark.parametrize(
    "note",
    [
        "",
        NOTE.replace("1204", "1205"),
        NOTE.replace("1204", "01204"),
        NOTE.replace("epoch 2", "epoch 1"),
        NOTE.replace("17:20", "17:21"),
        NOTE.replace("mandate.test/trail\n", "mandate.evil/trail\n", 1),
        NOTE.replace("\n\n", "\nmore\n\n"),
        NOTE.replace("\n\n", "\n"),
        NOTE[: NOTE.index("—")],
        NOTE.replace("— mandate.test/trail", "— somebody"),
        signed(HEAD, PUBLIC, OTHER.sign(HEAD.text().encode())),
        signed(HEAD, STRANGE, OTHER.sign(HEAD.text().encode())),
    ],
)
def test_what_nobody_trusted_signed_is_refused(note: str) -> None:
    with pytest.raises(BadNote):
        opened(note, [PUBLIC])


def test_a_checkpoint_of_another_trail_is_refused() -> None:
    with pytest.raises(BadNote, match="another trail"):
        opened(NOTE, [PUBLIC], "mandate.other/trail")


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=80), st.integers(0, 95), st.integers(1, 255))
def test_our_ed25519_agrees_with_the_known_one(message: bytes, at: int, flip: int) -> None:
    signature = KEY.sign(message)
    assert ed25519.is_signed(raw(KEY), message, signature)
    both = bytearray(raw(KEY) + signature)
    both[at] ^= flip
    assert not ed25519.is_signed(bytes(both[:32]), message, bytes(both[32:]))
    assert not ed25519.is_signed(raw(KEY), message + b"!", signature)


def test_the_vector_of_rfc_8032_holds() -> None:
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    assert ed25519.is_signed(public, b"", signature)
    assert not ed25519.is_signed(public[:-1], b"", signature)
