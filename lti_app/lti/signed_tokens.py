"""Tokens that platforms sign: nothing but the header is read before the signature; verified claims alone count."""

import base64
import binascii
import json
import string
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import jwt

from lti_app.errors import PlatformUnavailable
from lti_app.lti.key_sets import PlatformKeySets
from lti_app.lti.refusals import Check, LaunchRefused
from lti_app.models.platform import Registration

ALGORITHM = "RS256"
LEEWAY = timedelta(seconds=60)
MAX_LIFETIME = timedelta(hours=1)
MAX_TOKEN_BYTES = 32 * 1024
LATEST_MOMENT = 10**15
_BASE64URL = (string.ascii_letters + string.digits + "-_").encode()
_KEY_CARRYING_HEADERS = {"crit", "jwk", "jku", "x5u", "x5c"}
_TIME_ERRORS = (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError, jwt.InvalidIssuedAtError)


class Signatures(jwt.PyJWS):
    """PyJWT's check of a signature, with a quicker way for a part that is plain base64url.

    PyJWT 2.15 looks at each of some 4,000 letters with an expression of its own, which takes longer than the
    signature does. Whatever is unusual about a part is left to PyJWT, to refuse or to take.
    """

    @staticmethod
    def _decode_base64url_segment(segment: bytes, name: str) -> bytes:
        if not segment.translate(None, _BASE64URL):
            with suppress(binascii.Error):
                decoded = base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
                # Spare bits at the end are zero: of several spellings of the same bytes, one counts.
                if base64.urlsafe_b64encode(decoded).rstrip(b"=") == segment:
                    return decoded
        return jwt.PyJWS._decode_base64url_segment(segment, name)  # noqa: SLF001 - what this overrides


class _Tokens(jwt.PyJWT):
    """PyJWT's check of a token, over `Signatures`."""

    def __init__(self) -> None:
        super().__init__()
        self._jws = Signatures()


_TOKENS = _Tokens()


def header_of(token: str) -> dict[str, Any]:
    """Return a token's header, unverified: it only finds the key.

    Raises:
        LaunchRefused: The token is too large or malformed, or asks for something other than plain RS256.
    """
    if len(token) > MAX_TOKEN_BYTES:
        raise LaunchRefused(Check.SIZE, "The token is larger than 32 kB.", status=413)
    first, _, rest = token.partition(".")
    try:
        header = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise LaunchRefused(Check.TOKEN, "The token is missing or malformed.") from error
    if not isinstance(header, dict) or rest.count(".") != 1:
        raise LaunchRefused(Check.TOKEN, "The token is malformed.")
    if header.get("alg") != ALGORITHM or not _KEY_CARRYING_HEADERS.isdisjoint(header):
        raise LaunchRefused(Check.TOKEN, "The token's header asks for something other than plain RS256.")
    if not isinstance(header.get("kid"), str) or not header["kid"]:
        raise LaunchRefused(Check.KEY, "The token names no key.")
    return header


def verified_claims(token: str, *, kid: str, row: Registration, key_sets: PlatformKeySets) -> dict[str, Any]:
    """Return the claims of a token that the platform signed for us, and for us alone, within the last hour.

    Raises:
        LaunchRefused: Key, signature, issuer, audience or a time is not right, or the key set cannot be fetched.
    """
    try:
        claims: dict[str, Any] = _TOKENS.decode(
            token,
            _public_key(row, kid, key_sets),
            algorithms=[ALGORITHM],
            audience=row.client_id,
            issuer=row.issuer,
            leeway=LEEWAY,
            options={
                "require": ["exp", "iat", "nonce", "aud", "iss"],
                "verify_sub": False,
                "verify_jti": False,
            },
        )
    except _TIME_ERRORS as error:
        raise LaunchRefused(Check.TIME, "The token is past its time, or not valid yet.") from error
    except (jwt.InvalidAudienceError, jwt.InvalidIssuerError) as error:
        raise LaunchRefused(Check.AUDIENCE, "The token is for another tool, or of another platform.") from error
    except jwt.InvalidSignatureError as error:
        raise LaunchRefused(Check.SIGNATURE, "The signature does not fit the platform's key.") from error
    except (jwt.PyJWTError, ValueError, OverflowError, RecursionError) as error:
        raise LaunchRefused(Check.TOKEN, f"The token is malformed ({type(error).__name__}).") from error
    _check_lifetime(claims)
    _check_authorized_party(claims, row.client_id)
    return claims


def _public_key(row: Registration, kid: str, key_sets: PlatformKeySets) -> Any:
    try:
        key = key_sets.find(row.jwks_url, kid)
    except PlatformUnavailable as error:
        raise LaunchRefused(Check.KEYS_UNREACHABLE, f"The platform's key set: {error}.", status=503) from error
    if key is None:
        raise LaunchRefused(Check.KEY, "The platform's key set has no key of this id.")
    return key


def _check_lifetime(claims: Mapping[str, Any]) -> None:
    issued, expires = claims["iat"], claims["exp"]
    if not _is_moment(issued) or not _is_moment(expires):
        raise LaunchRefused(Check.TIME, "The token's times are no moments.")
    if expires - issued > MAX_LIFETIME.total_seconds():
        raise LaunchRefused(Check.TIME, "The token would live for more than an hour.")


def _is_moment(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 < value < LATEST_MOMENT


def _check_authorized_party(claims: Mapping[str, Any], client_id: str) -> None:
    """Refuse a token made for somebody else too (OpenID Connect core, 3.1.3.7, steps 3 to 5)."""
    audience, party = claims["aud"], claims.get("azp")
    has_several = isinstance(audience, list) and len(audience) > 1
    if party != client_id and (party is not None or has_several):
        raise LaunchRefused(Check.AUDIENCE, "The token's authorized party is another tool.")
