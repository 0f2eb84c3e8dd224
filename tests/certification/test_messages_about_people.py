"""1EdTech's certification names, for submission reviews and data privacy launches: bad ones refused, good ones in."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from lti_app.models.platform import Registration
from tests.lti_app.lti.launching import LTI, ON_SQLITE, log_lines, outcome, refusal
from tests.lti_app.lti.reviewing import PRIVACY, REVIEW, ask_what_is_kept, page_of, review
from tests.visitor import FACILITATOR, TEACHER, Visitor

MEMBER = "http://purl.imsglobal.org/vocab/lis/v2/membership"
PERSONAL = ("name", "given_name", "family_name", "email")
Send = Callable[..., TestResponse]


def _ask_of_oneself(visitor: Visitor, **overrides: Any) -> TestResponse:
    return ask_what_is_kept(visitor, person=TEACHER, **overrides)


MESSAGES = pytest.mark.parametrize(
    ("send", "message_type"), [(review, REVIEW), (_ask_of_oneself, PRIVACY)], ids=["submission review", "data privacy"]
)


@ON_SQLITE
@MESSAGES
@pytest.mark.parametrize(
    ("overrides", "logged"),
    [
        ({"header": {"kid": None}}, ("key", "The token names no key.")),
        ({"header": {"kid": "imstester_66067"}}, ("key", "The platform's key set has no key of this id.")),
        ({"claims": {"exp": 11_111, "iat": 11_111}}, ("time", "The token is past its time, or not valid yet.")),
    ],
    ids=["no kid", "wrong kid", "timestamps incorrect"],
)
def test_bad_token_when_sent_then_refused(
    visitor: Visitor,
    registration: Registration,
    send: Send,
    message_type: str,
    overrides: dict[str, Any],
    logged: tuple[str, str],
) -> None:
    answer = send(visitor, **overrides)

    assert outcome(answer) == refusal(*logged, registration_id=registration.id)
    assert message_type != log_lines()[-1].message_type


@ON_SQLITE
@MESSAGES
@pytest.mark.parametrize(
    ("claims", "logged"),
    [
        ({f"{LTI}version": "11.3"}, ("message", "The LTI version is missing or is not 1.3.0.")),
        ({f"{LTI}version": None}, ("message", "The LTI version is missing or is not 1.3.0.")),
        ({f"{LTI}roles": None}, ("message", "The roles are missing or are no list of texts.")),
        ({"sub": None}, ("message", "“sub” is missing or malformed.")),
        ({f"{LTI}target_link_uri": "https://evil.example/"}, ("target", "The target is not the one of the login.")),
    ],
    ids=["wrong version", "no version", "roles missing", "user missing", "another target"],
)
def test_bad_payload_when_sent_then_refused(
    visitor: Visitor,
    registration: Registration,
    send: Send,
    message_type: str,
    claims: dict[str, Any],
    logged: tuple[str, str],
) -> None:
    answer = send(visitor, claims=claims)

    expected = refusal(*logged, registration_id=registration.id, deployment="1", message_type=message_type)
    assert outcome(answer) == expected


@ON_SQLITE
@MESSAGES
def test_deployment_missing_when_sent_then_refused(
    visitor: Visitor, registration: Registration, send: Send, message_type: str
) -> None:
    answer = send(visitor, claims={f"{LTI}deployment_id": None})

    assert outcome(answer) == refusal(
        "message",
        "“deployment_id” is missing or malformed.",
        registration_id=registration.id,
        message_type=message_type,
    )


@ON_SQLITE
@MESSAGES
@pytest.mark.parametrize(
    "claims",
    [
        {},
        {f"{LTI}roles": [f"{MEMBER}#Instructor", f"{MEMBER}#Learner"]},
        {f"{LTI}roles": ["Instructor"]},
        {f"{LTI}roles": ["http://purl.imsglobal.org/vocab/lis/v2/unknown/unknown#Helper"]},
        {f"{LTI}roles": []},
        dict.fromkeys(("name", "given_name", "family_name")),
        {"email": None},
        dict.fromkeys(PERSONAL),
    ],
    ids=[
        "normal",
        "multiple roles",
        "short role",
        "unknown role",
        "no role",
        "email only",
        "names only",
        "no personal data",
    ],
)
def test_valid_message_when_sent_then_let_in_and_logged(
    visitor: Visitor, send: Send, message_type: str, claims: dict[str, Any]
) -> None:
    visitor.launch(TEACHER)

    answer = send(visitor, claims=claims)

    line = log_lines()[-1]
    assert (answer.status_code, line.outcome.value, line.message_type) == (303, "accepted", message_type)


@pytest.mark.parametrize(
    ("roles", "status"),
    [
        ([f"{MEMBER}#Instructor"], 200),
        (["Instructor"], 200),
        ([f"{MEMBER}#Instructor", f"{MEMBER}#Learner"], 200),
        ([f"{MEMBER}#Learner"], 404),
        (["http://purl.imsglobal.org/vocab/lis/v2/unknown/unknown#Helper"], 404),
        ([], 404),
    ],
    ids=str,
)
def test_review_when_of_these_roles_then_the_page_is_there_for_facilitators_alone(
    visitor: Visitor, another_visitor: Visitor, roles: list[str], status: int
) -> None:
    visitor.launch(TEACHER)

    page = page_of(another_visitor, review(another_visitor, person=FACILITATOR, claims={f"{LTI}roles": roles}))

    assert page.status_code == status
