"""1EdTech's certification names for resource link launches: each bad payload refused and logged, each good one in."""

from typing import Any

import pytest
from sqlalchemy import select

from lti_app.db import db
from lti_app.models.people import Membership, Role, User
from lti_app.models.platform import Registration
from tests.lti_app.lti.launching import (
    LTI,
    RESOURCE_LINK,
    launch_with,
    log_lines,
    outcome,
    refusal,
    refused_after_signature,
)
from tests.visitor import FACILITATOR, TEACHER, Visitor

MEMBER = "http://purl.imsglobal.org/vocab/lis/v2/membership"
PERSONAL = ("name", "given_name", "family_name", "email")
PEOPLE = pytest.mark.parametrize(
    ("person", "role"),
    [(TEACHER, Role.TEACHER), (FACILITATOR, Role.FACILITATOR)],
    ids=["teacher", "facilitator"],
)
ROLE_URI = {Role.TEACHER: f"{MEMBER}#Learner", Role.FACILITATOR: f"{MEMBER}#Instructor"}


def test_no_kid_when_launched_then_refused(visitor: Visitor, registration: Registration) -> None:
    answer = launch_with(visitor, header={"kid": None})

    assert outcome(answer) == refusal("key", "The token names no key.", registration_id=registration.id)


def test_wrong_kid_when_launched_then_refused(visitor: Visitor, registration: Registration) -> None:
    answer = launch_with(visitor, header={"kid": "imstester_66067"})

    assert outcome(answer) == refusal(
        "key", "The platform's key set has no key of this id.", registration_id=registration.id
    )


def test_wrong_version_when_launched_then_refused(visitor: Visitor, registration: Registration) -> None:
    answer = launch_with(visitor, claims={f"{LTI}version": "11.3"})

    assert outcome(answer) == _bad_message(registration, "The LTI version is missing or is not 1.3.0.")


def test_no_version_when_launched_then_refused(visitor: Visitor, registration: Registration) -> None:
    answer = launch_with(visitor, remove=[f"{LTI}version"])

    assert outcome(answer) == _bad_message(registration, "The LTI version is missing or is not 1.3.0.")


def test_invalid_message_when_launched_then_refused(visitor: Visitor, registration: Registration) -> None:
    answer = launch_with(visitor, claims={f"{LTI}message_type": "LtiBogusRequest"})

    assert outcome(answer) == refusal(
        "message",
        "The message type is none that Staffroom takes here.",
        registration_id=registration.id,
        deployment="1",
        message_type="LtiBogusRequest",
    )


def test_missing_lti_claims_when_launched_then_refused(visitor: Visitor, registration: Registration) -> None:
    names = ("version", "deployment_id", "message_type", "roles", "context", "resource_link", "target_link_uri")

    answer = launch_with(visitor, remove=[LTI + name for name in names])

    assert outcome(answer) == refusal(
        "message", "“deployment_id” is missing or malformed.", registration_id=registration.id
    )


@pytest.mark.parametrize("times", [{"exp": 1, "iat": 0}, {"exp": 11_111, "iat": 11_111}], ids=str)
def test_timestamps_incorrect_when_launched_then_refused(
    visitor: Visitor, registration: Registration, times: dict[str, int]
) -> None:
    answer = launch_with(visitor, claims=times)

    assert outcome(answer) == refusal(
        "time", "The token is past its time, or not valid yet.", registration_id=registration.id
    )


def test_message_type_missing_when_launched_then_refused(visitor: Visitor, registration: Registration) -> None:
    answer = launch_with(visitor, remove=[f"{LTI}message_type"])

    assert outcome(answer) == refusal(
        "message", "The message type is missing.", registration_id=registration.id, deployment="1"
    )


def test_roles_missing_when_launched_then_refused(visitor: Visitor, registration: Registration) -> None:
    answer = launch_with(visitor, remove=[f"{LTI}roles"])

    assert outcome(answer) == _bad_message(registration, "The roles are missing or are no list of texts.")


def test_deployment_missing_when_launched_then_refused(visitor: Visitor, registration: Registration) -> None:
    answer = launch_with(visitor, remove=[f"{LTI}deployment_id"])

    assert outcome(answer) == refusal(
        "message",
        "“deployment_id” is missing or malformed.",
        registration_id=registration.id,
        message_type=RESOURCE_LINK,
    )


