"""Parked scores go out when a later launch removes what stood in their way."""

from typing import Any

import pytest
import requests
from flask import Flask

from lti_app.clock import now
from lti_app.models.activity import Activity
from lti_app.models.gradebook import DeliveryState, ScoreDelivery
from tests.lti_app.activities.journal.writing import stored, write_entry
from tests.lti_app.gradebook.course import outcome
from tests.visitor import FACILITATOR, MENTOR, TEACHER, UNGRADED, Visitor

AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
ROLES = "https://purl.imsglobal.org/spec/lti/claim/roles"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"

pytestmark = pytest.mark.usefixtures("served")


def call(visitor: Visitor, path: str, **body: Any) -> None:
    """Use the LMS's API for tests."""
    requests.post(f"{visitor.lms.url}/api/{path}", json=body, timeout=5).raise_for_status()


def work(app: Flask) -> None:
    """Let a worker do everything that it was woken for."""
    queue = app.extensions["staffroom_queue"]
    while (task := queue.dequeue()) is not None:
        queue.execute(task)


def the_score() -> ScoreDelivery:
    (row,) = stored(ScoreDelivery)
    return row


def grades(visitor: Visitor) -> list[tuple[str, float]]:
    rows = requests.get(f"{visitor.lms.url}/api/gradebook", timeout=5).json()
    return [(row["person"], row["score"]) for row in rows]


def test_launch_when_it_brings_the_line_item_then_the_parked_score_is_sent(
    app: Flask, visitor: Visitor, another_visitor: Visitor
) -> None:
    call(visitor, "next-launch", remove=[AGS])
    write_entry(visitor, TEACHER)
    parked, text = outcome(the_score()), visitor.get("/journal/1").text

    another_visitor.launch(FACILITATOR)

    assert parked == (DeliveryState.PARKED, "no_line_item", None, 0)
    assert "Your course keeps no grade for this activity, so nothing is sent." in text
    assert outcome(the_score()) == (DeliveryState.WAITING, None, None, 0)
    assert the_score().due_at <= now()
    work(app)
    assert outcome(the_score()) == (DeliveryState.SENT, None, 200, 1)
    assert grades(visitor) == [(TEACHER, 1)]


def test_launch_when_the_column_is_another_one_now_then_the_score_goes_there(app: Flask, visitor: Visitor) -> None:
    write_entry(visitor, TEACHER)
    call(visitor, "line-items/lose", activity=1)
    work(app)
    parked, text = outcome(the_score()), visitor.get("/journal/1").text
    call(visitor, "line-items/second", activity=1)

    visitor.launch(TEACHER)
    work(app)

    assert parked == (DeliveryState.PARKED, "line_item_gone", 404, 1)
    assert "You are done, but the column in the gradebook is gone." in text
    assert outcome(the_score()) == (DeliveryState.SENT, None, 200, 1)
    assert grades(visitor) == [(TEACHER, 1)]


def test_launch_when_the_same_column_is_back_then_the_score_is_sent(
    app: Flask, visitor: Visitor, another_visitor: Visitor
) -> None:
    write_entry(visitor, TEACHER)
    call(visitor, "faults", kind="scores", fault="404", times=1)
    work(app)
    parked = outcome(the_score())

    another_visitor.launch(FACILITATOR)
    work(app)

    assert parked == (DeliveryState.PARKED, "line_item_gone", 404, 1)
    assert outcome(the_score()) == (DeliveryState.SENT, None, 200, 1)
    assert grades(visitor) == [(TEACHER, 1)]


def test_launch_when_the_person_is_gradable_now_then_the_score_is_sent(app: Flask, visitor: Visitor) -> None:
    call(visitor, f"people/{MENTOR}/roles", roles=[f"{MEMBERSHIP}Mentor"])
    write_entry(visitor, MENTOR)
    work(app)
    parked = outcome(the_score())
    call(visitor, f"people/{MENTOR}/roles", roles=[f"{MEMBERSHIP}Learner"])

    visitor.launch(MENTOR)
    work(app)

    assert parked == (DeliveryState.PARKED, "not_gradable", 400, 1)
    assert outcome(the_score()) == (DeliveryState.SENT, None, 200, 1)
    assert grades(visitor) == [(MENTOR, 1)]


