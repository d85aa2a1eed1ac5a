"""Is this signed? By the cryptography package where it is installed (a hundred times faster), else by our own integers."""

from agents.audit.verifier import ed25519

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:  # an auditor's machine
    is_signed = ed25519.is_signed
else:

    def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True
