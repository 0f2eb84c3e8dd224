"""What a launch makes, finds again, changes and leaves alone."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from lti_app.db import Base, db
from lti_app.lti.messages import AgsClaim, CourseClaim, LaunchMessage
from lti_app.models.activity import Activity
from lti_app.models.gradebook import DeliveryState, ScoreDelivery
from lti_app.models.people import Context, Membership, Role, User
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
    )


def _record(message: LaunchMessage, **changes: Any) -> None:
    """Record the launch with some of it changed."""
    record_launch(db.session(), replace(message, **changes), kind="journal")


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
    assert (activity.kind, activity.title, activity.settings) == ("journal", "Weekly reflection", {})
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
    visitor.post("/journal/1/entries/1/finish", page, text="word " * 60)
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
