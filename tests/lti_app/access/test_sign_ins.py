"""Who this browser is: one sign-in per registration, each for its hours, none that is made up."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask, session

from lti_app.access.sign_ins import MAX_SIGN_INS, frame_origins, sign_in, signed_in_users
from lti_app.models.platform import Registration
from tests.factories import MembershipFactory, RegistrationFactory
from tests.lti_app.access.participants import sign_in_as, taking_part
from tests.visitor import TEACHER, Visitor

MOMENT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("seconds", "is_in"), [(3599, True), (3600, False), (10**6, False)])
def test_sign_in_when_its_hours_are_over_then_ended(app: Flask, seconds: int, is_in: bool) -> None:
    _, member = taking_part()

    with app.test_request_context("/"):
        with time_machine.travel(MOMENT, tick=False):
            sign_in_as(member, hours=1)
        with time_machine.travel(MOMENT + timedelta(seconds=seconds), tick=False):
            users, origins = signed_in_users(), frame_origins()

    assert users == ([member.user_id] if is_in else [])
    assert bool(origins) is is_in


def test_sign_in_when_somebody_else_of_the_platform_launches_then_takes_the_firsts_place(app: Flask) -> None:
    _, first = taking_part()
    second = MembershipFactory(context=first.context)

    with app.test_request_context("/"):
        sign_in_as(first)
        sign_in_as(second)
        users = signed_in_users()

    assert users == [second.user_id]


def test_sign_in_when_somebody_else_takes_it_over_then_drops_all_else_that_the_session_held(app: Flask) -> None:
    _, first = taking_part()
    second = MembershipFactory(context=first.context)

    with app.test_request_context("/"):
        sign_in_as(first)
        session["csrf_token"] = "the first person's"
        session["anything"] = "else"
        sign_in_as(second)
        kept = set(session)

    assert kept == {"sign_ins"}


def test_sign_in_when_somebody_else_takes_it_over_then_gets_none_of_the_first_ones_other_sign_ins(app: Flask) -> None:
    _, first = taking_part()
    _, first_elsewhere = taking_part()
    second = MembershipFactory(context=first.context)

    with app.test_request_context("/"):
        sign_in_as(first_elsewhere)
        sign_in_as(first)
        sign_in_as(second)
        users = signed_in_users()

    assert users == [second.user_id]


def test_sign_in_when_the_same_person_launches_again_then_their_open_pages_go_on(app: Flask) -> None:
    _, member = taking_part()

    with app.test_request_context("/"):
        sign_in_as(member)
        session["csrf_token"] = "theirs"
        sign_in_as(member)
        kept = session.get("csrf_token")

    assert kept == "theirs"


def test_sign_ins_when_too_many_then_the_newest_stay(app: Flask) -> None:
    members = [taking_part()[1] for _ in range(MAX_SIGN_INS + 3)]

    with app.test_request_context("/"):
        for member in members:
            sign_in_as(member)
        users = signed_in_users()

    assert users == [member.user_id for member in members[-MAX_SIGN_INS:]]


def test_sign_in_when_repeated_then_is_the_newest_again(app: Flask) -> None:
    members = [taking_part()[1] for _ in range(MAX_SIGN_INS)]

    with app.test_request_context("/"):
        for member in [*members, members[0], taking_part()[1]]:
            sign_in_as(member)
        users = signed_in_users()

    assert members[0].user_id in users
    assert members[1].user_id not in users


def test_frame_origins_when_signed_in_from_two_platforms_then_both_and_no_paths(app: Flask) -> None:
    first: Registration = RegistrationFactory(issuer="https://a.example", auth_url="https://login.a.example:8443/x?y")
    second: Registration = RegistrationFactory(issuer="urn:not-a-web-address", auth_url="https://b.example/auth")

    with app.test_request_context("/"):
        sign_in(registration=first, user_id=1, hours=1)
        sign_in(registration=second, user_id=2, hours=1)
        origins = frame_origins()

    assert origins == ["https://a.example", "https://b.example", "https://login.a.example:8443"]


@pytest.mark.parametrize("cookie", ["", "x", "e30.x.y", ".eJwDAAAAAAE.x.y", "é" * 50, "a" * 3500])
def test_session_cookie_when_made_up_then_nobody_is_signed_in(app: Flask, visitor: Visitor, cookie: str) -> None:
    visitor.launch(TEACHER)

    answer = app.test_client(use_cookies=False).get(
        "/journal/1", base_url=visitor.base_url, headers={"Cookie": f"__Host-staffroom={cookie}"}
    )

    assert answer.status_code == 401
    assert "Your session has ended." in answer.text