def test_launch_when_access_was_given_back_then_the_score_is_sent(app: Flask, visitor: Visitor) -> None:
    # Two are refused: the first launch of a course has its list of people read as well.
    call(visitor, "faults", kind="token", fault="401", times=2)
    write_entry(visitor, TEACHER)
    work(app)
    parked = outcome(the_score())

    visitor.launch(TEACHER)
    work(app)

    assert parked[:2] == (DeliveryState.PARKED, "access_withdrawn")
    assert outcome(the_score()) == (DeliveryState.SENT, None, 200, 1)


def test_launch_when_the_claim_disappears_then_the_line_item_stays_known(app: Flask, visitor: Visitor) -> None:
    visitor.launch(TEACHER)
    (activity,) = stored(Activity)
    known = activity.line_item_url
    call(visitor, "line-items/second", activity=1)

    write_entry(visitor, TEACHER)
    work(app)

    (activity,) = stored(Activity)
    assert (activity.line_item_url, outcome(the_score())) == (known, (DeliveryState.SENT, None, 200, 1))
    assert known is not None


def test_entry_when_the_link_has_two_columns_from_the_first_launch_on_then_the_score_goes_to_its_own(
    app: Flask, visitor: Visitor
) -> None:
    call(visitor, "line-items/second", activity=1)
    write_entry(visitor, TEACHER)
    (activity,) = stored(Activity)
    named = activity.line_item_url

    work(app)

    (activity,) = stored(Activity)
    assert (named, activity.line_item_url) == (
        None,
        f"{visitor.lms.url}/lti/courses/1/lineitems/11/lineitem?type_id=1",
    )
    assert outcome(the_score()) == (DeliveryState.SENT, None, 200, 1)
    assert grades(visitor) == [(TEACHER, 1)]


def test_entry_when_a_tool_made_column_stands_on_an_ungraded_link_then_the_score_goes_there(
    app: Flask, visitor: Visitor
) -> None:
    call(visitor, "line-items/second", activity=UNGRADED)
    journal = write_entry(visitor, TEACHER, activity=UNGRADED).journal
    text = visitor.get(journal).text

    work(app)

    assert "You are done. Your credit is on its way to the gradebook." in text
    assert outcome(the_score()) == (DeliveryState.SENT, None, 200, 1)
    assert grades(visitor) == [(TEACHER, 1)]


def test_entry_when_the_activity_is_not_graded_then_says_that_nothing_is_sent(app: Flask, visitor: Visitor) -> None:
    journal = write_entry(visitor, TEACHER, activity=UNGRADED).journal

    work(app)

    page = visitor.get(journal).text
    assert outcome(the_score()) == (DeliveryState.PARKED, "no_line_item", None, 0)
    assert 'data-credit="ungraded"' in page
    assert "You are done. Your course keeps no grade for this activity, so nothing is sent." in page
    assert requests.get(f"{visitor.lms.url}/api/scores", timeout=5).json() == []


def test_entry_when_a_test_user_finishes_it_then_nothing_is_owed_and_they_are_not_listed(
    app: Flask, visitor: Visitor, another_visitor: Visitor
) -> None:
    test_user = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
    call(visitor, "next-launch", claims={ROLES: [f"{MEMBERSHIP}Learner", test_user]})

    write_entry(visitor, TEACHER)
    work(app)

    assert stored(ScoreDelivery) == []
    assert grades(visitor) == []
    page = another_visitor.launch(FACILITATOR).text
    assert ("Jonas Lindqvist" in page, "Ångström-Reyes" in page) == (False, True)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (None, "In your gradebook since"),
        ("401", "You are done, but your LMS has withdrawn Staffroom's access to the gradebook."),
        ("403", "You are done, but your LMS does not let Staffroom write grades."),
        ("404", "You are done, but the column in the gradebook is gone."),
        ("409", "You are done, and your gradebook holds a newer grade from somebody else."),
        ("422", "You are done, but your LMS keeps no grade for your role in this course"),
        ("500", "You are done. Your credit is on its way to the gradebook."),
    ],
)
def test_credit_when_the_lms_has_answered_then_its_author_reads_what_that_means(
    app: Flask, visitor: Visitor, fault: str | None, sentence: str
) -> None:
    journal = write_entry(visitor, TEACHER).journal
    if fault:
        call(visitor, "faults", kind="scores", fault=fault)

    work(app)

    pages = [visitor.get(path).text for path in (journal, f"{journal}/credit")]
    assert [sentence in page for page in pages] == [True, True]
