"""Who somebody is: their `sub` on their platform, nothing else; and nothing but roles gives rights."""

from typing import Any

import pytest
from sqlalchemy import select

from lti_app.db import db
from lti_app.models.people import Membership, Role, User
from lti_app.models.platform import Registration
from practice_lms.people import ADMINISTRATORS
from tests.lti_app.lti.launching import LTI, launch_with, stored
from tests.placing import template_of
from tests.visitor import OTHER_TEACHER, TEACHER, Visitor

SAME_MAIL = {"email": "jonas@practice.invalid", "name": "Jonas Lindqvist"}


def test_people_when_of_the_same_sub_on_two_platforms_then_are_two(
    visitor: Visitor, stranger: Visitor, registration: Registration, other_registration: Registration
) -> None:
    visitor.launch(TEACHER)
    stranger.launch(TEACHER)

    assert _people() == [(registration.id, TEACHER), (other_registration.id, TEACHER)]
    assert visitor.get("/journal/2").status_code == 404
    assert stranger.get("/journal/1").status_code == 404


def test_people_when_of_the_same_mail_address_then_are_two(visitor: Visitor, another_visitor: Visitor) -> None:
    launch_with(visitor, person=TEACHER, claims=SAME_MAIL)
    launch_with(another_visitor, person=OTHER_TEACHER, claims=SAME_MAIL)

    assert [sub for _, sub in _people()] == [TEACHER, OTHER_TEACHER]
    assert stored()["membership"] == 2


@pytest.mark.parametrize("sub", ["Jonas", "jonas", "JONAS", "jonas ", " jonas", "jónas", "jo\u0301nas"])
def test_people_when_their_subs_differ_in_one_letter_then_are_two(
    visitor: Visitor, another_visitor: Visitor, sub: str
) -> None:
    launch_with(visitor, claims={"sub": "jOnas"})
    launch_with(another_visitor, claims={"sub": sub})

    assert [known for _, known in _people()] == ["jOnas", sub]


@pytest.mark.parametrize(
    "claims",
    [
        {f"{LTI}custom": {"role": "Instructor", "roles": "Instructor", "membership_role": "Instructor"}},
        {f"{LTI}ext": {"roles": ["Instructor"], "user_username": "admin"}},
        {"roles": ["Instructor"]},
        {"https://purl.imsglobal.org/spec/lti/claim/Roles": ["Instructor"]},
        {f"{LTI}custom": {"user_id": "101", "sub": "101"}},
        {f"{LTI}lis": {"person_sourcedid": "EMP-101"}},
        {"email": "amara@practice.invalid"},
    ],
    ids=str,
)
def test_rights_when_claimed_beside_the_roles_then_none_are_given(visitor: Visitor, claims: dict[str, Any]) -> None:
    custom = {f"{LTI}custom": {**template_of(visitor.lms), **claims.get(f"{LTI}custom", {})}}
    answer = launch_with(visitor, claims={**claims, **custom})

    member = db.session.scalars(select(Membership)).one()
    assert answer.status_code == 303
    assert (member.role, [sub for _, sub in _people()]) == (Role.TEACHER, [TEACHER])
    assert visitor.get("/journal/1").status_code == 200
    assert visitor.get("/journal/1/settings").status_code == 404


def test_rights_when_of_the_institution_only_then_none_in_the_course(visitor: Visitor) -> None:
    answer = launch_with(visitor, claims={f"{LTI}roles": list(ADMINISTRATORS)})

    page = visitor.get(answer.headers["Location"])
    assert db.session.scalars(select(Membership.role)).all() == [Role.NONE]
    assert page.status_code == 200
    assert visitor.get("/journal/1/settings").status_code == 404
    assert visitor.get("/journal/1/credit").status_code == 404


def test_rights_when_the_platform_takes_them_away_then_the_next_launch_does_too(visitor: Visitor) -> None:
    launch_with(visitor, claims={f"{LTI}roles": ["Instructor"]})
    before = visitor.get("/journal/1/settings").status_code

    launch_with(visitor, claims={f"{LTI}roles": ["Learner"]})

    assert (before, visitor.get("/journal/1/settings").status_code) == (200, 404)


def test_another_course_when_asked_for_by_address_then_it_is_not_there(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    visitor.launch(TEACHER)
    landed = launch_with(another_visitor, person=OTHER_TEACHER, claims={f"{LTI}context": {"id": "another"}})

    assert landed.headers["Location"] == "/journal/2"
    assert visitor.get("/journal/2").status_code == 404
    assert another_visitor.get("/journal/1").status_code == 404
    assert another_visitor.get("/journal/2").status_code == 200


def test_session_when_somebody_else_launches_in_the_same_browser_then_the_first_is_out(visitor: Visitor) -> None:
    journal = visitor.launch(TEACHER)
    editor = visitor.post("/journal/1/entries", journal).headers["Location"]
    before = visitor.get(editor).status_code

    visitor.launch(OTHER_TEACHER)

    assert (before, visitor.get(editor).status_code) == (200, 404)
    assert [sub for _, sub in _people()] == [TEACHER, OTHER_TEACHER]


def _people() -> list[tuple[int, str]]:
    db.session.rollback()
    rows = db.session.execute(select(User.registration_id, User.sub).order_by(User.id))
    return [(row[0], row[1]) for row in rows]
