"""What a launch makes, finds again, changes and leaves alone."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from lti_app.clock import now
from lti_app.db import Base, db
from lti_app.lti.messages import CourseClaim, LaunchMessage
from lti_app.lti.service_claims import AgsClaim, NrpsClaim
from lti_app.models.activity import Activity
from lti_app.models.gradebook import DeliveryState, ScoreDelivery
from lti_app.models.people import Context, Membership, Role, RosterCause, User
from lti_app.models.platform import Deployment
from lti_app.roster.record_launch import record_launch
from tests.factories import DeploymentFactory
from tests.lti_app.lti.launching import AGS, LTI, launch_with
from tests.visitor import OTHER_TEACHER, UNGRADED, Visitor

MEMBER = "http://purl.imsglobal.org/vocab/lis/v2/membership"
LINE_ITEM = AgsClaim(
    line_item_url="https://l.example/1?type_id=1", line_items_url="https://l.example/", scopes=("a", "b")
)
NO_LINE_ITEM = AgsClaim(line_item_url="", line_items_url="", scopes=())


@pytest.fixture
def message(app: Flask) -> LaunchMessage:
    """A learner's launch of a graded link, as it comes out of `lti_app.lti`."""
    del app
    deployment: Deployment = DeploymentFactory()
    return LaunchMessage(
        registration_id=deployment.registration_id,
        deployment_id=deployment.id,
        deployment_id_on_platform="1",
        sub="102",
        name="Jonas Lindqvist",
        locale="en",
        roles=(f"{MEMBER}#Learner",),
        custom={},
        course=CourseClaim(id_on_platform="7", label="IND-1", title="Induction"),
        resource_link_id="3",
        resource_link_title="Weekly reflection",
        ags=LINE_ITEM,
        nrps=None,
    )


def _record(message: LaunchMessage, **changes: Any) -> None:
    """Record the launch with some of it changed."""
    record_launch(db.session(), replace(message, **changes))


def _rows() -> tuple[User, Context, Membership, Activity]:
    """Return the only row of each table."""
    db.session.expire_all()
    return (
        db.session.scalars(select(User)).one(),
        db.session.scalars(select(Context)).one(),
        db.session.scalars(select(Membership)).one(),
        db.session.scalars(select(Activity)).one(),
    )


def _counts() -> list[int]:
    """Return how many users, contexts, memberships and activities there are."""
    tables: tuple[type[Base], ...] = (User, Context, Membership, Activity)
    return [db.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def test_launch_when_first_then_makes_one_of_each(message: LaunchMessage) -> None:
    _record(message)

    user, context, member, activity = _rows()
    assert (user.sub, user.name, user.locale) == ("102", "Jonas Lindqvist", "en")
    assert (context.context_id_on_platform, context.label, context.title) == ("7", "IND-1", "Induction")
    assert (member.role, member.is_active, member.is_test_user) == (Role.TEACHER, True, False)
    assert (activity.kind, activity.title, activity.settings) == (None, "Weekly reflection", {})
    assert (activity.line_item_url, activity.ags_scopes) == (LINE_ITEM.line_item_url, "a b")


def test_launch_when_repeated_then_finds_the_same_rows(message: LaunchMessage) -> None:
    _record(message)
    first = [row.id for row in _rows()]

    _record(message)

    assert [row.id for row in _rows()] == first


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({"sub": "103"}, [2, 1, 2, 1]),
        ({"resource_link_id": "4"}, [1, 1, 1, 2]),
        ({"course": CourseClaim(id_on_platform="8", label="", title="")}, [1, 2, 2, 2]),
    ],
)
def test_launch_when_something_is_new_then_only_that_is_made(
    message: LaunchMessage, changes: dict[str, Any], counts: list[int]
) -> None:
    _record(message)

    _record(message, **changes)

    assert _counts() == counts


