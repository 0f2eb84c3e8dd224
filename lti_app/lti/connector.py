"""Requests to a platform's services: one bearer token per registration and set of scopes, kept-alive connections."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import uuid4

import structlog
from pylti1p3.service_connector import ServiceConnector
from sqlalchemy import Engine

from lti_app.addresses import origin_of
from lti_app.clock import now
from lti_app.errors import PlatformRefused, PlatformUnavailable, Refusal
from lti_app.lti.keys import KeyRing
from lti_app.lti.outbound import Answer, Outbound
from lti_app.lti.tokens import FetchedToken, TokenShelf
from lti_app.lti.tool_conf import PlatformRegistration
from lti_app.models.platform import Registration

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 300
# Moodle 4.5.6 refuses an `iat` that is ahead of its own clock by a second (ran against it).
BACKDATE_SECONDS = 5
MAX_TOKEN_SECONDS = LONGEST_RETRY_AFTER = 24 * 3600
# The characters of a bearer token (RFC 6750, 2.1); anything else would break the header.
_TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")

log = structlog.get_logger()


@dataclass(frozen=True)
class Lti:
    """What talking to platforms needs, one per process: our keys, our connections, our database."""

    keys: KeyRing
    outbound: Outbound
    engine: Engine


class PlatformConnector(ServiceConnector):
    """The library's connector with shared tokens, time-outs, every verb, and tokens sent to known hosts only."""

    def __init__(self, row: Registration, *, lti: Lti) -> None:
        super().__init__(PlatformRegistration(row), requests_session=lti.outbound)
        self._row = row
        self._lti = lti

    def knows(self, url: str) -> bool:
        """Whether the address is on a host that may be sent this platform's tokens."""
        return origin_of(url) in self._row.service_origins

    def send(
        self,
        method: str,
        url: str,
        *,
        scopes: Sequence[str],
        headers: Mapping[str, str],
        body: bytes | None = None,
    ) -> Answer:
        """Send one authorised request; a 401 gets one fresh token and one more try.

        Raises:
            PlatformUnavailable: No answer, or no token because the platform gave none just now.
            PlatformRefused: The platform gives us no token, or the address is on a host not registered.
        """
        if not self.knows(url):
            raise PlatformRefused(
                "the address is on a host that is not the registered platform's", reason=Refusal.OUR_FAULT
            )
        token = self.get_access_token(scopes)
        answer = self._send(method, url, token=token, headers=headers, body=body)
        if answer.status == 401:
            self._shelf(scopes).forget(token)
            token = self.get_access_token(scopes)
            answer = self._send(method, url, token=token, headers=headers, body=body)
        return answer

    def get_access_token(self, scopes: Sequence[str]) -> str:
        """Return a bearer token for the scopes that is good for at least a minute.

        Raises:
            PlatformUnavailable, PlatformRefused: As `send`.
        """
        return self._shelf(scopes).token(lambda: self._fetch_token(" ".join(sorted(scopes))))

    def _send(self, method: str, url: str, *, token: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        authorised = {**headers, "Authorization": f"Bearer {token}"}
        return self._lti.outbound.send(method, url, headers=authorised, data=body)

    def _shelf(self, scopes: Sequence[str]) -> TokenShelf:
        wanted = " ".join(sorted(scopes))
        return TokenShelf(engine=self._lti.engine, registration_id=self._row.id, scopes=wanted)

    def _fetch_token(self, scopes: str) -> FetchedToken:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self._lti.keys.sign(self._assertion()),
            "scope": scopes,
        }
        answer = self._lti.outbound.send("POST", self._row.token_url, data=form)
        document = _token_document(answer)
        log.info("token_fetched", registration_id=self._row.id)
        return FetchedToken(token=document["access_token"], lifetime=_lifetime(document))

    def _assertion(self) -> dict[str, Any]:
        """Return the claims of the client assertion (1EdTech security framework 1.0, 4.1.1; RFC 7523)."""
        seconds = int(now().timestamp())
        return {
            "iss": self._row.client_id,
            "sub": self._row.client_id,
            # Brightspace names an audience of its own, apart from the token address.
            "aud": self._row.auth_audience or self._row.token_url,
            "iat": seconds - BACKDATE_SECONDS,
            "exp": seconds + ASSERTION_SECONDS,
            "jti": uuid4().hex,
        }


def _token_document(answer: Answer) -> dict[str, Any]:
    """Return the token answer; Moodle 4.5.6 labels its JSON text/html (recorded), so the label is not looked at."""
    if answer.status in {400, 401, 403} and not _is_throttled(answer):
        raise PlatformRefused("the platform gives us no token", reason=_token_refusal(answer), status=answer.status)
    if answer.status != 200:
        raise PlatformUnavailable(
            "the platform gives no token just now", status=answer.status, retry_after=retry_after(answer)
        )
    document = answer.json()
    if not isinstance(document, dict) or not _is_token(document.get("access_token")):
        raise PlatformUnavailable("the token answer is malformed", status=answer.status)
    return document


def _is_token(value: Any) -> bool:
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


def _token_refusal(answer: Answer) -> Refusal:
    try:
        error = json.loads(answer.body)["error"]
    except (ValueError, KeyError, TypeError, RecursionError):
        error = None
    return Refusal.SCOPE_MISSING if error == "invalid_scope" else Refusal.ACCESS_WITHDRAWN


def _lifetime(document: Mapping[str, Any]) -> timedelta:
    seconds = document.get("expires_in", 3600)
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 < seconds <= MAX_TOKEN_SECONDS:
        seconds = 3600
    return timedelta(seconds=seconds)


def _is_throttled(answer: Answer) -> bool:
    return answer.status == 403 and is_rate_limit_text(answer)


def is_rate_limit_text(answer: Answer) -> bool:
    """Whether a 403 means "too fast": Canvas says so in the body only (Canvas API documentation, throttling)."""
    return "rate limit" in answer.text.lower()


def retry_after(answer: Answer) -> int | None:
    """Return the seconds of a Retry-After header (RFC 9110, 10.2.3), a number or a date; at most a day, or None."""
    text = answer.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), LONGEST_RETRY_AFTER)
    try:
        seconds = (parsedate_to_datetime(text) - now()).total_seconds()
    except (ValueError, TypeError):
        return None
    return min(max(int(seconds), 0), LONGEST_RETRY_AFTER)
