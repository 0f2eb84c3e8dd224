"""One score on its way: owed, claimed by exactly one worker, and when it is tried again."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from lti_app.db import db
from lti_app.errors import PlatformRefused, PlatformUnavailable, Refusal
from lti_app.gradebook import delivery
from lti_app.models.activity import Activity
from lti_app.models.gradebook import DeliveryState, ScoreDelivery
from tests.factories import ActivityFactory, DeliveryFactory, UserFactory
from tests.lti_app.gradebook.course import delivered, outcome

pytestmark = pytest.mark.usefixtures("app")

AT = datetime(2026, 9, 1, 9, 42, 7, 654321, tzinfo=UTC)
WHOLE = AT.replace(microsecond=0)


def owe(*, at: datetime = AT, **activity: object) -> int:
    """Owe somebody a score in a journal of their own; return the delivery's id."""
    row = delivery.owe_score(db.session(), ActivityFactory(**activity), user_id=UserFactory(sub="t-7").id, at=at)
    db.session.commit()
    return row.id


def change(delivery_id: int, **values: object) -> None:
    """Give a delivery other values, committed."""
    row = delivered(delivery_id)
    for name, value in values.items():
        setattr(row, name, value)
    db.session.commit()


def claim(delivery_id: int, *, at: datetime) -> delivery.Shipment | None:
    shipment = delivery.claim(db.session(), delivery_id, at=at)
    db.session.commit()
    return shipment


def test_owe_score_when_there_is_a_line_item_then_waits_to_be_sent() -> None:
    row = delivered(owe())

    assert outcome(row) == (DeliveryState.WAITING, None, None, 0)
    assert (row.due_at, row.leased_until, row.body, row.timestamp, row.sent_at) == (AT, None, None, None, None)


@pytest.mark.parametrize("line_item_url", [None, ""])
def test_owe_score_when_there_is_no_line_item_then_is_parked(line_item_url: str | None) -> None:
    row = delivered(owe(line_item_url=line_item_url))

    assert outcome(row) == (DeliveryState.PARKED, "no_line_item", None, 0)


def test_claim_when_due_then_fixes_what_will_be_sent() -> None:
    delivery_id = owe()

    shipment = claim(delivery_id, at=AT)

    assert shipment is not None
    row = delivered(delivery_id)
    assert (shipment.delivery_id, shipment.sub, shipment.body) == (delivery_id, "t-7", row.body)
    assert shipment.line_item_url == db.session.get_one(Activity, row.activity_id).line_item_url
    assert shipment.registration.token_url.endswith("/token")
    assert row.body == (
        '{"userId": "t-7", "scoreGiven": 1.0, "scoreMaximum": 1.0, "activityProgress": "Completed",'
        ' "gradingProgress": "FullyGraded", "timestamp": "2026-09-01T09:42:07+00:00",'
        ' "comment": "Completed in Staffroom."}'
    )
    assert (row.timestamp, row.leased_until, row.attempts) == (WHOLE, AT + delivery.LEASE, 1)


def test_claim_when_another_worker_has_it_then_gets_nothing() -> None:
    delivery_id = owe()
    claim(delivery_id, at=AT)

    second = claim(delivery_id, at=AT + delivery.LEASE - timedelta(seconds=1))

    assert second is None
    assert delivered(delivery_id).attempts == 1


def test_claim_when_the_other_workers_lease_ran_out_then_takes_over_the_same_bytes() -> None:
    delivery_id = owe()
    first = claim(delivery_id, at=AT)
    later = AT + delivery.LEASE

    second = claim(delivery_id, at=later)

    assert first is not None
    assert second is not None
    assert second.body == first.body
    row = delivered(delivery_id)
    assert (row.timestamp, row.leased_until, row.attempts) == (WHOLE, later + delivery.LEASE, 2)


def test_claim_when_not_due_yet_then_gets_nothing() -> None:
    delivery_id = owe()

    shipment = claim(delivery_id, at=AT - timedelta(microseconds=1))

    assert shipment is None
    assert outcome(delivered(delivery_id)) == (DeliveryState.WAITING, None, None, 0)


@pytest.mark.parametrize("state", [DeliveryState.SENT, DeliveryState.PARKED])
def test_claim_when_sent_or_parked_then_gets_nothing(state: DeliveryState) -> None:
    delivery_id = owe()
    delivered(delivery_id).state = state
    db.session.commit()

    shipment = claim(delivery_id, at=AT)

    assert shipment is None
    assert outcome(delivered(delivery_id)) == (state, None, None, 0)


def test_claim_when_there_is_no_such_row_then_gets_nothing() -> None:
    assert claim(4711, at=AT) is None