@pytest.mark.parametrize("link", [{}, {"title": "Without an id"}], ids=str)
def test_resource_link_id_missing_when_launched_then_refused(
    visitor: Visitor, registration: Registration, link: dict[str, str]
) -> None:
    answer = launch_with(visitor, claims={f"{LTI}resource_link": link})

    assert outcome(answer) == _bad_message(registration, "“id” is missing or malformed.")


def test_resource_link_missing_when_launched_then_refused(visitor: Visitor, registration: Registration) -> None:
    answer = launch_with(visitor, remove=[f"{LTI}resource_link"])

    assert outcome(answer) == _bad_message(registration, "“resource_link” is missing or malformed.")


def test_user_missing_when_launched_then_refused(visitor: Visitor, registration: Registration) -> None:
    answer = launch_with(visitor, remove=["sub"])

    assert outcome(answer) == _bad_message(registration, "“sub” is missing or malformed.")


@PEOPLE
def test_normal_launch_when_valid_then_let_in(visitor: Visitor, person: str, role: Role) -> None:
    _assert_let_in(visitor, person=person, role=role)


@PEOPLE
def test_multiple_roles_when_valid_then_let_in(visitor: Visitor, person: str, role: Role) -> None:
    roles = [ROLE_URI[role], "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Staff"]

    _assert_let_in(visitor, person=person, role=role, claims={f"{LTI}roles": roles})


@PEOPLE
def test_short_role_when_valid_then_let_in(visitor: Visitor, person: str, role: Role) -> None:
    short = ROLE_URI[role].rpartition("#")[2]

    _assert_let_in(visitor, person=person, role=role, claims={f"{LTI}roles": [short]})


@PEOPLE
def test_unknown_role_when_beside_a_known_one_then_let_in(visitor: Visitor, person: str, role: Role) -> None:
    roles = [f"{MEMBER}/unknown#Unknown", ROLE_URI[role]]

    _assert_let_in(visitor, person=person, role=role, claims={f"{LTI}roles": roles})


@pytest.mark.parametrize("person", [TEACHER, FACILITATOR], ids=["teacher", "facilitator"])
def test_unknown_role_when_the_only_one_then_let_in_with_least_right(visitor: Visitor, person: str) -> None:
    _assert_let_in(visitor, person=person, role=Role.NONE, claims={f"{LTI}roles": [f"{MEMBER}#Unknown"]})


@pytest.mark.parametrize("person", [TEACHER, FACILITATOR], ids=["teacher", "facilitator"])
def test_no_role_when_valid_then_let_in_with_least_right(visitor: Visitor, person: str) -> None:
    _assert_let_in(visitor, person=person, role=Role.NONE, claims={f"{LTI}roles": []})


@PEOPLE
def test_email_only_when_valid_then_let_in_without_a_name(visitor: Visitor, person: str, role: Role) -> None:
    _assert_let_in(visitor, person=person, role=role, name="", remove=["name", "given_name", "family_name"])


@PEOPLE
def test_names_only_when_valid_then_let_in(visitor: Visitor, person: str, role: Role) -> None:
    _assert_let_in(visitor, person=person, role=role, remove=["email"])


@PEOPLE
def test_no_personal_data_when_valid_then_let_in_without_a_name(visitor: Visitor, person: str, role: Role) -> None:
    _assert_let_in(visitor, person=person, role=role, name="", remove=[*PERSONAL, f"{LTI}lis", f"{LTI}ext"])


@PEOPLE
def test_email_without_context_when_valid_then_let_in(visitor: Visitor, person: str, role: Role) -> None:
    removed = ["name", "given_name", "family_name", f"{LTI}context"]

    _assert_let_in(visitor, person=person, role=role, name="", remove=removed)


def _bad_message(registration: Registration, explanation: str) -> Any:
    return refused_after_signature("message", explanation, registration_id=registration.id)


def _assert_let_in(visitor: Visitor, *, person: str, role: Role, name: str | None = None, **overrides: Any) -> None:
    """Launch, and look at the page, the person, their role and the log."""
    answer = launch_with(visitor, person=person, **overrides)
    page = visitor.get(answer.headers["Location"])

    user = db.session.scalars(select(User)).one()
    expected_name = {TEACHER: "Jonas Lindqvist", FACILITATOR: "Amara Okonkwo-Bell"}[person] if name is None else name
    assert (answer.status_code, page.status_code) == (303, 200)
    assert (user.sub, user.name) == (person, expected_name)
    assert db.session.scalars(select(Membership.role)).all() == [role]
    assert [(line.outcome.value, line.check, line.message_type) for line in log_lines()] == [
        ("accepted", None, RESOURCE_LINK)
    ]
