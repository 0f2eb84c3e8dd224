"""Somebody who is signed in, with entries of their own over courses and years."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from lti_app.activities.journal.models import EntryState, JournalEntry
from lti_app.db import db
from lti_app.models.people import User
from tests.lti_app.activities.journal.writing import stored
from tests.visitor import TEACHER, Visitor

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def signed_in(visitor: Visitor, person: str = TEACHER) -> int:
    """Launch, and return the id of whoever came last."""
    visitor.launch(person)
    return max(user.id for user in stored(User))


def write(user_id: int, *texts: str, activity_id: int = 1, **values: Any) -> list[int]:
    """Add a finished entry per text, one day after the other, with other values where told; return their ids."""
    ids = []
    for number, text in enumerate(texts):
        at = values.get("finished_at", NOON) and NOON + timedelta(days=number)
        row = {
            "activity_id": activity_id,
            "user_id": user_id,
            "epoch": 1,
            "state": EntryState.FINISHED,
            "answers": {"text": text},
            "text": text,
            "created_at": NOON,
            "finished_at": at,
            **values,
        }
        ids.append(db.session.execute(insert(JournalEntry).values(row).returning(JournalEntry.id)).scalar_one())
    db.session.commit()
    return ids


def many(count: int, *user_ids: int, activity_id: int = 1) -> None:
    """Add that many finished entries of each person, an hour apart; committed."""
    rows = [
        {
            "activity_id": activity_id,
            "user_id": user_id,
            "epoch": 1,
            "state": EntryState.FINISHED,
            "answers": {"text": _long_text(number)},
            "text": _long_text(number),
            "created_at": NOON + timedelta(hours=number),
            "finished_at": NOON + timedelta(hours=number),
        }
        for user_id in user_ids
        for number in range(count)
    ]
    if rows:
        db.session.execute(insert(JournalEntry), rows)
    db.session.commit()


def _long_text(number: int) -> str:
    return f"Entry number {number}: " + "my students talked about rivers and the sea. " * 40
