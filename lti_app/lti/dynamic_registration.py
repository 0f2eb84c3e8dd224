"""Dynamic registration (LTI dynamic registration 1.0): read what the platform is, ask it to register us.

Whoever opens an invite names the address that is asked: see `lti.guarded` for what it may lead to. Tokens are sent
and forgotten; they stand in no table and no log.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import structlog

from lti_app.addresses import host_of, problem_of
from lti_app.errors import PlatformUnavailable
from lti_app.lti import platform_quirks as quirks
from lti_app.lti.guarded import AddressForbidden, within
from lti_app.lti.outbound import Answer, Outbound
from lti_app.lti.platform_document import PlatformDocument, parse_document
from lti_app.lti.registration_refusals import RegistrationCheck, RegistrationRefused
from lti_app.lti.tool_description import MESSAGES, SCOPES, TOOL_CONFIGURATION, Tool, registration_request

SECONDS = 5
MAX_ANSWER_BYTES = 256 * 1024
MAX_DOCUMENT_URL, MAX_TOKEN, MAX_ID = 8192, 8192, 255

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """The parameters with which a platform opens an invite: its document's address, and its token or none."""

    document_url: str = field(repr=False)
    token: str = field(repr=False)
    allow_private: bool

    @property
    def host(self) -> str:
        """The host that asks to be connected, to show it to a person."""
        return host_of(self.document_url)


@dataclass(frozen=True, kw_only=True)
class Registered:
    """What came of it: the platform, our client id there, and what it granted of what we asked for."""

    platform: PlatformDocument
    client_id: str
    deployment_id: str | None
    scopes: tuple[str, ...]
    cut: tuple[str, ...]


def parse_invitation(document_url: str, token: str, *, allow_private: bool) -> Invitation:
    """Return the parameters, if they can be used.

    Raises:
        RegistrationRefused: They are missing or malformed, or the address is private.
    """
    if not document_url:
        raise RegistrationRefused(RegistrationCheck.PARAMETERS, "The platform's document is not named.")
    is_token = token.isascii() and token.isprintable() and " " not in token and len(token) <= MAX_TOKEN
    if not is_token or len(document_url) > MAX_DOCUMENT_URL or not document_url.isascii():
        raise RegistrationRefused(RegistrationCheck.PARAMETERS, "The parameters are malformed.")
    # Canvas puts its token into the query, which makes the address longer than any that is kept.
    if problem_of(document_url.partition("?")[0], allow_private=allow_private) is not None:
        raise RegistrationRefused(RegistrationCheck.ADDRESS, "The document's address is no public https address.")
    if not document_url.isprintable() or " " in document_url:
        raise RegistrationRefused(RegistrationCheck.PARAMETERS, "The parameters are malformed.")
    return Invitation(document_url=document_url, token=token, allow_private=allow_private)


def register_with(invitation: Invitation, *, tool: Tool) -> Registered:
    """Register the tool with the platform that opened the invite; nothing is kept here.

    Raises:
        RegistrationRefused: Any step fails; the platform may have registered us all the same if it was the last one.
    """
    platform = _read_platform(invitation)
    scopes = _supported(SCOPES, platform.scopes)
    messages = _supported(MESSAGES, platform.messages)
    body = registration_request(
        tool,
        scopes=scopes,
        messages=messages,
        variables=platform.variables if platform.variables is not None else _standard_variables(),
        is_canvas=platform.is_canvas,
    )
    answer = _send(
        invitation,
        "POST",
        platform.registration_url,
        headers={"Content-Type": "application/json", "Accept": "application/json", **_bearer(invitation.token)},
        body=json.dumps(body).encode(),
    )
    if answer.status not in {200, 201}:
        raise RegistrationRefused(
            RegistrationCheck.REFUSED, f"The platform answered the registration with {answer.status}.", status=502
        )
    return _parse_answer(_json(answer, RegistrationCheck.ANSWER), platform, scopes=scopes, messages=messages)