def test_launch_when_of_another_deployment_then_is_another_course_of_the_same_person(message: LaunchMessage) -> None:
    _record(message)
    second = Deployment(registration_id=message.registration_id, deployment_id_on_platform="2")
    db.session.add(second)
    db.session.flush()

    _record(message, deployment_id=second.id)

    assert _counts() == [1, 2, 2, 2]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": "Jonas Berg"}, {"name": "Jonas Berg"}),
        ({"locale": "sv"}, {"locale": "sv"}),
        ({"course": CourseClaim(id_on_platform="7", label="IND-2", title="")}, {"label": "IND-2"}),
        ({"course": CourseClaim(id_on_platform="7", label="", title="Second")}, {"course": "Second"}),
        ({"resource_link_title": "Monthly"}, {"activity": "Monthly"}),
        ({"roles": (f"{MEMBER}#Instructor",)}, {"role": Role.FACILITATOR}),
        ({"roles": ()}, {"role": Role.NONE}),
        ({"ags": replace(LINE_ITEM, line_items_url="https://l.example/all")}, {"columns": "https://l.example/all"}),
        ({"ags": replace(LINE_ITEM, scopes=("c",))}, {"scopes": "c"}),
        ({"name": "", "locale": "", "resource_link_title": "", "ags": None}, {}),
        ({"course": CourseClaim(id_on_platform="7", label="", title="")}, {}),
        ({"ags": NO_LINE_ITEM}, {}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_launch_when_the_platform_says_something_else_now_then_only_that_changes(
    message: LaunchMessage, changes: dict[str, Any], expected: dict[str, Any]
) -> None:
    _record(message)
    before = _told()

    _record(message, **changes)

    assert _told() == {**before, **expected}


def test_launch_when_somebody_comes_back_then_is_active_again(message: LaunchMessage) -> None:
    _record(message)
    _rows()[2].is_active = False
    db.session.flush()

    _record(message)

    assert _rows()[2].is_active is True


def test_launch_when_in_student_view_then_flagged_until_it_is_a_person_again(message: LaunchMessage) -> None:
    test_user = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"

    _record(message, roles=(f"{MEMBER}#Learner", test_user))
    before = _rows()[2].is_test_user
    _record(message)

    assert (before, _rows()[2].is_test_user) == (True, False)


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        (None, None, None),
        (None, NO_LINE_ITEM, None),
        (None, LINE_ITEM, LINE_ITEM.line_item_url),
        (LINE_ITEM, None, LINE_ITEM.line_item_url),
        (LINE_ITEM, NO_LINE_ITEM, LINE_ITEM.line_item_url),
        (LINE_ITEM, LINE_ITEM, LINE_ITEM.line_item_url),
        (LINE_ITEM, replace(LINE_ITEM, line_item_url="https://l.example/2"), "https://l.example/2"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_line_item_when_it_comes_goes_or_changes_then_kept_from_first_sight(
    message: LaunchMessage, before: AgsClaim | None, after: AgsClaim | None, kept: str | None
) -> None:
    _record(message, ags=before)

    _record(message, ags=after)

    assert _rows()[3].line_item_url == kept


def _list_at(url: str) -> NrpsClaim:
    return NrpsClaim(memberships_url=url)


@pytest.mark.parametrize(
    ("before", "after", "kept", "is_due"),
    [
        (None, None, "", False),
        (None, _list_at(""), "", False),
        (None, _list_at("https://l.example/m"), "https://l.example/m", True),
        (_list_at("https://l.example/m"), None, "https://l.example/m", False),
        (_list_at("https://l.example/m"), _list_at(""), "https://l.example/m", False),
        (_list_at("https://l.example/m"), _list_at("https://l.example/m"), "https://l.example/m", False),
        (_list_at("https://l.example/m"), _list_at("https://l.example/M"), "https://l.example/M", True),
    ],
    ids=lambda value: str(value)[-30:],
)
def test_list_of_people_when_its_address_is_new_then_kept_and_due(
    message: LaunchMessage, before: NrpsClaim | None, after: NrpsClaim | None, kept: str, is_due: bool
) -> None:
    _record(message, nrps=before)
    _rows()[1].roster_due_at = now() + timedelta(days=1)
    db.session.flush()

    _record(message, nrps=after)

    course = _rows()[1]
    assert course.memberships_url == kept
    assert (course.roster_due_at <= now() if course.roster_due_at else None) is is_due


def test_list_of_people_when_its_nights_were_given_up_then_the_next_launch_has_it_read(message: LaunchMessage) -> None:
    _record(message, nrps=_list_at("https://l.example/m"))
    course = _rows()[1]
    course.roster_due_at, course.launched_at = None, now() - timedelta(days=91)
    db.session.flush()

    _record(message, nrps=_list_at("https://l.example/m"))

    course = _rows()[1]
    assert course.roster_cause is RosterCause.LAUNCH
    assert course.roster_due_at == course.launched_at


@pytest.mark.parametrize(("hours", "is_noted_anew"), [(1, False), (23, False), (25, True)])
def test_course_when_launched_then_that_is_noted_once_a_day(
    message: LaunchMessage, hours: int, is_noted_anew: bool
) -> None:
    _record(message)
    before = _rows()[1].launched_at
    assert before is not None

    with time_machine.travel(before + timedelta(hours=hours)):
        _record(message)

    assert (_rows()[1].launched_at != before) is is_noted_anew


def test_launch_when_the_person_was_known_from_the_list_then_is_let_in_as_what_the_launch_says(
    message: LaunchMessage,
) -> None:
    _record(message)
    member = _rows()[2]
    member.role, member.launched_at, member.is_gradable = Role.FACILITATOR, None, False
    db.session.flush()

    _record(message)

    member = _rows()[2]
    assert (member.role, member.is_gradable) == (Role.TEACHER, True)
    assert member.launched_at is not None


@pytest.mark.parametrize(("role", "gradable"), [("Learner", True), ("Mentor", False), ("Instructor", False)])
def test_launch_when_it_names_a_role_then_known_whether_the_platform_grades_it(
    message: LaunchMessage, role: str, gradable: bool
) -> None:
    _record(message, roles=(f"{MEMBER}#{role}",))

    assert _rows()[2].is_gradable is gradable


def test_launch_when_repeated_then_keeps_when_it_first_let_them_in(message: LaunchMessage) -> None:
    _record(message)
    before = _rows()[2].launched_at
    assert before is not None

    with time_machine.travel(before + timedelta(days=30)):
        _record(message)

    assert _rows()[2].launched_at == before


def test_scopes_when_very_long_then_only_whole_ones_are_kept(message: LaunchMessage) -> None:
    scopes = tuple(f"{number}{'x' * 199}" for number in range(10))

    _record(message, ags=replace(LINE_ITEM, scopes=scopes))

    kept = _rows()[3].ags_scopes
    assert set(kept.split()) <= set(scopes)
    assert 0 < len(kept) <= 1024


def test_launch_when_recorded_then_not_committed(message: LaunchMessage) -> None:
    db.session.commit()
    _record(message)

    db.session.rollback()

    assert _counts() == [0, 0, 0, 0]


def _told() -> dict[str, Any]:
    """Return what a launch may change."""
    user, context, member, activity = _rows()
    return {
        "name": user.name,
        "locale": user.locale,
        "label": context.label,
        "course": context.title,
        "role": member.role,
        "activity": activity.title,
        "line_item": activity.line_item_url,
        "columns": activity.line_items_url,
        "scopes": activity.ags_scopes,
    }


def test_score_when_it_waited_for_a_line_item_then_the_launch_that_brings_one_lets_it_go(visitor: Visitor) -> None:
    launch_with(visitor, activity=UNGRADED, remove=[AGS])
    journal = visitor.get("/journal/1")
    page = visitor.get(visitor.post("/journal/1/entries", journal).headers["Location"])
    visitor.post("/journal/1/entries/1/finish", page, **{"answer-text": "word " * 60})
    parked = [(row.state, row.reason) for row in db.session.scalars(select(ScoreDelivery))]
    endpoint = {"lineitem": f"{visitor.lms.url}/lti/courses/1/lineitems/11/lineitem?type_id=1"}

    launch_with(visitor, activity=UNGRADED, claims={AGS: endpoint})

    db.session.rollback()
    released = [(row.state, row.reason) for row in db.session.scalars(select(ScoreDelivery))]
    assert parked == [(DeliveryState.PARKED, "no_line_item")]
    assert released == [(DeliveryState.WAITING, None)]


def test_course_when_the_link_stands_outside_any_then_two_links_are_two_courses(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    launch_with(visitor, activity=1, remove=[f"{LTI}context"])
    launch_with(another_visitor, person=OTHER_TEACHER, activity=2, remove=[f"{LTI}context"])

    names = db.session.scalars(select(Context.context_id_on_platform).order_by(Context.id)).all()
    assert names == ["resource-link:1", "resource-link:2"]
    assert visitor.get("/journal/2").status_code == 404
