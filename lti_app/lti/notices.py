"""Notices: what a platform tells us without anybody at a browser (LTI platform notification service 1.0)."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_app.errors import PlatformRefused, PlatformUnavailable, Refusal
from lti_app.lti.claims import CLAIM, identifier, is_storable, mapping
from lti_app.lti.connector import PlatformConnector, is_rate_limit_text, retry_after
from lti_app.lti.key_sets import PlatformKeySets
from lti_app.lti.refusals import Check, LaunchRefused
from lti_app.lti.registrations import Registrations
from lti_app.lti.service_claims import CONTEXT_COPY_NOTICE
from lti_app.lti.signed_tokens import LEEWAY, header_of, verified_claims
from lti_app.models.notices import TakenNotice
from lti_app.models.platform import Registration

HANDLERS_SCOPE = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
MAX_NOTICES = 100
MAX_ORIGINS = 50
MAX_ISSUER = 1024


@dataclass(frozen=True, kw_only=True)
class ContextCopyNotice:
    """That a course got content of others; each is named as the platform names it. `origin_ids` may be empty."""

    registration_id: int
    deployment_id: int
    deployment_id_on_platform: str
    context_id_on_platform: str
    origin_ids: tuple[str, ...]


def tokens_of(body: bytes) -> list[str]:
    """Return the tokens of a request's body, in its order; none is verified yet.

    Raises:
        LaunchRefused: It is no list of 1 to 100 notices.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise LaunchRefused(Check.REQUEST, "The body is not JSON.") from error
    notices = document.get("notices") if isinstance(document, dict) else None
    if not isinstance(notices, list) or not notices:
        raise LaunchRefused(Check.REQUEST, "The body holds no list of notices.")
    if len(notices) > MAX_NOTICES:
        raise LaunchRefused(Check.SIZE, f"The body holds more than {MAX_NOTICES} notices.", status=413)
    tokens = [notice.get("jwt") if isinstance(notice, dict) else None for notice in notices]
    texts = [token for token in tokens if isinstance(token, str)]
    if len(texts) < len(tokens):
        raise LaunchRefused(Check.REQUEST, "A notice is no object with a token.")
    return texts


class NoticeReader:
    """Verifies notices as strictly as launches; what a browser proves there, a nonce that is taken once does here."""

    def __init__(self, session: Session, *, registrations: Registrations, key_sets: PlatformKeySets) -> None:
        self._session = session
        self._registrations = registrations
        self._key_sets = key_sets

    def read(self, token: str) -> ContextCopyNotice:
        """Return the notice that a token holds; its nonce is used up in the session's transaction.

        Raises:
            LaunchRefused: Any check fails.
        """
        header = header_of(token)
        row = self._registration(_unverified(token))
        claims: dict[str, Any] = {}
        try:
            _check_active(row)
            claims = verified_claims(token, kid=header["kid"], row=row, key_sets=self._key_sets)
            notice = self._parse(claims, row)
            self._use_up(claims, row)
        except LaunchRefused as refused:
            _describe(refused, claims, row)
            raise
        return notice

    def _registration(self, claims: Mapping[str, Any]) -> Registration:
        """Return whose keys to ask: all that is done with claims that are not verified."""
        issuer, audience = claims.get("iss"), claims.get("aud")
        if isinstance(audience, list) and len(audience) == 1:
            audience = audience[0]
        for name in (issuer, audience):
            if not isinstance(name, str) or not 0 < len(name) <= MAX_ISSUER or not is_storable(name):
                raise LaunchRefused(Check.AUDIENCE, "The token names no platform, or not one tool.")
        row = self._registrations.find(self._session, issuer=str(issuer), client_id=str(audience))
        if row is None:
            raise LaunchRefused(Check.REGISTRATION, "No registration has this issuer and client id.", status=403)
        return row

    def _parse(self, claims: Mapping[str, Any], row: Registration) -> ContextCopyNotice:
        if claims.get(CLAIM + "version") != "1.3.0":
            raise LaunchRefused(Check.MESSAGE, "The LTI version is missing or is not 1.3.0.")
        notice = mapping(claims, CLAIM + "notice", required=True)
        identifier(notice, "id")
        if identifier(notice, "type") != CONTEXT_COPY_NOTICE:
            raise LaunchRefused(Check.MESSAGE, "The notice's type is none that Staffroom takes.")
        claimed = identifier(claims, CLAIM + "deployment_id")
        deployment_id = self._registrations.confirmed_deployment(self._session, row, claimed)
        if deployment_id is None:
            raise LaunchRefused(Check.DEPLOYMENT, "The deployment is unknown or not confirmed.", status=403)
        return ContextCopyNotice(
            registration_id=row.id,
            deployment_id=deployment_id,
            deployment_id_on_platform=claimed,
            context_id_on_platform=identifier(mapping(claims, CLAIM + "context", required=True), "id"),
            origin_ids=_origins(claims),
        )

    def _use_up(self, claims: Mapping[str, Any], row: Registration) -> None:
        """Take the notice's nonce, once: a token that somebody has copied is good for nothing."""
        taken = TakenNotice(
            registration_id=row.id,
            nonce=hashlib.sha256(identifier(claims, "nonce").encode()).hexdigest(),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC) + LEEWAY,
        )
        try:
            with self._session.begin_nested():
                self._session.add(taken)
        except IntegrityError as error:
            raise LaunchRefused(Check.NONCE, "The notice was taken already.") from error


