"""Launches that are bad in one way only, and all that the tool made of one: page, log, rows, cookie."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lti_app.db import db
from lti_app.models.launch import LaunchRecord
from practice_lms.server import RunningLms
from tests.visitor import TEACHER, WEEKLY, Visitor

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
RESOURCE_LINK = "LtiResourceLinkRequest"

_AGAIN = "Open the activity again from your course."
_TELL = "Open the activity again from your course. If it happens again, give your LMS admin the reference number."
_COOKIE_ADVICE = (
    "Allow cookies for this site in your browser's settings, or use another browser;"
    " then open the activity again from your course."
)
_NOT_UNDERSTOOD = ("Your LMS sent something that Staffroom cannot accept.", _TELL)
# Written out once more on purpose: a sentence that people read does not change by the way.
SENTENCES = {
    "rate_limit": (
        "Too many launches from your network could not be let in.",
        "Wait a minute and open the activity again from your course.",
    ),
    "registration": (
        "This LMS is not connected with Staffroom.",
        "Ask your LMS admin to connect it, and give them the reference number.",
    ),
    "deployment": (
        "Staffroom has not been confirmed for this part of your LMS yet.",
        "Ask your LMS admin to confirm it, and give them the reference number.",
    ),
    "platform_error": (
        "Your LMS could not confirm who you are.",
        "Sign in to your LMS again and open the activity from your course.",
    ),
    "cookie": (
        "Your browser did not keep the cookie that makes sure it is you.",
        _COOKIE_ADVICE,
    ),
    "state": ("This link into Staffroom has been used already, or has expired.", _AGAIN),
    "keys_unreachable": (
        "Staffroom could not reach your LMS to make sure that it is you.",
        "Wait a minute and open the activity again from your course.",
    ),
    "time": ("The pass that your LMS gave you is too old, or its clock is wrong.", _TELL),
}
# For long tables of tokens that are refused before any database matters.
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"])
_BEFORE = {"registration", "deployment", "activity_template"}
_REFERENCE = re.compile(r'<strong class="reference">([2-9A-HJKMNP-TV-Z]{8})</strong>')


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Everything that a refused launch leaves: two of them are equal when nothing differs but the reference."""

    status: int
    sentences: tuple[str, str]
    logged: tuple[str, str | None, str | None]
    registration_id: int | None
    deployment: str | None = None
    message_type: str | None = None
    stored: Mapping[str, int] = field(default_factory=lambda: {"launch_record": 1})
    signs_in: bool = False


def refusal(
    check: str,
    explanation: str,
    *,
    status: int = 400,
    registration_id: int | None = None,
    deployment: str | None = None,
    message_type: str | None = None,
) -> Outcome:
    """Return what a launch leaves that was refused by this check: its log line, and not one row more."""
    return Outcome(
        status=status,
        sentences=SENTENCES.get(check, _NOT_UNDERSTOOD),
        logged=("refused", check, explanation),
        registration_id=registration_id,
        deployment=deployment,
        message_type=message_type,
    )


def refused_after_signature(check: str, explanation: str, *, registration_id: int, status: int = 400) -> Outcome:
    """Return the same for a token whose signature was good: then the log names deployment and message."""
    return refusal(
        check,
        explanation,
        status=status,
        registration_id=registration_id,
        deployment="1",
        message_type=RESOURCE_LINK,
    )


def outcome(answer: TestResponse) -> Outcome:
    """Return what the answer of a refused launch says, and what stands in the tables after it."""
    page = answer.text
    lines = log_lines()
    assert lines, "the launch log has no line of this"
    row = lines[-1]
    shown = _REFERENCE.search(page)
    assert shown, page
    assert shown.group(1) == row.reference
    return Outcome(
        status=answer.status_code,
        sentences=(_between(page, "<h1>", "</h1>"), _between(page, '<p class="lead">', "</p>")),
        logged=(row.outcome.value, row.check, row.explanation),
        registration_id=row.registration_id,
        deployment=row.deployment_id_on_platform,
        message_type=row.message_type,
        stored=stored(),
        signs_in=any(cookie.startswith("__Host-staffroom=") for cookie in answer.headers.getlist("Set-Cookie")),
    )


def log_lines() -> Sequence[LaunchRecord]:
    """Return the launch log, oldest first."""
    db.session.rollback()
    return db.session.scalars(select(LaunchRecord).order_by(LaunchRecord.id)).all()


def stored() -> dict[str, int]:
    """Return how many rows stand in each table that has any, beside what stood there before the first launch."""
    db.session.rollback()
    tables = [table for table in db.metadata.sorted_tables if table.name not in _BEFORE]
    counts = {table.name: db.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}
    return {name: count for name, count in counts.items() if count}


def call(lms: RunningLms, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """Post to the practice LMS's API; the body may hold what only JSON's looser readers take, such as NaN."""
    answer = requests.post(f"{lms.url}/api/{path}", data=json.dumps(body or {}), timeout=10)
    assert answer.ok, answer.text
    return answer.json()


def services_called(lms: RunningLms) -> list[str]:
    """Return which services of the LMS were asked, in the order of the requests."""
    return [row["service"] for row in requests.get(f"{lms.url}/api/requests", timeout=10).json()]


def begin_with(visitor: Visitor, *, person: str = TEACHER, activity: int = WEEKLY, **overrides: Any) -> TestResponse:
    """Begin a launch whose token will differ by `claims`, `remove` or `header` from a good one."""
    call(visitor.lms, "next-launch", overrides)
    return visitor.begin(person, activity)


def launch_with(visitor: Visitor, *, person: str = TEACHER, activity: int = WEEKLY, **overrides: Any) -> TestResponse:
    """Launch with `claims`, `remove` or `header` changed, and return the answer of the launch address."""
    login = begin_with(visitor, person=person, activity=activity, **overrides)
    return visitor.post_token(visitor.token(login).fields)


def query_of(login: TestResponse) -> dict[str, str]:
    """Return the parameters that a login sends to the platform."""
    return {name: values[-1] for name, values in parse_qs(urlsplit(login.headers["Location"]).query).items()}


def claims_of(token: str) -> dict[str, Any]:
    """Return a token's claims, unverified."""
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def sign(lms: RunningLms, payload: bytes, **header: Any) -> str:
    """Sign any bytes with the LMS's key, also such that are no claims at all."""
    with lms.lms.reading() as state:
        key = state.signing_key
    return jwt.PyJWS().encode(payload, key.pem, algorithm="RS256", headers={"kid": key.kid, **header})


def post_payload(visitor: Visitor, payload: bytes) -> TestResponse:
    """Begin a login and post a token that is rightly signed over these bytes."""
    state = query_of(visitor.begin(TEACHER))["state"]
    return visitor.post_token({"state": state, "id_token": sign(visitor.lms, payload)})


def _between(page: str, start: str, end: str) -> str:
    return unescape(page.partition(start)[2].partition(end)[0])
