"""How many entries a person finished in each week: what the strip of *My journal* draws."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_app.activities.journal.models import JournalEntry

WEEKS_SHOWN = 53
_WEEK = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Week:
    """A week by its Monday, and how many entries were finished in it (UTC)."""

    monday: date
    entries: int


def weeks_of(session: Session, *, user_id: int, year: int | None, today: date) -> Sequence[Week]:
    """Return the weeks of a year, or the last 53 up to today, oldest first, those without an entry among them."""
    first = _monday_of(date(year, 1, 1)) if year else _monday_of(today) - (WEEKS_SHOWN - 1) * _WEEK
    last = _monday_of(date(year, 12, 31)) if year else _monday_of(today)
    moments = session.scalars(
        select(JournalEntry.finished_at).where(
            JournalEntry.user_id == user_id,
            JournalEntry.finished_at >= _midnight(first),
            JournalEntry.finished_at < _midnight(last + _WEEK),
        )
    )
    counted = Counter(_monday_of(moment.date()) for moment in moments if moment)
    mondays = [first + number * _WEEK for number in range((last - first) // _WEEK + 1)]
    return [Week(monday=monday, entries=counted[monday]) for monday in mondays]


def _monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
