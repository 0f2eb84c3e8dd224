"""Access tokens for services: checking the tool's signed assertion, and what a token allows."""

import math
import secrets
from collections.abc import Mapping
from typing import Any

from practice_lms.json_numbers import finite
from practice_lms.lms import Lms
from practice_lms.state import AccessToken
from practice_lms.tool_keys import BadSignatureError, stated_issuer
from practice_lms.tools import Tool

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_ASSERTION_LIFETIME_SECONDS = 3600


class OAuthError(Exception):
    """A token request was refused, in the words of RFC 6749 §5.2."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


def grant_token(lms: Lms, form: Mapping[str, str]) -> AccessToken:
    """Check a token request (LTI security §4.1) and give a token for the scopes that we know of.

    Raises:
        OAuthError: when the request or the assertion in it is not as it must be.
        KeySetUnreachableError: when the tool's keys cannot be had.
    """
    if form.get("grant_type") != "client_credentials":
        raise OAuthError("unsupported_grant_type", "grant_type must be client_credentials")
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise OAuthError("invalid_request", "client_assertion_type is not the JWT bearer one")
    if not form.get("client_assertion"):
        raise OAuthError("invalid_request", "client_assertion is missing")
    tool = _stated_tool(lms, form["client_assertion"])
    try:
        claims = lms.verify(tool, form["client_assertion"])
    except BadSignatureError as error:
        raise OAuthError("invalid_client", f"client_assertion refused: {error}", status=401) from error
    _check_parties(lms, claims, tool=tool)
    _check_times(claims, now=lms.now().timestamp())
    scopes = frozenset(tool.scopes).intersection(form.get("scope", "").split())
    if not scopes:
        raise OAuthError("invalid_scope", "none of the scopes is known here")
    return _new_token(lms, claims, tool=tool, scopes=scopes)


def valid_token(lms: Lms, value: str) -> AccessToken | None:
    """Return a token, or None when it was never given, was revoked, has expired, or its tool is gone."""
    now = lms.now().timestamp()
    with lms.reading() as state:
        known = state.tokens.get(value)
        return known if known and known.expires_at > now and known.tool in state.tools else None


def _stated_tool(lms: Lms, assertion: str) -> Tool:
    client_id = stated_issuer(assertion)
    with lms.reading() as state:
        for tool in state.tools.values():
            if tool.client_id == client_id and tool.active:
                return tool
    raise OAuthError("invalid_client", "iss is not the client id of a tool of this platform", status=401)


def _check_parties(lms: Lms, claims: dict[str, Any], *, tool: Tool) -> None:
    if claims.get("iss") != tool.client_id or claims.get("sub") != tool.client_id:
        raise OAuthError("invalid_client", "iss and sub must both be the client id", status=401)
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    with lms.reading() as state:
        wanted = lms.settings.audience if state.manner.own_audience else lms.settings.token_url
    if wanted not in audiences:
        raise OAuthError("invalid_client", f"aud must be {wanted}", status=401)


def _check_times(claims: dict[str, Any], *, now: float) -> None:
    issued_at = finite(claims.get("iat"))
    expires_at = finite(claims.get("exp"))
    if issued_at is None or expires_at is None:
        raise OAuthError("invalid_client", "iat and exp are required", status=401)
    # Moodle grants no leeway here, which is why tools back-date iat by some seconds.
    if math.floor(issued_at) > int(now):
        raise OAuthError("invalid_client", "iat is in the future", status=401)
    if expires_at <= now:
        raise OAuthError("invalid_client", "the assertion has expired", status=401)
    if expires_at - now > LONGEST_ASSERTION_LIFETIME_SECONDS:
        raise OAuthError("invalid_client", "exp is more than an hour ahead", status=401)


def _new_token(lms: Lms, claims: dict[str, Any], *, tool: Tool, scopes: frozenset[str]) -> AccessToken:
    now = lms.now().timestamp()
    identifier = claims.get("jti")
    if not isinstance(identifier, str) or not identifier:
        raise OAuthError("invalid_client", "jti is required", status=401)
    with lms.changing() as state:
        if not state.first_time(f"jti {identifier}", now=now, until=float(claims["exp"])):
            raise OAuthError("invalid_client", "this jti was used before", status=401)
        state.tokens = {value: token for value, token in state.tokens.items() if token.expires_at > now}
        token = AccessToken(
            value=secrets.token_hex(16),
            scopes=scopes,
            expires_at=now + state.token_lifetime_seconds,
            tool=tool.id,
        )
        state.tokens[token.value] = token
        return token
