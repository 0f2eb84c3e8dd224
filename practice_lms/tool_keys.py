"""Reading the tool's public keys over HTTP, and verifying what the tool signed."""

from threading import Lock
from typing import Any

import jwt
import requests

from practice_lms.manner import KeyCaching

FETCH_TIMEOUT_SECONDS = (2, 5)


class KeySetUnreachableError(Exception):
    """The tool's key set could not be fetched, or is not a key set."""


class BadSignatureError(Exception):
    """A token is not a JWT that one of the tool's keys signed with RS256; the message says why."""


class ToolKeys:
    """The tool's key set, kept as long as a switch says; unless told otherwise as Moodle does."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = Lock()
        self._keys: dict[str, jwt.PyJWK] | None = None

    def verify(self, token: str, caching: KeyCaching = KeyCaching.UNTIL_IT_FAILS) -> dict[str, Any]:
        """Return the claims of a token of the tool; times, audience and issuer are the caller's to check.

        Raises:
            BadSignatureError: when it is no RS256 token with a kid, or no key of the tool signed it.
            KeySetUnreachableError: when the keys are needed and cannot be had.
        """
        kid = _kid_of(token)
        with self._lock:
            kept = None if caching is KeyCaching.NOT_AT_ALL else self._keys
        if kept is not None:
            try:
                return _claims(token, kept.get(kid))
            except BadSignatureError:
                # The tool may have rotated its keys: look once more before saying no.
                if caching is KeyCaching.FOR_EVER or (caching is KeyCaching.UNTIL_UNKNOWN_KID and kid in kept):
                    raise
        fresh = self._fetch()
        with self._lock:
            self._keys = fresh
        return _claims(token, fresh.get(kid))

    def forget(self) -> None:
        """Fetch the key set anew at the next verification."""
        with self._lock:
            self._keys = None

    def _fetch(self) -> dict[str, jwt.PyJWK]:
        try:
            answer = requests.get(self._url, timeout=FETCH_TIMEOUT_SECONDS, allow_redirects=False)
            answer.raise_for_status()
            rows = answer.json()["keys"]
            return {row["kid"]: jwt.PyJWK(row, algorithm="RS256") for row in rows if row.get("kid")}
        except (requests.RequestException, ValueError, KeyError, TypeError, AttributeError) as error:
            raise KeySetUnreachableError(f"the key set at {self._url} cannot be used") from error
        except jwt.PyJWTError as error:
            raise KeySetUnreachableError(f"the key set at {self._url} holds a broken key") from error


def stated_issuer(token: str) -> object:
    """Return whom a token claims to come from, unverified: good for looking up whose keys to try, for nothing else."""
    try:
        return jwt.decode(token, options={"verify_signature": False}).get("iss")
    except jwt.PyJWTError:
        return None


def _kid_of(token: str) -> str:
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise BadSignatureError("it is not a JWT") from error
    if header.get("alg") != "RS256":
        raise BadSignatureError("it is not signed with RS256")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise BadSignatureError("its header has no kid")
    return kid


def _claims(token: str, key: jwt.PyJWK | None) -> dict[str, Any]:
    if key is None:
        raise BadSignatureError("its kid is not in the key set")
    try:
        # Times are checked by the caller, against the clock of this LMS.
        unchecked = {f"verify_{name}": False for name in ("exp", "iat", "nbf", "aud", "iss", "sub", "jti")}
        return jwt.decode(token, key, algorithms=["RS256"], options=unchecked)  # type: ignore[arg-type]
    except jwt.PyJWTError as error:
        raise BadSignatureError("its signature is wrong") from error
