"""When the outcome is unknown the same bytes go out again, until the LMS says what it has."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from lti_app import tasks
from lti_app.clock import now
from lti_app.db import db
from lti_app.gradebook import delivery
from lti_app.models.gradebook import DeliveryState
from practice_lms.gradebook import Grade
from tests.lti_app.gradebook.course import LINE_ITEM, Course, delivered, outcome
from tests.visitor import TEACHER

COMMENT = "Completed in Staffroom."


def deliver_when_due(course: Course, delivery_id: int) -> None:
    """Move the clock to the moment of the next try, and let a worker do it."""
    with time_machine.travel(delivered(delivery_id).due_at + timedelta(seconds=1)):
        course.deliver(delivery_id)


def grade_by_hand(course: Course, *, score: float | None, at: datetime) -> None:
    """Let somebody at the LMS grade the teacher."""
    grade = Grade(
        line_item_id=LINE_ITEM, person_id=TEACHER, score=score, timestamp=at, comment="By hand", received_at=at
    )
    with course.lms.lms.changing() as state:
        state.grades[LINE_ITEM, TEACHER] = grade


def bodies(course: Course) -> list[str]:
    """Return what was posted, byte for byte."""
    with course.lms.lms.reading() as state:
        return [request.body for request in state.requests if request.service == "scores"]


@pytest.mark.parametrize(
    ("fault", "status"),
    [("429", 429), ("403_rate_limited", 403), ("500", 500), ("hang_up", None), ("malformed", 200)],
)
def test_deliver_when_the_lms_is_ill_then_sends_the_same_bytes_again_later(
    course: Course, fault: str, status: int | None
) -> None:
    course.fault(fault, times=1)
    delivery_id = course.owe()
    before = now()

    row = course.deliver(delivery_id)

    assert outcome(row) == (DeliveryState.WAITING, None, status, 1)
    assert row.leased_until is None
    assert row.due_at > before
    assert course.grades() == []
    deliver_when_due(course, delivery_id)
    assert outcome(delivered(delivery_id)) == (DeliveryState.SENT, None, 200, 2)
    assert course.grades() == [(TEACHER, 1, COMMENT)]
    first, second = bodies(course)
    assert first == second == delivered(delivery_id).body


def test_deliver_when_not_due_yet_then_leaves_the_lms_alone(course: Course) -> None:
    course.fault("500", times=1)
    delivery_id = course.owe()
    course.deliver(delivery_id)

    course.deliver(delivery_id)

    assert outcome(delivered(delivery_id)) == (DeliveryState.WAITING, None, 500, 1)
    assert course.posts() == [(TEACHER, 500)]


def test_deliver_when_throttled_with_seconds_then_waits_at_least_so_long(course: Course) -> None:
    course.fault("429", times=1, retry_after_seconds=300)
    delivery_id = course.owe()
    before = now()

    row = course.deliver(delivery_id)

    assert before + timedelta(seconds=300) <= row.due_at <= now() + timedelta(seconds=360)


def test_deliver_when_the_lms_is_down_for_days_then_waits_longer_each_time_and_arrives(course: Course) -> None:
    course.fault("500", times=12)
    delivery_id = course.owe()
    waits = []

    for _ in range(12):
        with time_machine.travel(delivered(delivery_id).due_at + timedelta(seconds=1)):
            started = now()
            course.deliver(delivery_id)
            waits.append((delivered(delivery_id).due_at - started).total_seconds() / 60)
    deliver_when_due(course, delivery_id)

    expected = [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]
    assert [low for low, wait in zip(expected, waits, strict=True) if not low <= wait <= low * 1.2 + 0.5] == []
    assert outcome(delivered(delivery_id)) == (DeliveryState.SENT, None, 200, 13)
    assert len(set(bodies(course))) == 1
    assert course.grades() == [(TEACHER, 1, COMMENT)]


def test_deliver_when_stored_but_said_to_be_broken_then_finds_its_own_score_there(course: Course) -> None:
    course.fault("stored_but_500", times=1)
    delivery_id = course.owe()

    first = outcome(course.deliver(delivery_id))
    deliver_when_due(course, delivery_id)

    assert first == (DeliveryState.WAITING, None, 500, 1)
    assert outcome(delivered(delivery_id)) == (DeliveryState.SENT, None, 409, 2)
    assert course.posts() == [(TEACHER, 500), (TEACHER, 409)]
    assert len(set(bodies(course))) == 1
    assert course.grades() == [(TEACHER, 1, COMMENT)]


@pytest.mark.parametrize("score", [0.5, 0.0, None], ids=["half", "nothing", "wiped"])
def test_deliver_when_somebody_graded_later_than_this_then_is_parked_and_their_grade_stays(
    course: Course, score: float | None
) -> None:
    grade_by_hand(course, score=score, at=now() + timedelta(seconds=30))
    delivery_id = course.owe()

    row = course.deliver(delivery_id)

    assert outcome(row) == (DeliveryState.PARKED, "newer_grade", 409, 1)
    assert course.grades() == [(TEACHER, score, "By hand")]


def test_deliver_when_somebody_graded_earlier_than_this_then_arrives(course: Course) -> None:
    grade_by_hand(course, score=0.5, at=now() - timedelta(seconds=30))
    delivery_id = course.owe()

    row = course.deliver(delivery_id)

    assert outcome(row) == (DeliveryState.SENT, None, 200, 1)
    assert course.grades() == [(TEACHER, 1, COMMENT)]


def test_deliver_when_a_conflict_is_claimed_and_nothing_is_there_then_is_parked(course: Course) -> None:
    course.fault("409")
    delivery_id = course.owe()

    row = course.deliver(delivery_id)

    assert outcome(row) == (DeliveryState.PARKED, "newer_grade", 409, 1)


@pytest.mark.parametrize("fault", ["500", "404", "malformed", "hang_up"])
def test_deliver_when_the_results_cannot_be_read_then_asks_again_later(course: Course, fault: str) -> None:
    grade_by_hand(course, score=1.0, at=now() + timedelta(seconds=30))
    course.fault(fault, kind="results", times=1)
    delivery_id = course.owe()

    row = course.deliver(delivery_id)

    assert (row.state, row.reason, row.attempts) == (DeliveryState.WAITING, None, 1)
    deliver_when_due(course, delivery_id)
    assert delivered(delivery_id).state is DeliveryState.SENT


@pytest.mark.soak
@pytest.mark.parametrize("database", ["sqlite"])
def test_deliver_when_the_lms_is_slower_than_our_patience_then_tries_again_and_counts_once(
    course: Course, database: str
) -> None:
    assert database == "sqlite"  # eleven seconds once are enough
    course.fault("stored_but_slow", times=1, delay_seconds=11)
    delivery_id = course.owe()

    first = outcome(course.deliver(delivery_id))
    deliver_when_due(course, delivery_id)

    assert first == (DeliveryState.WAITING, None, None, 1)
    assert outcome(delivered(delivery_id)) == (DeliveryState.SENT, None, 409, 2)
    assert course.grades() == [(TEACHER, 1, COMMENT)]


def test_deliver_when_the_lms_is_slow_then_waits_for_it(course: Course) -> None:
    course.fault("slow", times=1, delay_seconds=1)
    delivery_id = course.owe()

    row = course.deliver(delivery_id)

    assert outcome(row) == (DeliveryState.SENT, None, 200, 1)


def test_deliver_when_a_worker_was_killed_while_sending_then_another_sends_the_same_bytes(course: Course) -> None:
    delivery_id = course.owe()
    killed = delivery.claim(db.session(), delivery_id, at=now())
    db.session.commit()
    tasks.deliver_score(delivery_id, lti=course.lti)
    while_leased = outcome(delivered(delivery_id))

    with time_machine.travel(now() + delivery.LEASE + timedelta(seconds=1)):
        course.deliver(delivery_id)

    assert killed is not None
    assert while_leased == (DeliveryState.WAITING, None, None, 1)
    assert outcome(delivered(delivery_id)) == (DeliveryState.SENT, None, 200, 2)
    assert bodies(course) == [killed.body]


def test_timestamp_when_sent_then_is_whole_seconds_and_never_ahead(course: Course) -> None:
    with time_machine.travel(datetime(2026, 11, 21, 12, 0, 0, 999_999, tzinfo=UTC), tick=False):
        delivery_id = course.owe()
        delivery_row = course.deliver(delivery_id)

    assert delivery_row.state is DeliveryState.SENT
    assert delivery_row.timestamp == datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
