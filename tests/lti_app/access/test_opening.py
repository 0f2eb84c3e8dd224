"""The one way to an activity: who gets in, and who is told that there is nothing."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import update

from lti_app.access.opening import Opened, open_activity, require_facilitator, require_participant
from lti_app.access.refusals import ActingAsSomebody
from lti_app.access.sign_ins import signed_in_users
from lti_app.db import db
from lti_app.errors import NotThere, SignInEnded
from lti_app.models.activity import Activity
from lti_app.models.people import Membership, Role
from lti_app.models.platform import Registration, RegistrationStatus
from tests.factories import ActivityFactory, ContextFactory
from tests.lti_app.access.participants import sign_in_as, taking_part
from tests.visitor import TEACHER, Visitor

MOMENT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OPEN_AGAIN = "Open the activity again from your course."


def test_activity_when_nobody_is_signed_in_then_the_session_has_ended(app: Flask) -> None:
    activity, _ = taking_part()

    with app.test_request_context("/"), pytest.raises(SignInEnded) as caught:
        open_activity(activity.id)

    assert (caught.value.status, caught.value.happened, caught.value.advice) == (
        401,
        "Your session has ended.",
        OPEN_AGAIN,
    )


def test_activity_when_a_member_asks_then_opened_with_person_and_course(app: Flask) -> None:
    activity, member = taking_part()

    with app.test_request_context("/"):
        sign_in_as(member)
        opened = open_activity(activity.id)

    assert (opened.activity.id, opened.member.id) == (activity.id, member.id)
    assert opened.member.user.sub == member.user.sub
    assert opened.activity.context.title == "Induction"


@pytest.mark.parametrize("number", [0, -1, 2**31 - 1, 2**31, 2**63 - 1, 2**63, 10**30])
def test_activity_when_there_is_none_of_that_number_then_not_there(app: Flask, number: int) -> None:
    _, member = taking_part()

    with app.test_request_context("/"):
        sign_in_as(member)
        with pytest.raises(NotThere) as caught:
            open_activity(number)

    assert (caught.value.status, caught.value.happened) == (404, "There is nothing here for you.")


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30])
def test_address_when_its_number_is_huge_then_not_there(visitor: Visitor, number: int) -> None:
    visitor.launch(TEACHER)

    statuses = [visitor.get(path).status_code for path in (f"/journal/{number}", f"/journal/1/entries/{number}")]

    assert statuses == [404, 404]


def test_activity_when_of_another_course_then_not_there(app: Flask) -> None:
    _, member = taking_part()
    foreign = ActivityFactory(context=ContextFactory(deployment=member.context.deployment))

    with app.test_request_context("/"):
        sign_in_as(member)
        with pytest.raises(NotThere):
            open_activity(foreign.id)


def test_activity_when_of_another_platform_then_not_there(app: Flask) -> None:
    _, member = taking_part()
    foreign, _ = taking_part()

    with app.test_request_context("/"):
        sign_in_as(member)
        with pytest.raises(NotThere):
            open_activity(foreign.id)


def test_activity_when_the_membership_has_ended_then_not_there(app: Flask) -> None:
    activity, member = taking_part()
    member.is_active = False
    db.session.flush()

    with app.test_request_context("/"):
        sign_in_as(member)
        with pytest.raises(NotThere):
            open_activity(activity.id)


@pytest.mark.parametrize("role", list(Role))
def test_activity_when_the_person_is_known_from_the_platforms_list_alone_then_not_there(app: Flask, role: Role) -> None:
    _, elsewhere = taking_part()
    activity, member = taking_part(role)
    member.launched_at, member.listed_at = None, MOMENT
    db.session.flush()

    with app.test_request_context("/"):
        sign_in_as(elsewhere)
        sign_in_as(member)
        with pytest.raises(NotThere):
            open_activity(activity.id)


def test_activity_when_the_platform_was_disabled_then_not_there(app: Flask) -> None:
    activity, member = taking_part()

    with app.test_request_context("/"):
        sign_in_as(member)
        db.session.execute(update(Registration).values(status=RegistrationStatus.DISABLED))
        with pytest.raises(NotThere):
            open_activity(activity.id)


def test_activities_when_signed_in_from_two_platforms_then_each_opens_as_its_own_person(app: Flask) -> None:
    first, first_member = taking_part(Role.TEACHER)
    second, second_member = taking_part(Role.FACILITATOR)

    with app.test_request_context("/"):
        sign_in_as(first_member)
        sign_in_as(second_member)
        members = [open_activity(first.id).member.id, open_activity(second.id).member.id]

    assert members == [first_member.id, second_member.id]


@pytest.mark.parametrize(
    ("role", "takes_part", "looks_after"),
    [
        (Role.TEACHER, True, False),
        (Role.MENTOR, True, False),
        (Role.FACILITATOR, False, True),
        (Role.NONE, False, False),
    ],
)
def test_role_when_asked_for_more_than_it_may_then_not_there(
    role: Role, *, takes_part: bool, looks_after: bool
) -> None:
    opened = Opened(activity=Activity(), member=Membership(user_id=7, role=role))

    for requirement, is_met in ((require_participant, takes_part), (require_facilitator, looks_after)):
        if is_met:
            assert requirement(opened) is opened
        else:
            with pytest.raises(NotThere):
                requirement(opened)


@pytest.mark.parametrize("role", list(Role))
def test_activity_when_somebody_acts_as_the_member_then_opens_nothing_whatever_the_role(app: Flask, role: Role) -> None:
    activity, member = taking_part(role)

    with app.test_request_context("/"):
        sign_in_as(member, is_masquerade=True)
        with pytest.raises(ActingAsSomebody) as caught:
            open_activity(activity.id)
        users = signed_in_users()

    assert (caught.value.status, users) == (403, [])
    assert caught.value.happened == (
        "You are acting as somebody else in your LMS, so Staffroom shows nothing that is theirs."
    )


def test_activity_when_somebody_acts_as_another_then_what_is_their_own_elsewhere_still_opens(app: Flask) -> None:
    foreign, masked = taking_part()
    own, member = taking_part()

    with app.test_request_context("/"):
        sign_in_as(masked, is_masquerade=True)
        sign_in_as(member)
        opened = open_activity(own.id)
        with pytest.raises(ActingAsSomebody):
            open_activity(foreign.id)

    assert opened.member.id == member.id


def test_activity_when_the_person_launches_themselves_after_that_then_opens(app: Flask) -> None:
    activity, member = taking_part()

    with app.test_request_context("/"):
        sign_in_as(member, is_masquerade=True)
        sign_in_as(member)
        opened = open_activity(activity.id)

    assert opened.member.id == member.id
