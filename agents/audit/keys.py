"""The key that signs checkpoints. It lives in a file outside the database; its public half in the checkpoint folder."""

import secrets
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings

from agents.audit.verifier.folder import KEYS, keys_of
from agents.audit.verifier.note import PublicKey


class KeyProblem(Exception):
    """The signing key cannot be used; the sentence says why and what to do."""


def origin() -> str:
    """The trail's name in its checkpoints."""
    return f"{settings.MANDATE_TRUST_DOMAIN}/trail"


def signing_key() -> Ed25519PrivateKey:
    """The key of this portal, made on first use. Raises KeyProblem."""
    path = Path(settings.MANDATE_SIGNING_KEY_FILE)
    if not path.exists():
        _make(path)
    return _load(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _load(path: Path, changed: int) -> Ed25519PrivateKey:
    try:
        found = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, OSError, UnsupportedAlgorithm) as problem:
        raise KeyProblem(f"{path} cannot be read as a signing key. Put the right file back from your key store.") from problem
    if not isinstance(found, Ed25519PrivateKey):
        raise KeyProblem(f"{path} holds another kind of key; checkpoints are signed with Ed25519.")
    return found


def _make(path: Path) -> None:
    """A new key, readable by the owner of the files only; the first of several processes wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    fresh.touch(mode=0o600)
    fresh.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def public_key(key: Ed25519PrivateKey) -> PublicKey:
    return PublicKey(origin(), key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def trusted() -> list[PublicKey]:
    """Every key that ever signed here, newest last. Empty before the first checkpoint. Raises BadNote."""
    path = Path(settings.MANDATE_CHECKPOINT_DIR) / KEYS
    return keys_of(path) if path.exists() else []


def must_be_trusted(key: PublicKey) -> None:
    """The first key is trusted by being first; another one must have been announced. Raises KeyProblem."""
    known = trusted()
    if not known:
        trust(key)
    elif key not in known:
        raise KeyProblem(
            "The signing key is not the one that signed before. Put the old file back, or run `manage.py audit_key --rotate`."
        )


def trust(key: PublicKey) -> None:
    """The checkpoint folder names the key from now on; those before it stay."""
    path = Path(settings.MANDATE_CHECKPOINT_DIR) / KEYS
    path.parent.mkdir(parents=True, exist_ok=True)
    if key not in trusted():
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{key}\n")


def rotate() -> PublicKey:
    """A new key signs from now on; the old file stays beside it, named after its key."""
    path = Path(settings.MANDATE_SIGNING_KEY_FILE)
    if path.exists():
        path.rename(path.with_name(f"{path.name}.{public_key(signing_key()).id.hex()}"))
    new = public_key(signing_key())
    trust(new)
    return new
