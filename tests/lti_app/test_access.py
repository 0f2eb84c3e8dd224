"""Who is asking, and may they: the session's sign-ins, and the one way to an activity."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask, session
from sqlalchemy import update

from lti_app.access import (
    MAX_SIGN_INS,
    ActingAsSomebody,
    Opened,
    can_read,
    frame_origins,
    members_of_own_groups,
    open_activity,
    require_facilitator,
    require_participant,
    shares_group,
    sign_in,
    signed_in_users,
)
from lti_app.db import db
from lti_app.errors import NotThere, SignInEnded
from lti_app.models.activity import Activity
from lti_app.models.groups import CourseGroup, GroupMembership
from lti_app.models.people import Context, Membership, Role, User
from lti_app.models.platform import Registration, RegistrationStatus
from tests.factories import ActivityFactory, ContextFactory, MembershipFactory, RegistrationFactory
from tests.visitor import TEACHER, Visitor

MOMENT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OPEN_AGAIN = "Open the activity again from your course."


@dataclass
class _Text:
    user_id: int


def _taking_part(role: Role = Role.TEACHER) -> tuple[Activity, Membership]:
    """Make a journal in a course, and somebody who takes part in it."""
    activity: Activity = ActivityFactory()
    member: Membership = MembershipFactory(context=activity.context, role=role)
    return activity, member


def _sign_in(member: Membership, *, hours: int = 12, is_masquerade: bool = False) -> None:
    registration = db.session.get_one(Registration, db.session.get_one(User, member.user_id).registration_id)
    sign_in(registration=registration, user_id=member.user_id, hours=hours, is_masquerade=is_masquerade)


def test_activity_when_nobody_is_signed_in_then_the_session_has_ended(app: Flask) -> None:
    activity, _ = _taking_part()

    with app.test_request_context("/"), pytest.raises(SignInEnded) as caught:
        open_activity(activity.id)

    assert (caught.value.status, caught.value.happened, caught.value.advice) == (
        401,
        "Your session has ended.",
        OPEN_AGAIN,
    )


def test_activity_when_a_member_asks_then_opened_with_person_and_course(app: Flask) -> None:
    activity, member = _taking_part()

    with app.test_request_context("/"):
        _sign_in(member)
        opened = open_activity(activity.id)

    assert (opened.activity.id, opened.member.id) == (activity.id, member.id)
    assert opened.member.user.sub == member.user.sub
    assert opened.activity.context.title == "Induction"


@pytest.mark.parametrize("number", [0, -1, 2**31 - 1, 2**31, 2**63 - 1, 2**63, 10**30])
def test_activity_when_there_is_none_of_that_number_then_not_there(app: Flask, number: int) -> None:
    _, member = _taking_part()

    with app.test_request_context("/"):
        _sign_in(member)
        with pytest.raises(NotThere) as caught:
            open_activity(number)

    assert (caught.value.status, caught.value.happened) == (404, "There is nothing here for you.")


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30])
def test_address_when_its_number_is_huge_then_not_there(visitor: Visitor, number: int) -> None:
    visitor.launch(TEACHER)

    statuses = [visitor.get(path).status_code for path in (f"/journal/{number}", f"/journal/1/entries/{number}")]

    assert statuses == [404, 404]


def test_activity_when_of_another_course_then_not_there(app: Flask) -> None:
    _, member = _taking_part()
    foreign = ActivityFactory(context=ContextFactory(deployment=member.context.deployment))

    with app.test_request_context("/"):
        _sign_in(member)
        with pytest.raises(NotThere):
            open_activity(foreign.id)


def test_activity_when_of_another_platform_then_not_there(app: Flask) -> None:
    _, member = _taking_part()
    foreign, _ = _taking_part()

    with app.test_request_context("/"):
        _sign_in(member)
        with pytest.raises(NotThere):
            open_activity(foreign.id)


def test_activity_when_the_membership_has_ended_then_not_there(app: Flask) -> None:
    activity, member = _taking_part()
    member.is_active = False
    db.session.flush()

    with app.test_request_context("/"):
        _sign_in(member)
        with pytest.raises(NotThere):
            open_activity(activity.id)


@pytest.mark.parametrize("role", list(Role))
def test_activity_when_the_person_is_known_from_the_platforms_list_alone_then_not_there(app: Flask, role: Role) -> None:
    _, elsewhere = _taking_part()
    activity, member = _taking_part(role)
    member.launched_at, member.listed_at = None, MOMENT
    db.session.flush()

    with app.test_request_context("/"):
        _sign_in(elsewhere)
        _sign_in(member)
        with pytest.raises(NotThere):
            open_activity(activity.id)


def test_activity_when_the_platform_was_disabled_then_not_there(app: Flask) -> None:
    activity, member = _taking_part()

    with app.test_request_context("/"):
        _sign_in(member)
        db.session.execute(update(Registration).values(status=RegistrationStatus.DISABLED))
        with pytest.raises(NotThere):
            open_activity(activity.id)


def test_activities_when_signed_in_from_two_platforms_then_each_opens_as_its_own_person(app: Flask) -> None:
    first, first_member = _taking_part(Role.TEACHER)
    second, second_member = _taking_part(Role.FACILITATOR)

    with app.test_request_context("/"):
        _sign_in(first_member)
        _sign_in(second_member)
        members = [open_activity(first.id).member.id, open_activity(second.id).member.id]

    assert members == [first_member.id, second_member.id]


@pytest.mark.parametrize(("seconds", "is_in"), [(3599, True), (3600, False), (10**6, False)])
def test_sign_in_when_its_hours_are_over_then_ended(app: Flask, seconds: int, is_in: bool) -> None:
    _, member = _taking_part()

    with app.test_request_context("/"):
        with time_machine.travel(MOMENT, tick=False):
            _sign_in(member, hours=1)
        with time_machine.travel(MOMENT + timedelta(seconds=seconds), tick=False):
            users, origins = signed_in_users(), frame_origins()

    assert users == ([member.user_id] if is_in else [])
    assert bool(origins) is is_in


def test_sign_in_when_somebody_else_of_the_platform_launches_then_takes_the_firsts_place(app: Flask) -> None:
    _, first = _taking_part()
    second = MembershipFactory(context=first.context)

    with app.test_request_context("/"):
        _sign_in(first)
        _sign_in(second)
        users = signed_in_users()

    assert users == [second.user_id]


def test_sign_in_when_somebody_else_takes_it_over_then_drops_all_else_that_the_session_held(app: Flask) -> None:
    _, first = _taking_part()
    second = MembershipFactory(context=first.context)

    with app.test_request_context("/"):
        _sign_in(first)
        session["csrf_token"] = "the first person's"
        session["anything"] = "else"
        _sign_in(second)
        kept = set(session)

    assert kept == {"sign_ins"}


def test_sign_in_when_somebody_else_takes_it_over_then_gets_none_of_the_first_ones_other_sign_ins(app: Flask) -> None:
    _, first = _taking_part()
    _, first_elsewhere = _taking_part()
    second = MembershipFactory(context=first.context)

    with app.test_request_context("/"):
        _sign_in(first_elsewhere)
        _sign_in(first)
        _sign_in(second)
        users = signed_in_users()

    assert users == [second.user_id]


def test_sign_in_when_the_same_person_launches_again_then_their_open_pages_go_on(app: Flask) -> None:
    _, member = _taking_part()

    with app.test_request_context("/"):
        _sign_in(member)
        session["csrf_token"] = "theirs"
        _sign_in(member)
        kept = session.get("csrf_token")

    assert kept == "theirs"


def test_sign_ins_when_too_many_then_the_newest_stay(app: Flask) -> None:
    members = [_taking_part()[1] for _ in range(MAX_SIGN_INS + 3)]

    with app.test_request_context("/"):
        for member in members:
            _sign_in(member)
        users = signed_in_users()

    assert users == [member.user_id for member in members[-MAX_SIGN_INS:]]


def test_sign_in_when_repeated_then_is_the_newest_again(app: Flask) -> None:
    members = [_taking_part()[1] for _ in range(MAX_SIGN_INS)]

    with app.test_request_context("/"):
        for member in [*members, members[0], _taking_part()[1]]:
            _sign_in(member)
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


@pytest.mark.parametrize("role", list(Role))
def test_text_when_asked_for_then_only_its_author_reads_it_whatever_the_role(role: Role) -> None:
    member = Membership(user_id=7, role=role)

    assert can_read(member, _Text(user_id=7)) is True
    assert can_read(member, _Text(user_id=8)) is False


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


@pytest.mark.parametrize("cookie", ["", "x", "e30.x.y", ".eJwDAAAAAAE.x.y", "é" * 50, "a" * 3500])
def test_session_cookie_when_made_up_then_nobody_is_signed_in(app: Flask, visitor: Visitor, cookie: str) -> None:
    visitor.launch(TEACHER)

    answer = app.test_client(use_cookies=False).get(
        "/journal/1", base_url=visitor.base_url, headers={"Cookie": f"__Host-staffroom={cookie}"}
    )

    assert answer.status_code == 401
    assert "Your session has ended." in answer.text


@pytest.mark.parametrize("role", list(Role))
def test_activity_when_somebody_acts_as_the_member_then_opens_nothing_whatever_the_role(app: Flask, role: Role) -> None:
    activity, member = _taking_part(role)

    with app.test_request_context("/"):
        _sign_in(member, is_masquerade=True)
        with pytest.raises(ActingAsSomebody) as caught:
            open_activity(activity.id)
        users = signed_in_users()

    assert (caught.value.status, users) == (403, [])
    assert caught.value.happened == (
        "You are acting as somebody else in your LMS, so Staffroom shows nothing that is theirs."
    )


def test_activity_when_somebody_acts_as_another_then_what_is_their_own_elsewhere_still_opens(app: Flask) -> None:
    foreign, masked = _taking_part()
    own, member = _taking_part()

    with app.test_request_context("/"):
        _sign_in(masked, is_masquerade=True)
        _sign_in(member)
        opened = open_activity(own.id)
        with pytest.raises(ActingAsSomebody):
            open_activity(foreign.id)

    assert opened.member.id == member.id


def test_activity_when_the_person_launches_themselves_after_that_then_opens(app: Flask) -> None:
    activity, member = _taking_part()

    with app.test_request_context("/"):
        _sign_in(member, is_masquerade=True)
        _sign_in(member)
        opened = open_activity(activity.id)

    assert opened.member.id == member.id


def test_text_when_somebody_acts_as_its_author_then_not_read(app: Flask) -> None:
    _, member = _taking_part()
    text = _Text(user_id=member.user_id)

    with app.test_request_context("/"):
        before = can_read(member, text)
        _sign_in(member, is_masquerade=True)
        after = can_read(member, text)

    assert (before, after) == (True, False)


def _group(context: Context, *members: Membership) -> None:
    group = CourseGroup(context_id=context.id, group_id_on_platform=f"of-{len(members)}", name="G")
    db.session.add(group)
    db.session.flush()
    db.session.add_all(GroupMembership(group_id=group.id, membership_id=member.id) for member in members)
    db.session.flush()


def test_group_when_two_people_are_in_it_then_they_share_it_and_others_do_not(app: Flask) -> None:
    del app
    context = ContextFactory()
    first, second, outside = (MembershipFactory(context=context) for _ in range(3))
    _group(context, first, second)
    _group(context, outside)

    assert [shares_group(first, other) for other in (first, second, outside)] == [True, True, False]
    assert [shares_group(other, first) for other in (second, outside)] == [True, False]


def test_group_when_somebody_is_in_none_then_shares_none_not_even_with_themselves(app: Flask) -> None:
    del app
    context = ContextFactory()
    first, second = MembershipFactory(context=context), MembershipFactory(context=context)

    assert (shares_group(first, second), shares_group(first, first)) == (False, False)


@pytest.mark.parametrize("who", ["asking", "asked"])
def test_group_when_one_of_the_two_has_left_the_course_then_not_shared(app: Flask, who: str) -> None:
    del app
    context = ContextFactory()
    asking, asked = MembershipFactory(context=context), MembershipFactory(context=context)
    _group(context, asking, asked)
    before = shares_group(asking, asked)
    (asking if who == "asking" else asked).is_active = False
    db.session.flush()

    assert (before, shares_group(asking, asked)) == (True, False)


def test_audience_of_own_groups_when_in_several_then_everybody_once_and_nobody_of_another_course(app: Flask) -> None:
    del app
    context, elsewhere = ContextFactory(), ContextFactory()
    members = [MembershipFactory(context=context) for _ in range(4)]
    _group(context, members[0], members[1])
    _group(context, members[0], members[1], members[2])
    _group(elsewhere, MembershipFactory(context=elsewhere))

    audience = db.session.scalars(members_of_own_groups(members[0])).all()

    assert sorted(audience) == [member.id for member in members[:3]]


def test_group_when_shared_then_opens_nobodys_text(app: Flask) -> None:
    del app
    context = ContextFactory()
    reader, author = MembershipFactory(context=context), MembershipFactory(context=context)
    _group(context, reader, author)

    assert can_read(reader, _Text(user_id=author.user_id)) is False