def register_handler(connector: PlatformConnector, service_url: str, *, notice_type: str, handler_url: str) -> None:
    """Ask the platform to send notices of a type to an address of ours (PNS 1.0: PUT; asking twice is asking once).

    Raises:
        PlatformUnavailable: No answer, or none that says yes or no.
        PlatformRefused: The platform says no.
    """
    answer = connector.send(
        "PUT",
        service_url,
        scopes=[HANDLERS_SCOPE],
        headers={"Content-Type": "application/json", "Accept": "application/json"},
        body=json.dumps({"notice_type": notice_type, "handler": handler_url}).encode(),
    )
    status = answer.status
    if 200 <= status < 300 and not answer.body.lstrip().startswith(b"<"):
        return
    if status == 401:
        # A fresh token was tried before this (`PlatformConnector.send`).
        raise PlatformRefused("the handler is refused", reason=Refusal.ACCESS_WITHDRAWN, status=status)
    if status == 403 and not is_rate_limit_text(answer):
        raise PlatformRefused("the handler is not allowed", reason=Refusal.SCOPE_MISSING, status=status)
    if 400 <= status < 500 and status not in {403, 408, 429}:
        raise PlatformRefused("the handler is refused", reason=Refusal.OUR_FAULT, status=status)
    raise PlatformUnavailable("the handler was not taken", status=status, retry_after=retry_after(answer))


def _check_active(row: Registration) -> None:
    if not row.is_active:
        raise LaunchRefused(Check.REGISTRATION, "The registration is disabled.", status=403)


def _unverified(token: str) -> Mapping[str, Any]:
    try:
        claims: Mapping[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, OverflowError, RecursionError) as error:
        raise LaunchRefused(Check.TOKEN, f"The token is malformed ({type(error).__name__}).") from error
    return claims


def _origins(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the courses that were copied from; Canvas leaves the claim out where it knows of none (its source)."""
    origins: Sequence[Any] | None = claims.get(CLAIM + "origin_contexts")
    if origins is None:
        return ()
    if not isinstance(origins, list) or len(origins) > MAX_ORIGINS:
        raise LaunchRefused(Check.MESSAGE, "“origin_contexts” is no list of courses, or too long.")
    return tuple(dict.fromkeys(identifier({"origin_contexts": origin}, "origin_contexts") for origin in origins))


def _describe(refused: LaunchRefused, claims: Mapping[str, Any], row: Registration) -> None:
    """Tell the launch log what is verified of a notice that is refused."""
    refused.registration_id = row.id
    notice = claims.get(CLAIM + "notice")
    notice_type = notice.get("type") if isinstance(notice, dict) else None
    for name, value in (
        ("deployment_id_on_platform", claims.get(CLAIM + "deployment_id")),
        ("message_type", notice_type),
    ):
        setattr(refused, name, value[:64] if isinstance(value, str) and value.isprintable() else None)
