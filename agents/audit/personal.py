"""How a person's name, e-mail address or other identifying text stands inside the hashed bytes: encrypted, and so erasable.

A token is `{"of": <person key>, "enc": base64url(nonce || ChaCha20-Poly1305 ciphertext)}`, bound to its person by the
associated data; without `enc` when the person was erased before. Only bytes of version 2 and later hold tokens.
"""

import base64
import binascii
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self, runtime_checkable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

NONCE = 12  # bytes
TOKENS_SINCE = 2  # the version of a body

Token = dict[str, str]


@dataclass(frozen=True)
class Personal:
    """Text about a person, put where it is told in the trail. key: of whom, as `actor_key`."""

    key: str
    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def as_told(self) -> Self:
        return self


@runtime_checkable
class Person(Protocol):
    """What is told as a person's, wherever it stands: their row, by its name, or a text about them."""

    @property
    def as_told(self) -> Personal: ...


Label = str | Personal | tuple[str | Personal, ...]


def text_of(label: Label) -> str:
    """A label as people read it now."""
    return "".join(map(str, label)) if isinstance(label, tuple) else str(label)


def closed(personal: Personal, key: bytes | None) -> Token:
    """The token; without the text when there is no key any more."""
    if key is None:
        return {"of": personal.key}
    nonce = os.urandom(NONCE)
    sealed = ChaCha20Poly1305(key).encrypt(nonce, personal.text.encode(), personal.key.encode())
    return {"of": personal.key, "enc": base64.urlsafe_b64encode(nonce + sealed).decode()}


def opened(token: Token, key: bytes) -> str | None:
    """The text; None when this key does not open it."""
    try:
        raw = base64.urlsafe_b64decode(token["enc"])
        return ChaCha20Poly1305(key).decrypt(raw[:NONCE], raw[NONCE:], token["of"].encode()).decode()
    except (InvalidTag, ValueError, binascii.Error):
        return None


def is_token(value: object) -> bool:
    return isinstance(value, dict) and "of" in value and value.keys() <= {"of", "enc"}


def told_apart(value: object) -> object:
    """A plain value in which nothing looks like a token: a mapping that does gets an empty key beside its own."""
    match value:
        case Mapping():
            plain = {key: told_apart(each) for key, each in value.items()}
            return plain | {"": ""} if is_token(plain) else plain
        case list() | tuple():
            return [told_apart(each) for each in value]
    return value


def tokens(body: Mapping[str, Any]) -> Iterator[Token]:
    """Every token of an event, as it was written."""
    if body["v"] >= TOKENS_SINCE:
        for part in _places(body):
            yield from _tokens(part)


def readable(body: Mapping[str, Any], read: Callable[[Token], str]) -> dict[str, Any]:
    """The event with its tokens opened by `read`, and labels of several parts made one."""
    if body["v"] < TOKENS_SINCE:
        return dict(body)
    found = dict(body)
    for name in ("target", "actor"):
        label = _opened(body[name]["label"], read)
        found[name] = {**body[name], "label": "".join(label) if isinstance(label, list) else label}
    for name in ("before", "after"):
        found[name] = {key: _opened(value, read) for key, value in body[name].items()}
    return found


def _places(body: Mapping[str, Any]) -> Iterator[object]:
    yield body["target"]["label"]
    yield body["actor"]["label"]
    yield from body["before"].values()
    yield from body["after"].values()


def _tokens(value: Any) -> Iterator[Token]:
    if is_token(value):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _tokens(each)


def _opened(value: Any, read: Callable[[Token], str]) -> Any:
    if is_token(value):
        return read(value)
    if isinstance(value, dict):
        return {key: _opened(each, read) for key, each in value.items()}
    return [_opened(each, read) for each in value] if isinstance(value, list) else value
