"""When a journal opens, is due and closes: for everybody, and for one person who was given longer."""

from datetime import UTC, datetime, timedelta

import pytest

from lti_app.activities.journal.service.extensions import Window, window_of, windows_of
from lti_app.db import db
from lti_app.models.activity import Activity
from lti_app.models.gradebook import Extension
from tests.lti_app.activities.journal.rows import a_journal, a_member

pytestmark = pytest.mark.usefixtures("app")

OPENS = datetime(2026, 9, 1, 8, tzinfo=UTC)
DUE, CLOSES = OPENS + timedelta(days=7), OPENS + timedelta(days=14)
DATES = {"opens_at": OPENS.isoformat(), "due_at": DUE.isoformat(), "closes_at": CLOSES.isoformat()}
INSTANT = timedelta(microseconds=1)


def extend(activity: Activity, user_id: int, *, epoch: int = 1, **dates: datetime) -> None:
    db.session.add(Extension(activity_id=activity.id, user_id=user_id, epoch=epoch, granted_by_id=user_id, **dates))
    db.session.flush()


def test_window_when_nobody_has_longer_then_is_the_one_for_everybody() -> None:
    activity = a_journal(**DATES)
    member = a_member(activity)

    window = window_of(db.session(), activity, member.user_id)

    assert window == Window(opens_at=OPENS, due_at=DUE, closes_at=CLOSES)


def test_window_when_the_journal_has_no_dates_then_nothing_binds() -> None:
    activity = a_journal()
    member = a_member(activity)
    extend(activity, member.user_id, due_at=DUE)

    window = window_of(db.session(), activity, member.user_id)

    assert window == Window()


def test_windows_when_somebody_was_given_longer_then_only_theirs_end_later() -> None:
    activity, other_activity = a_journal(**DATES), a_journal(**DATES)
    longer, other = a_member(activity), a_member(activity)
    extend(activity, longer.user_id, due_at=DUE + timedelta(days=3), closes_at=CLOSES + timedelta(days=3))
    extend(activity, other.user_id, epoch=2, due_at=DUE + timedelta(days=30))
    extend(other_activity, other.user_id, due_at=DUE + timedelta(days=30))

    windows = windows_of(db.session(), activity, [longer.user_id, other.user_id])

    assert windows == {
        longer.user_id: Window(opens_at=OPENS, due_at=DUE + timedelta(days=3), closes_at=CLOSES + timedelta(days=3)),
        other.user_id: Window(opens_at=OPENS, due_at=DUE, closes_at=CLOSES),
    }


def test_window_when_everybody_was_given_longer_still_then_nobody_has_less() -> None:
    activity = a_journal(**DATES)
    member = a_member(activity)
    extend(activity, member.user_id, due_at=DUE - timedelta(days=1), closes_at=CLOSES + timedelta(days=1))

    window = window_of(db.session(), activity, member.user_id)

    assert window == Window(opens_at=OPENS, due_at=DUE, closes_at=CLOSES + timedelta(days=1))


@pytest.mark.parametrize(
    ("at", "is_before", "is_late", "is_closed"),
    [
        (OPENS - INSTANT, True, False, False),
        (OPENS, False, False, False),
        (DUE, False, False, False),
        (DUE + INSTANT, False, True, False),
        (CLOSES - INSTANT, False, True, False),
        (CLOSES, False, True, True),
    ],
)
def test_window_when_asked_at_a_moment_then_tells(
    at: datetime, is_before: bool, is_late: bool, is_closed: bool
) -> None:
    window = Window(opens_at=OPENS, due_at=DUE, closes_at=CLOSES)

    assert (window.is_before(at), window.is_late(at), window.is_closed(at)) == (is_before, is_late, is_closed)
