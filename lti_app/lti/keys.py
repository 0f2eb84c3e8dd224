"""Our signing keys: one signs, all of them are published; a new one is published a day before it signs."""

import hashlib
import json
import os
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import jwt
import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from lti_app.clock import now

KEY_BITS = 2048
# Platforms keep our key set for its max-age, an hour; some for a day whatever it says (docs/decisions/0013).
PUBLISHED_AHEAD = timedelta(days=1)
PUBLISHED_AFTER = timedelta(days=1)
_STAMP = "%Y%m%dT%H%M%S%f"
_EVER = datetime.min.replace(tzinfo=UTC)
_PEM_END = "-----END "

log = structlog.get_logger()


class KeysUnusable(ValueError):
    """A private key cannot be used; the message is one sentence for an operator, without the key."""


@dataclass(frozen=True)
class SigningKey:
    """One private key with the `kid` under which its public half is published, and the moment from which it signs."""

    kid: str
    signs_from: datetime
    private_key: RSAPrivateKey

    def public_jwk(self) -> dict[str, Any]:
        """Return the public half as a JWK (RFC 7517) with `kid`, `alg` and `use`."""
        jwk: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(self.private_key.public_key()))
        jwk.pop("key_ops", None)
        return {**jwk, "kid": self.kid, "alg": "RS256", "use": "sig"}


