"""Platforms that register tools: what Moodle, Canvas, Sakai and Brightspace say and answer, served raw.

Moodle's is recorded (4.5.6); the others are written after their documents and source, and were not met in person.
"""

import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from lti_app.clock import now
from lti_app.db import db
from lti_app.lti.one_time import make_invite
from lti_app.models.launch import LaunchRecord
from lti_app.models.platform import Registration
from tests.lti_app.lti.bare_platform import Asked, BarePlatform, Told

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
LINE_ITEM, SCORE, RESULT = f"{AGS}lineitem", f"{AGS}score", f"{AGS}result.readonly"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
GROUPS = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"
NOTICES = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
CANVAS = "https://canvas.instructure.com/lti/"
TOKEN = "the-registration-token"
Document = dict[str, Any]


@dataclass(kw_only=True)
class Lms:
    """One LMS: what it says of itself at `url`, and how it answers a registration."""

    url: str
    issuer: str
    family: str
    scopes: list[str] | None
    messages: list[str] | None
    variables: list[str] | None = None
    document: Document = field(default_factory=dict)
    platform: Document = field(default_factory=dict)
    client_id: str = "client-1"
    deployment_id: str | None = None
    status: int = 201
    wants_token_for_document: bool = False
    cuts: frozenset[str] = frozenset()
    answer: Document = field(default_factory=dict)

    @property
    def document_url(self) -> str:
        """Where it describes itself."""
        return f"{self.url}/openid-configuration"

    def described(self) -> Document:
        """Return what it says of itself."""
        configuration: Document = {"product_family_code": self.family, "version": "1"}
        if self.messages is not None:
            configuration["messages_supported"] = [{"type": name} for name in self.messages]
        if self.variables is not None:
            configuration["variables"] = self.variables
        document: Document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.url}/auth",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "registration_endpoint": f"{self.url}/register",
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "id_token_signing_alg_values_supported": ["RS256"],
            **({"scopes_supported": self.scopes} if self.scopes is not None else {}),
            PLATFORM: {**configuration, **self.platform},
        }
        return {**document, **self.document}

    def __call__(self, asked: Asked) -> Told:
        """Answer one request."""
        path = urlsplit(asked.path).path
        is_authorised = asked.headers.get("Authorization") == f"Bearer {TOKEN}"
        if path.endswith("/openid-configuration"):
            if self.wants_token_for_document and not is_authorised:
                return Told(status=401)
            return Told(body=json.dumps(self.described()).encode())
        if path.endswith("/register") and asked.method == "POST":
            return self._register(json.loads(asked.body))
        return Told(status=404)

    def _register(self, request: Document) -> Told:
        tool = dict(request[TOOL])
        tool["messages"] = [message for message in tool["messages"] if message["type"] not in self.cuts]
        if self.deployment_id is not None:
            tool["deployment_id"] = self.deployment_id
        scope = " ".join(one for one in request["scope"].split() if one not in self.cuts)
        answer = {**request, "client_id": self.client_id, "scope": scope, TOOL: tool, **self.answer}
        return Told(status=self.status, body=json.dumps(answer).encode())


def moodle(url: str) -> Lms:
    """Moodle 4.5.6, recorded: answers 200, keeps deep linking only of the messages, knows no notices."""
    return Lms(
        url=url,
        issuer=url,
        family="moodle",
        scopes=[f"{AGS}lineitem.readonly", RESULT, SCORE, LINE_ITEM, ROSTER, "openid"],
        messages=["LtiResourceLinkRequest", "LtiDeepLinkingRequest"],
        variables=["Context.id", "Context.id.history", "Person.address.timezone", "Moodle.Person.userGroupIds"],
        client_id="s1YC32PJHXsva85",
        deployment_id="1",
        status=200,
    )


def canvas(port: int) -> Lms:
    """Canvas: one issuer for all schools, the school's own host beside, the document for the token only."""
    return Lms(
        url=f"http://canvas.instructure.com:{port}",
        issuer="http://canvas.instructure.com",
        family="canvas",
        scopes=[LINE_ITEM, f"{AGS}lineitem.readonly", RESULT, SCORE, ROSTER, f"{CANVAS}public_jwk/scope/update"],
        messages=["LtiResourceLinkRequest", "LtiDeepLinkingRequest", "LtiEulaRequest"],
        variables=["Context.id.history", "ResourceLink.id.history", "Canvas.course.sectionIds",
                   "Canvas.masqueradingUser.id", "Person.address.timezone"],
        document={
            "authorization_endpoint": f"http://sso.canvaslms.com:{port}/api/lti/authorize_redirect",
            "token_endpoint": f"http://valley.instructure.com:{port}/login/oauth2/token",
            "jwks_uri": f"http://sso.canvaslms.com:{port}/api/lti/security/jwks",
            "registration_endpoint": f"http://valley.instructure.com:{port}/api/lti/register",
            "authorization_server": "canvas.instructure.com",
        },
        platform={f"{CANVAS}account_name": "Valley Unified", f"{CANVAS}account_domain": "learn.valley.example"},
        client_id="10000000000042",
        status=200,
        wants_token_for_document=True,
    )  # fmt: skip


def sakai(url: str) -> Lms:
    """Sakai: everything, with a deployment id."""
    return Lms(
        url=url,
        issuer=url,
        family="sakailms.org",
        scopes=[LINE_ITEM, RESULT, SCORE, ROSTER, NOTICES],
        messages=["LtiResourceLinkRequest", "LtiDeepLinkingRequest", "LtiSubmissionReviewRequest",
                  "DataPrivacyLaunchRequest"],
        client_id="b2f9",
        deployment_id="1",
    )  # fmt: skip


def brightspace(url: str) -> Lms:
    """Brightspace: tokens from one host for all schools, an audience of its own, no registration token."""
    return Lms(
        url=url,
        issuer=url,
        family="desire2learn",
        scopes=None,
        messages=None,
        document={
            "token_endpoint": "https://auth.brightspace.com/core/connect/token",
            "authorization_server": "https://api.brightspace.com/auth/token",
        },
        client_id="3f0e8a52-7c4f-4c56-9d0e-6a0f6f1f6d7e",
    )


def lead_names_to(monkeypatch: pytest.MonkeyPatch, answers: Callable[[str], list[str]]) -> list[str]:
    """Let the name service give these addresses for a host; returns the list of names that were asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_rest: Any, **_options: Any) -> list[Any]:
        asked.append(host)
        families = {True: socket.AF_INET6, False: socket.AF_INET}
        found = answers(host)
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [
            (families[":" in one], socket.SOCK_STREAM, 6, "", (one, port, 0, 0) if ":" in one else (one, port))
            for one in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def an_invite(*, name: str = "", is_confirmed: bool = False) -> str:
    """Make an invite and return its token."""
    token = make_invite(db.session(), name=name, is_confirmed=is_confirmed, at=now())
    db.session.commit()
    return token


def registrations_asked(bare: BarePlatform) -> list[Mapping[str, Any]]:
    """Return the registration requests that the platform has heard."""
    return [json.loads(asked.body) for asked in bare.asked if asked.method == "POST"]


def stored(model: Any) -> list[Any]:
    """Return all rows of a table as they are in the database now, in order."""
    db.session.rollback()
    return list(db.session.scalars(select(model).order_by(model.id)))


def the_registration() -> Registration:
    """Return the only registration."""
    (row,) = stored(Registration)
    assert isinstance(row, Registration)
    return row


def logged() -> list[tuple[str | None, str | None]]:
    """Return check and explanation of each line of the launch log."""
    return [(line.check, line.explanation) for line in stored(LaunchRecord)]