def test_claim_when_the_line_item_is_gone_meanwhile_then_parks() -> None:
    delivery_id = owe()
    db.session.scalars(select(Activity)).one().line_item_url = None
    db.session.commit()

    shipment = claim(delivery_id, at=AT)

    assert shipment is None
    row = delivered(delivery_id)
    assert (row.state, row.reason, row.leased_until) == (DeliveryState.PARKED, Refusal.NO_LINE_ITEM, None)


def test_claim_when_several_workers_want_it_at_once_then_one_gets_it(app: Flask) -> None:
    delivery_id = owe()
    together = threading.Barrier(4, timeout=20)

    def work(_number: int) -> bool:
        with app.app_context():
            db.session.scalar(select(ScoreDelivery.id))
            db.session.rollback()
            together.wait()
            return claim(delivery_id, at=AT) is not None

    with ThreadPoolExecutor(4) as threads:
        got = list(threads.map(work, range(4)))

    assert sorted(got) == [False, False, False, True]
    assert delivered(delivery_id).attempts == 1


def test_due_ids_when_there_are_many_then_gives_the_longest_due_first() -> None:
    newer, older = owe(at=AT - timedelta(minutes=1)), owe(at=AT - timedelta(hours=1))
    not_yet, leased, expired = owe(at=AT + timedelta(seconds=1)), owe(), owe()
    sent, parked = owe(), owe(line_item_url=None)
    change(leased, leased_until=AT + timedelta(seconds=1))
    change(expired, leased_until=AT)
    change(sent, state=DeliveryState.SENT)

    due = delivery.due_ids(db.session(), at=AT)

    assert due == [older, newer, expired]
    assert {not_yet, leased, sent, parked}.isdisjoint(due)


def test_due_ids_when_there_are_more_than_a_sweep_takes_then_gives_so_many() -> None:
    activity = ActivityFactory()
    for _ in range(delivery.SWEEP_LIMIT + 1):
        user_id = UserFactory(registration_id=activity.context.deployment.registration_id).id
        db.session.add(ScoreDelivery(activity_id=activity.id, user_id=user_id, epoch=1, due_at=AT))
    db.session.commit()

    due = delivery.due_ids(db.session(), at=AT)

    assert (len(due), len(set(due))) == (500, 500)


def test_record_sent_when_stored_then_is_done() -> None:
    delivery_id = owe()
    claim(delivery_id, at=AT)
    later = AT + timedelta(seconds=2)

    delivery.record_sent(db.session(), delivery_id, status=201, at=later)
    db.session.commit()

    row = delivered(delivery_id)
    assert outcome(row) == (DeliveryState.SENT, None, 201, 1)
    assert (row.sent_at, row.leased_until) == (later, None)


def test_record_refused_when_the_platform_says_no_then_is_parked_with_the_reason() -> None:
    delivery_id = owe()
    claim(delivery_id, at=AT)
    error = PlatformRefused("no", reason=Refusal.NOT_GRADABLE, status=422)

    delivery.record_refused(db.session(), delivery_id, error=error)
    db.session.commit()

    row = delivered(delivery_id)
    assert outcome(row) == (DeliveryState.PARKED, "not_gradable", 422, 1)
    assert row.leased_until is None


def test_record_unavailable_when_asked_to_wait_then_believes_the_platform() -> None:
    delivery_id = owe()
    claim(delivery_id, at=AT)
    error = PlatformUnavailable("throttled", status=429, retry_after=600)

    delivery.record_unavailable(db.session(), delivery_id, error=error, at=AT)
    db.session.commit()

    row = delivered(delivery_id)
    assert outcome(row) == (DeliveryState.WAITING, None, 429, 1)
    assert row.leased_until is None
    assert AT + timedelta(minutes=10) <= row.due_at <= AT + timedelta(minutes=12)


def test_release_parked_when_a_line_item_is_known_then_lets_go_what_waited_for_it_only() -> None:
    activity = ActivityFactory()
    rows = {
        reason: DeliveryFactory(activity=activity, state=DeliveryState.PARKED, reason=reason, due_at=AT)
        for reason in Refusal
    }
    sent = DeliveryFactory(activity=activity, state=DeliveryState.SENT, due_at=AT)
    elsewhere = DeliveryFactory(state=DeliveryState.PARKED, reason=Refusal.NO_LINE_ITEM, due_at=AT)
    db.session.commit()
    later = AT + timedelta(days=1)

    delivery.release_parked(db.session(), activity, at=later)
    db.session.commit()

    released = {reason for reason, row in rows.items() if row.state is DeliveryState.WAITING}
    assert released == {Refusal.NO_LINE_ITEM, Refusal.LINE_ITEM_GONE}
    assert [(rows[reason].reason, rows[reason].due_at) for reason in sorted(released)] == [(None, later)] * 2
    assert (sent.state, elsewhere.state) == (DeliveryState.SENT, DeliveryState.PARKED)
