"""The platform's signing keys: making them, publishing them, and signing tokens, good and bad ones."""

import hashlib
import hmac
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_HASHES: dict[str, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    "256": hashes.SHA256,
    "384": hashes.SHA384,
    "512": hashes.SHA512,
}


@dataclass(frozen=True, kw_only=True)
class SigningKey:
    """An RSA key of the platform, private half and all, as PEM."""

    kid: str
    pem: str


def new_signing_key() -> SigningKey:
    """Make an RSA key of 2048 bits under a random kid."""
    private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return SigningKey(kid=secrets.token_hex(10), pem=pem.decode())


def public_jwk(key: SigningKey) -> dict[str, str]:
    """Return the public half as a JSON Web Key (RFC 7517)."""
    numbers = _private_key(key.pem).public_key().public_numbers()
    return {
        "kty": "RSA",
        "alg": "RS256",
        "use": "sig",
        "kid": key.kid,
        "n": _base64url(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8)),
        "e": _base64url(numbers.e.to_bytes(3)),
    }


def sign(key: SigningKey, claims: Mapping[str, Any], *, header: Mapping[str, Any] | None = None) -> str:
    """Return a compact JWS of exactly these claims.

    `header` overrides fields of the JOSE header, None removes one. The signature follows the stated
    `alg`, so that tests get tokens that are bad in one way only: `HS256` is keyed with our public key.
    """
    jose = {"typ": "JWT", "alg": "RS256", "kid": key.kid} | dict(header or {})
    jose = {name: value for name, value in jose.items() if value is not None}
    signing_input = f"{_base64url(_json(jose))}.{_base64url(_json(claims))}"
    signature = _signature(key, str(jose.get("alg", "RS256")), signing_input.encode())
    return f"{signing_input}.{_base64url(signature)}"


def _signature(key: SigningKey, algorithm: str, message: bytes) -> bytes:
    family, bits = algorithm[:2], algorithm[2:]
    private_key = _private_key(key.pem)
    if algorithm == "none":
        return b""
    if family == "HS":
        public_pem = private_key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return hmac.new(public_pem, message, getattr(hashlib, f"sha{bits}", hashlib.sha256)).digest()
    digest = _HASHES.get(bits, hashes.SHA256)()
    if family == "PS":
        return private_key.sign(message, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    return private_key.sign(message, padding.PKCS1v15(), digest)


@lru_cache(maxsize=64)
def _private_key(pem: str) -> rsa.RSAPrivateKey:
    # Reading a private PEM takes some 36 ms, far more than a signature: once per key is enough.
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("the platform signs with RSA keys only")
    return key


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _base64url(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
