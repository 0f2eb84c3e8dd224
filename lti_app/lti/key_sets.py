"""Platforms' public keys: fetched once, kept, fetched again for a key not seen before."""

import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm
from jwt.exceptions import InvalidKeyError

from lti_app.errors import PlatformUnavailable
from lti_app.lti.outbound import Outbound

FRESH_SECONDS = 3600
RETRY_SECONDS = 30
FAILED_SECONDS = 2
MAX_KEYS = 50
MIN_KEY_BITS = 2048

log = structlog.get_logger()


@dataclass
class _KeySet:
    keys: dict[str, RSAPublicKey] = field(default_factory=dict)
    fetched_at: float = float("-inf")
    retry_at: float = float("-inf")

    @property
    def is_fresh(self) -> bool:
        """Whether it was fetched within the hour."""
        return time.monotonic() - self.fetched_at < FRESH_SECONDS


class PlatformKeySets:
    """A cache of key sets by address, one per process.

    A key set older than an hour is fetched anew, and so is one that lacks the key asked for, but at most
    every 30 seconds: a flood of made-up `kid`s does not become a flood of requests. While the platform
    is down, the keys known so far go on serving.
    """

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound
        self._key_sets: dict[str, _KeySet] = {}
        self._failed_until: dict[str, float] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def find(self, url: str, kid: str) -> RSAPublicKey | None:
        """Return the platform's key of that id, or None where the platform does not have it.

        Raises:
            PlatformUnavailable: No key set is known and none could be fetched.
        """
        key_set = self._key_sets.get(url)
        if key_set is None or not key_set.is_fresh or kid not in key_set.keys:
            key_set = self._refresh(url, kid)
        return key_set.keys.get(kid)

    def _refresh(self, url: str, kid: str) -> _KeySet:
        # A lock per address: a platform that answers slowly holds up nobody else's launches.
        with self._locks[url]:
            key_set = self._key_sets.get(url)
            if key_set is None:
                return self._fetch_first(url)
            was_fetched_meanwhile = key_set.is_fresh and kid in key_set.keys
            if was_fetched_meanwhile or time.monotonic() < key_set.retry_at:
                return key_set
            key_set.retry_at = time.monotonic() + RETRY_SECONDS
            try:
                key_set.keys = self._fetch(url)
                key_set.fetched_at = time.monotonic()
            except PlatformUnavailable as error:
                log.warning("key_set_stale", url=url, error=str(error))
            return key_set

    def _fetch_first(self, url: str) -> _KeySet:
        # Those who waited for a fetch that failed do not each try in turn: they would take every thread.
        if time.monotonic() < self._failed_until.get(url, 0):
            raise PlatformUnavailable("the key set could not be fetched a moment ago")
        try:
            key_set = self._key_sets[url] = _KeySet(keys=self._fetch(url), fetched_at=time.monotonic())
        except PlatformUnavailable:
            self._failed_until[url] = time.monotonic() + FAILED_SECONDS
            raise
        return key_set

    def _fetch(self, url: str) -> dict[str, RSAPublicKey]:
        answer = self._outbound.send("GET", url, headers={"Accept": "application/json"})
        if answer.status != 200:
            raise PlatformUnavailable("the key set cannot be fetched", status=answer.status)
        document = answer.json()
        jwks = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(jwks, list):
            raise PlatformUnavailable("the key set's address answers something else")
        return dict(pair for jwk in jwks[:MAX_KEYS] if (pair := _rsa_key(jwk)))


def _rsa_key(jwk: Any) -> tuple[str, RSAPublicKey] | None:
    """Return (kid, key) of an RSA signing key; any other kind is passed over (RFC 7517, section 5)."""
    if not isinstance(jwk, dict) or not isinstance(jwk.get("kid"), str):
        return None
    if jwk.get("kty") != "RSA" or jwk.get("alg", "RS256") != "RS256" or jwk.get("use", "sig") != "sig":
        return None
    public_part = {name: jwk[name] for name in ("kty", "n", "e") if name in jwk}
    try:
        key = RSAAlgorithm.from_jwk(public_part)
    except (InvalidKeyError, ValueError, TypeError):
        return None
    if not isinstance(key, RSAPublicKey) or key.key_size < MIN_KEY_BITS:
        return None
    return jwk["kid"], key
