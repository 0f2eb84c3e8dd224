"""Scores and the practice LMS: sent once, kept alive, and what each refusal leaves behind."""

import pytest

from lti_app.models.gradebook import DeliveryState
from tests.lti_app.gradebook.course import Course, delivered, outcome
from tests.visitor import FACILITATOR, OTHER_TEACHER, TEACHER, THIRD_TEACHER

COMMENT = "Completed in Staffroom."


def test_deliver_when_the_lms_takes_it_then_stands_in_the_gradebook(course: Course) -> None:
    delivery_id = course.owe()

    row = course.deliver(delivery_id)

    assert outcome(row) == (DeliveryState.SENT, None, 200, 1)
    assert row.sent_at is not None
    assert course.grades() == [(TEACHER, 1, COMMENT)]
    (post,) = course.ask("scores")
    assert post["body"] == {
        "userId": TEACHER,
        "scoreGiven": 1,
        "scoreMaximum": 1,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "timestamp": row.timestamp.isoformat() if row.timestamp else None,
        "comment": COMMENT,
    }


def test_deliver_when_done_twice_then_sends_once(course: Course) -> None:
    delivery_id = course.owe()
    first = course.deliver(delivery_id)
    sent_at = first.sent_at

    second = course.deliver(delivery_id)

    assert (outcome(second), second.sent_at) == ((DeliveryState.SENT, None, 200, 1), sent_at)
    assert course.posts() == [(TEACHER, 200)]


def test_deliver_when_many_are_owed_then_needs_one_token_and_one_connection(course: Course) -> None:
    people = [TEACHER, OTHER_TEACHER, THIRD_TEACHER, "105", "106", "107"]
    delivery_ids = [course.owe(person) for person in people]

    rows = [course.deliver(delivery_id) for delivery_id in delivery_ids]

    assert [row.state for row in rows] == [DeliveryState.SENT] * 6
    requests = course.ask("requests")
    assert [request["service"] for request in requests] == ["token", *["scores"] * 6]
    assert len({tuple(request["connection"]) for request in requests}) == 1
    assert [grade[0] for grade in course.grades()] == people


def test_deliver_when_the_token_was_revoked_then_gets_one_fresh_token_and_sends(course: Course) -> None:
    course.deliver(course.owe(OTHER_TEACHER))
    course.tell("revoke-tokens")
    delivery_id = course.owe()

    row = course.deliver(delivery_id)

    assert outcome(row) == (DeliveryState.SENT, None, 200, 1)
    assert course.posts() == [(OTHER_TEACHER, 200), (TEACHER, 401), (TEACHER, 200)]
    assert [request["service"] for request in course.ask("requests")].count("token") == 2


def test_deliver_when_a_fresh_token_is_refused_too_then_is_parked_as_withdrawn(course: Course) -> None:
    course.fault("401")
    delivery_id = course.owe()

    row = course.deliver(delivery_id)

    assert outcome(row) == (DeliveryState.PARKED, "access_withdrawn", 401, 1)
    assert course.posts() == [(TEACHER, 401)] * 2
    assert course.grades() == []


@pytest.mark.parametrize(
    ("fault", "reason", "status"),
    [("403", "scope_missing", 403), ("404", "line_item_gone", 404), ("422", "not_gradable", 422)],
)
def test_deliver_when_the_lms_says_no_then_is_parked_with_the_reason(
    course: Course, fault: str, reason: str, status: int
) -> None:
    course.fault(fault)
    delivery_id = course.owe()

    row = course.deliver(delivery_id)

    assert outcome(row) == (DeliveryState.PARKED, reason, status, 1)
    assert row.leased_until is None
    assert course.posts() == [(TEACHER, status)]
    course.deliver(delivery_id)
    assert course.posts() == [(TEACHER, status)]


@pytest.mark.parametrize("person", [FACILITATOR, "110", "4711"], ids=["instructor", "not enrolled", "unknown"])
def test_deliver_when_the_person_is_not_gradable_there_then_is_parked(course: Course, person: str) -> None:
    delivery_id = course.owe(person)

    row = course.deliver(delivery_id)

    assert outcome(row) == (DeliveryState.PARKED, "not_gradable", 400, 1)
    assert course.posts() == [(person, 400)]


def test_deliver_when_the_line_item_was_deleted_then_is_parked(course: Course) -> None:
    course.tell("line-items/lose", activity=1)
    delivery_id = course.owe()

    row = course.deliver(delivery_id)

    assert outcome(row) == (DeliveryState.PARKED, "line_item_gone", 404, 1)


@pytest.mark.parametrize(
    ("fault", "reason", "status"), [("401", "access_withdrawn", 401), ("403", "access_withdrawn", 403)]
)
def test_deliver_when_no_token_is_given_then_is_parked_and_nothing_is_posted(
    course: Course, fault: str, reason: str, status: int
) -> None:
    course.fault(fault, kind="token")
    delivery_id = course.owe()

    row = course.deliver(delivery_id)

    assert outcome(row) == (DeliveryState.PARKED, reason, status, 1)
    assert course.posts() == []


@pytest.mark.parametrize("fault", ["404", "429", "403_rate_limited", "500", "malformed", "hang_up"])
def test_deliver_when_the_token_service_is_ill_then_waits(course: Course, fault: str) -> None:
    course.fault(fault, kind="token", times=1)
    delivery_id = course.owe()

    row = course.deliver(delivery_id)

    assert (row.state, row.reason, row.attempts) == (DeliveryState.WAITING, None, 1)
    assert course.posts() == []
    assert row.leased_until is None


def test_deliver_when_the_line_item_lies_on_another_host_then_the_token_does_not_go_there(course: Course) -> None:
    course.activity.line_item_url = "http://localhost:9/lti/courses/1/lineitems/11/lineitem?type_id=1"
    delivery_id = course.owe()

    row = course.deliver(delivery_id)

    assert outcome(row) == (DeliveryState.PARKED, "our_fault", None, 1)
    assert course.ask("requests") == []


def test_deliver_when_one_person_is_refused_then_the_others_are_not_held_up(course: Course) -> None:
    refused, taken = course.owe(FACILITATOR), course.owe(TEACHER)

    course.deliver(refused)
    course.deliver(taken)

    states = [delivered(delivery_id).state for delivery_id in (refused, taken)]
    assert states == [DeliveryState.PARKED, DeliveryState.SENT]
    assert course.grades() == [(TEACHER, 1, COMMENT)]
