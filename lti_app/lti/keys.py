"""Our signing keys: read once per process, signed with the newest, all of them published."""

import hashlib
import json
import os
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from lti_app.clock import now

KEY_BITS = 2048


@dataclass(frozen=True)
class SigningKey:
    """One private key with the `kid` under which its public half is published."""

    kid: str
    made_at: datetime
    private_key: RSAPrivateKey

    def public_jwk(self) -> dict[str, Any]:
        """Return the public half as a JWK (RFC 7517) with `kid`, `alg` and `use`."""
        jwk: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(self.private_key.public_key()))
        jwk.pop("key_ops", None)
        return {**jwk, "kid": self.kid, "alg": "RS256", "use": "sig"}


class KeyRing:
    """The keys in one folder, a PEM file each, named `<made>-<kid>.pem`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._keys: list[SigningKey] = []

    @property
    def keys(self) -> list[SigningKey]:
        """The keys, newest first; the first one is made where there is none.

        Loading a PEM costs about 36 ms of CPU, so it happens once per process.
        """
        with self._lock:
            if not self._keys:
                paths = sorted(self.folder.glob("*.pem"), reverse=True) or [self._write_new()]
                self._keys = [_load(path) for path in paths]
            return self._keys

    def sign(self, claims: dict[str, Any]) -> str:
        """Return the claims as a JWT signed with the newest key (RS256, with `kid`)."""
        key = self.keys[0]
        return jwt.encode(claims, key.private_key, algorithm="RS256", headers={"kid": key.kid})

    def public_jwks(self) -> dict[str, list[dict[str, Any]]]:
        """Return the key set that platforms fetch: every key, newest first."""
        return {"keys": [key.public_jwk() for key in self.keys]}

    def rotate(self) -> SigningKey:
        """Make a new key; the older ones stay published, so that cached key sets go on working."""
        with self._lock:
            self._write_new()
            self._keys = []
        return self.keys[0]

    def _write_new(self) -> Path:
        private_key = generate_private_key(public_exponent=65537, key_size=KEY_BITS)
        pem = private_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        made = now().strftime("%Y%m%dT%H%M%S%f")
        path = self.folder / f"{made}-{_thumbprint(private_key)}.pem"
        self.folder.mkdir(parents=True, exist_ok=True)
        # Written under another name first: a process that starts meanwhile never reads half a key.
        unfinished = path.with_suffix(".part")
        with open(unfinished, "xb", opener=_only_owner) as file:
            file.write(pem)
        unfinished.rename(path)
        return path


def _only_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _thumbprint(private_key: RSAPrivateKey) -> str:
    public = private_key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(public).hexdigest()[:16]


def _load(path: Path) -> SigningKey:
    private_key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(private_key, RSAPrivateKey):
        raise TypeError(f"{path} is not an RSA key; platforms take RS256 only.")
    made, _, kid = path.stem.partition("-")
    made_at = datetime.strptime(made + "+0000", "%Y%m%dT%H%M%S%f%z")
    return SigningKey(kid=kid, made_at=made_at, private_key=private_key)