class KeyRing:
    """The keys in one folder, a PEM file each, named `<signs from>-<kid>.pem`; or those given as PEMs, in their order.

    The folder is looked at each time: a file that was added, by whatever process, is known at the next use. A key
    is loaded once; that costs about 36 ms of CPU.
    """

    def __init__(self, folder: Path, *, pems: str = "") -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._loaded: dict[str, SigningKey] = {}
        self._given = _read_pems(pems)

    @property
    def is_given(self) -> bool:
        """Whether the keys come from the environment: then they are rotated there."""
        return bool(self._given)

    @property
    def keys(self) -> list[SigningKey]:
        """The keys, newest first; the first one is made where there is none.

        A file that cannot be used does not stop a process that has keys already: it goes on with them.

        Raises:
            KeysUnusable: There is no key, or one that cannot be used, and none is known yet.
        """
        if self._given:
            return self._given
        with self._lock:
            try:
                self._loaded = self._load_folder()
            except KeysUnusable as error:
                if not self._loaded:
                    raise
                log.warning("keys_unusable", error=str(error))
            return list(self._loaded.values())

    @property
    def signing_key(self) -> SigningKey:
        """The key that signs now: the newest whose time has come."""
        return _signing_key(self.keys, at=now())

    def sign(self, claims: dict[str, Any]) -> str:
        """Return the claims as a JWT (RS256, with `kid`)."""
        key = self.signing_key
        return jwt.encode(claims, key.private_key, algorithm="RS256", headers={"kid": key.kid})

    def public_jwks(self) -> dict[str, list[dict[str, Any]]]:
        """Return the key set that platforms fetch: every key, newest first."""
        return {"keys": [key.public_jwk() for key in self.keys]}

    def rotate(self, *, at_once: bool = False) -> SigningKey:
        """Make a new key, published from now on; it signs in a day, or `at_once`. The older ones stay published.

        Raises:
            KeysUnusable: It cannot be written, or the keys come from the environment; nothing has changed then.
        """
        if self._given:
            raise KeysUnusable("The keys come from STAFFROOM_PRIVATE_KEYS; rotate them there, as keys/README.md says.")
        _ = self.keys
        return self._write_new(now() if at_once else now() + PUBLISHED_AHEAD)

    def prune(self) -> list[SigningKey]:
        """Remove the keys that no platform can still need, their files too; return them. The last one always stays.

        A key is needed until a day after the next one began to sign.
        """
        if self._given:
            return []
        keys, at = self.keys, now()
        old = [key for newer, key in pairwise(keys) if newer.signs_from <= at - PUBLISHED_AFTER]
        for key in old:
            (self.folder / _file_name(key.signs_from, key.kid)).unlink(missing_ok=True)
            log.info("key_removed", kid=key.kid)
        return old

    def _load_folder(self) -> dict[str, SigningKey]:
        """Return the keys of the folder by file name, newest first."""
        try:
            names = sorted((path.name for path in self.folder.glob("*.pem")), reverse=True)
            if not names and not self._loaded:
                self._write_new(now())
                names = sorted((path.name for path in self.folder.glob("*.pem")), reverse=True)
            keys = {name: self._loaded.get(name) or _load(self.folder / name) for name in names}
        except OSError as error:
            raise KeysUnusable(f"{self.folder} cannot be used for keys ({error.strerror}).") from error
        if not keys:
            raise KeysUnusable(f"{self.folder} holds no key any more.")
        return keys

    def _write_new(self, signs_from: datetime) -> SigningKey:
        private_key = generate_private_key(public_exponent=65537, key_size=KEY_BITS)
        pem = private_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        kid = _thumbprint(private_key)
        path = self.folder / _file_name(signs_from, kid)
        # Written under another name first: nobody ever reads half a key, and a full disk leaves the others as they are.
        unfinished = path.with_suffix(".part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with open(unfinished, "xb", opener=_only_owner) as file:
                file.write(pem)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(path)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink()
            raise KeysUnusable(f"No key can be written to {self.folder} ({error.strerror}).") from error
        return SigningKey(kid=kid, signs_from=signs_from, private_key=private_key)


def _signing_key(keys: Sequence[SigningKey], *, at: datetime) -> SigningKey:
    """Return the newest key whose time has come; where none has, the one that is due first."""
    return next((key for key in keys if key.signs_from <= at), keys[-1])


def _only_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _file_name(signs_from: datetime, kid: str) -> str:
    return f"{signs_from.strftime(_STAMP)}-{kid}.pem"


def _thumbprint(private_key: RSAPrivateKey) -> str:
    public = private_key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(public).hexdigest()[:16]


def _load(path: Path) -> SigningKey:
    signs_from, kid = _parts(path)
    if path.stat().st_mode & 0o077:
        raise KeysUnusable(f"{path} is open to others than its owner; run: chmod 600 {path}")
    return SigningKey(kid=kid, signs_from=signs_from, private_key=_read_pem(path.read_bytes(), name=str(path)))


def _parts(path: Path) -> tuple[datetime, str]:
    stamp, dash, kid = path.stem.partition("-")
    try:
        return datetime.strptime(stamp + dash, _STAMP + "-").replace(tzinfo=UTC), kid
    except ValueError as error:
        raise KeysUnusable(f"{path} has another name than keys have, <signs from>-<kid>.pem; move it away.") from error


def _read_pem(pem: bytes, *, name: str) -> RSAPrivateKey:
    try:
        private_key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeysUnusable(f"{name} holds no private key in PEM form, or one with a password.") from error
    if not isinstance(private_key, RSAPrivateKey):
        raise KeysUnusable(f"{name} is not an RSA key; platforms take RS256 only.")
    if private_key.key_size < KEY_BITS:
        raise KeysUnusable(f"{name} has {private_key.key_size} bits; platforms take {KEY_BITS} or more.")
    return private_key


def _read_pems(text: str) -> list[SigningKey]:
    """Return the keys of one or several PEMs; the first signs. Line ends may be a backslash and an n."""
    private_keys = [_read_pem(pem.encode(), name="A key of STAFFROOM_PRIVATE_KEYS") for pem in _split(text)]
    by_kid = {_thumbprint(private_key): private_key for private_key in private_keys}
    return [SigningKey(kid=kid, signs_from=_EVER, private_key=private_key) for kid, private_key in by_kid.items()]


def _split(text: str) -> Iterable[str]:
    lines: list[str] = []
    for line in filter(None, map(str.strip, text.replace("\\n", "\n").splitlines())):
        lines.append(line)
        if line.startswith(_PEM_END):
            yield "\n".join(lines) + "\n"
            lines = []
    if lines:
        yield "\n".join(lines)
