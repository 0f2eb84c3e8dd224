"""Launches as real platforms sent them; `tests/recordings/` says where and when."""

import json
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import select

from lti_app.db import db
from lti_app.models.activity import Activity
from lti_app.models.people import Context, Membership, Role, User
from tests.lti_app.lti.launching import AGS, LTI, launch_with, log_lines, stored
from tests.placing import template_of
from tests.visitor import Visitor

MOODLE = Path(__file__).parents[2] / "recordings" / "moodle-4.5"
SERVICES = "http://localhost:8081/mod/lti/services.php/2"


def recorded(name: str) -> dict[str, Any]:
    """Return the claims of a recorded launch, anew each time."""
    claims: dict[str, Any] = json.loads((MOODLE / f"{name}.json").read_text("utf-8"))
    return claims


def _launch(visitor: Visitor, name: str) -> int:
    """Launch with the recorded claims (deployment and template are of here), and return the page's status."""
    claims = recorded(name)
    claims[f"{LTI}custom"] |= template_of(visitor.lms)
    claims[f"{LTI}deployment_id"] = visitor.lms.settings.deployment_id
    absent = [claim for claim in ("name", "given_name", "family_name", "email") if claim not in claims]
    answer = launch_with(visitor, claims=claims, remove=absent)
    return visitor.get(answer.headers["Location"]).status_code


@pytest.mark.parametrize(
    ("name", "sub", "person", "role"),
    [
        ("launch-student-iframe", "5", "Sam One", Role.TEACHER),
        ("launch-teacher", "3", "Tina Trainer", Role.FACILITATOR),
        ("launch-non-editing-teacher", "11", "Tara Assistant", Role.FACILITATOR),
        ("launch-admin", "2", "Ada Admin", Role.FACILITATOR),
        ("launch-student-privacy-never", "5", "", Role.TEACHER),
    ],
)
def test_moodles_launch_when_replayed_then_makes_that_person_that_role(
    visitor: Visitor, name: str, sub: str, person: str, role: Role
) -> None:
    status = _launch(visitor, name)

    user, member = db.session.scalars(select(User)).one(), db.session.scalars(select(Membership)).one()
    assert status == 200
    assert (user.sub, user.name, member.role, member.is_test_user) == (sub, person, role, False)
    assert [line.outcome.value for line in log_lines()] == ["accepted"]


def test_moodles_managers_launch_when_replayed_then_is_a_facilitators(visitor: Visitor) -> None:
    status = _launch(visitor, "launch-manager")

    assert status == 200
    assert db.session.scalars(select(Membership.role)).all() == [Role.FACILITATOR]


def test_moodles_graded_launch_when_replayed_then_keeps_the_line_item_with_its_query(visitor: Visitor) -> None:
    _launch(visitor, "launch-student-iframe")

    activity = db.session.scalars(select(Activity)).one()
    assert activity.line_item_url == f"{SERVICES}/lineitems/2/lineitem?type_id=1"
    assert activity.line_items_url == f"{SERVICES}/lineitems?type_id=1"
    assert (activity.title, activity.resource_link_id_on_platform) == ("Reflective essay", "1")


def test_moodles_ungraded_launch_when_replayed_then_has_no_line_item(visitor: Visitor) -> None:
    _launch(visitor, "launch-ungraded-link")

    activity = db.session.scalars(select(Activity)).one()
    assert activity.line_item_url is None
    assert activity.line_items_url == f"{SERVICES}/lineitems?type_id=1"


@pytest.mark.parametrize(("copy", "courses"), [("launch-after-course-copy", 2), ("launch-after-activity-duplicate", 1)])
def test_moodles_copy_when_launched_then_is_an_activity_of_its_own_with_nobodys_work(
    visitor: Visitor, copy: str, courses: int
) -> None:
    _launch(visitor, "launch-teacher")
    _launch(visitor, copy)

    activities = db.session.scalars(select(Activity).order_by(Activity.id)).all()
    custom = f"{LTI}custom"
    assert len(set(db.session.scalars(select(Context.context_id_on_platform)).all())) == courses
    assert len({activity.resource_link_id_on_platform for activity in activities}) == 2
    assert len({activity.line_item_url for activity in activities}) == 2
    assert stored() == {"lti_user": 1, "context": courses, "membership": courses, "activity": 2, "launch_record": 2}
    assert recorded(copy)[custom]["task"] == recorded("launch-teacher")[custom]["task"]


def test_moodles_return_address_when_launched_then_is_neither_stored_nor_logged(visitor: Visitor) -> None:
    with structlog.testing.capture_logs() as logged:
        _launch(visitor, "launch-student-iframe")

    rows = [str(tuple(row)) for table in db.metadata.sorted_tables for row in db.session.execute(select(table)).all()]
    assert "struck-out" in json.dumps(recorded("launch-student-iframe"))
    assert not [row for row in rows if "sesskey" in row or "return.php" in row]
    assert [line["event"] for line in logged] == ["launch_accepted"]
    assert "sesskey" not in str(logged)


@pytest.mark.parametrize("line_items", [1, 2], ids=["one line item", "two, so none is named"])
def test_moodles_submission_review_when_replayed_then_leads_to_that_persons_facts(
    visitor: Visitor, another_visitor: Visitor, line_items: int
) -> None:
    _launch(another_visitor, "launch-student-iframe")
    claims = recorded("submission-review")
    if line_items == 2:
        del claims[AGS]["lineitem"]

    answer = launch_with(visitor, claims=claims)

    page = visitor.get(answer.headers["Location"])
    learner = db.session.scalars(select(User).where(User.sub == "5")).one()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/review/1/{learner.id}")
    assert page.status_code == 200
    assert "Sam One" in page.text
    assert [line.message_type for line in log_lines()] == ["LtiResourceLinkRequest", "LtiSubmissionReviewRequest"]