def _read_platform(invitation: Invitation) -> PlatformDocument:
    """Read the platform's document; Canvas gives it for the token only, and others need not see the token there."""
    url, accept = invitation.document_url, {"Accept": "application/json"}
    headers = {**accept, **_bearer(invitation.token)} if quirks.wants_token_for_document(url) else accept
    answer = _send(invitation, "GET", url, headers=headers)
    if answer.status in {401, 403} and headers == accept and invitation.token:
        # A Canvas of the school's own, whose host says nothing.
        answer = _send(invitation, "GET", url, headers={**accept, **_bearer(invitation.token)})
    if answer.status != 200:
        raise RegistrationRefused(
            RegistrationCheck.UNREACHABLE, f"The platform's document is answered with {answer.status}.", status=502
        )
    document = _json(answer, RegistrationCheck.DOCUMENT)
    return parse_document(document, url=url, allow_private=invitation.allow_private)


def _send(
    invitation: Invitation, method: str, url: str, *, headers: dict[str, str], body: bytes | None = None
) -> Answer:
    """Send one request over a connection of its own, within the time for all of it."""
    outbound = Outbound(public_only=not invitation.allow_private, limit=MAX_ANSWER_BYTES)
    try:
        with within(SECONDS):
            return outbound.send(method, url, headers=headers, data=body)
    except AddressForbidden as error:
        raise RegistrationRefused(
            RegistrationCheck.ADDRESS, "The platform's name leads to a private address."
        ) from error
    except (PlatformUnavailable, TimeoutError) as error:
        told = str(error) or "no whole answer in time"
        raise RegistrationRefused(RegistrationCheck.UNREACHABLE, f"The platform: {told}.", status=502) from error
    finally:
        outbound.close()


def _json(answer: Answer, check: RegistrationCheck) -> Any:
    try:
        return answer.json()
    except PlatformUnavailable as error:
        raise RegistrationRefused(check, "The platform's answer is no JSON.", status=502) from error


def _parse_answer(
    answer: Any, platform: PlatformDocument, *, scopes: tuple[str, ...], messages: tuple[str, ...]
) -> Registered:
    configuration = answer.get(TOOL_CONFIGURATION, {}) if isinstance(answer, dict) else None
    if not isinstance(answer, dict) or not isinstance(configuration, dict):
        raise _unusable_answer("The answer is no JSON object of the right shape.")
    client_id, deployment_id = answer.get("client_id"), configuration.get("deployment_id")
    if not _is_id(client_id) or not (deployment_id is None or _is_id(deployment_id)):
        raise _unusable_answer("The answer's client id or deployment id is missing or malformed.")
    granted = _granted_scopes(answer, asked=scopes)
    sent = _granted_messages(configuration, asked=messages) | quirks.sends_undeclared(platform.product_family)
    cut = (*(s for s in SCOPES if s not in granted), *(m for m in MESSAGES if m not in sent))
    log.info("platform_registered_us", family=platform.product_family, cut=len(cut))
    return Registered(
        platform=platform,
        client_id=str(client_id),
        deployment_id=deployment_id,
        scopes=tuple(s for s in SCOPES if s in granted),
        cut=cut,
    )


def _granted_scopes(answer: dict[str, Any], *, asked: tuple[str, ...]) -> set[str]:
    """Return the granted scopes; a platform that does not say has granted what was asked for (RFC 7591, 3.2.1)."""
    scope = answer.get("scope")
    if scope is None:
        return set(asked)
    if not isinstance(scope, str):
        raise _unusable_answer("The answer's scopes are no text.")
    return set(scope.split()) & set(asked)


def _granted_messages(configuration: dict[str, Any], *, asked: tuple[str, ...]) -> frozenset[str]:
    messages = configuration.get("messages")
    if messages is None:
        return frozenset(asked)
    if not isinstance(messages, list):
        raise _unusable_answer("The answer's messages are no list.")
    types = [message.get("type") for message in messages if isinstance(message, dict)]
    return frozenset(name for name in asked if name in types)


def _supported(wanted: Iterable[str], supported: frozenset[str] | None) -> tuple[str, ...]:
    """Return what is wanted of what is supported: Canvas refuses a registration that asks for more (its source)."""
    return tuple(name for name in wanted if supported is None or name in supported)


def _standard_variables() -> tuple[str, ...]:
    return ("Context.id.history", "ResourceLink.id.history", "Person.address.timezone")


def _bearer(token: str) -> dict[str, str]:
    """Return the header with the token; Brightspace gives none (a platform may leave it out, 1.0)."""
    return {"Authorization": f"Bearer {token}"} if token else {}


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_ID and value.isprintable() and value.isascii()


def _unusable_answer(explanation: str) -> RegistrationRefused:
    return RegistrationRefused(RegistrationCheck.ANSWER, explanation, status=502)
