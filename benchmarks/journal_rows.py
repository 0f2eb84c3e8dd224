"""A course of many entries for the measurement: its people, what they wrote, and the facts of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import create_engine, insert, select, text
from sqlalchemy.orm import Session

from lti_app.activities.journal.models import EntryState, EntryTag, JournalEntry
from lti_app.activities.journal.progress import ENTRY_FINISHED
from lti_app.models.activity import Activity
from lti_app.models.gradebook import Completion, Fact
from lti_app.models.people import Membership, Role, User

# A thousand entries of the teacher who is measured, and those of enough colleagues to make ten thousand.
ENTRIES_OF_ONE, COLLEAGUES, ENTRIES_OF_EACH = 1000, 450, 20
_TEXT = "My students talked about rivers and the sea, and I let them. Nobody looked at the clock. " * 20
_BEGUN = datetime(2024, 9, 2, 12, tzinfo=UTC)


def fill(url: str, *, with_entries: bool) -> int:
    """Give the only course its colleagues, and, if wanted, everybody's entries; return the id of its teacher."""
    engine = create_engine(url)
    with Session(engine) as session:
        activity = session.scalars(select(Activity)).one()
        teacher_id = session.scalars(select(Membership.user_id).where(Membership.role == Role.TEACHER)).one()
        colleagues = _enrol(session, activity)
        if with_entries:
            _write(session, activity, user_id=teacher_id, count=ENTRIES_OF_ONE)
            for user_id in colleagues:
                _write(session, activity, user_id=user_id, count=ENTRIES_OF_EACH)
        session.commit()
        if engine.dialect.name == "postgresql":
            session.execute(text("ANALYZE"))
            session.commit()
    engine.dispose()
    return teacher_id


def _enrol(session: Session, activity: Activity) -> list[int]:
    registration_id = session.scalars(select(User.registration_id).limit(1)).one()
    people = [
        {"registration_id": registration_id, "sub": f"colleague-{number}", "name": f"Alex Number {number:03}"}
        for number in range(COLLEAGUES)
    ]
    user_ids = list(session.scalars(insert(User).returning(User.id), people))
    member = {"context_id": activity.context_id, "role": Role.TEACHER, "launched_at": _BEGUN}
    session.execute(insert(Membership), [{**member, "user_id": user_id} for user_id in user_ids])
    return user_ids


def _write(session: Session, activity: Activity, *, user_id: int, count: int) -> None:
    """Add finished entries of one person, twelve hours apart, each with its fact and two tags."""
    ids = list(
        session.scalars(insert(JournalEntry).returning(JournalEntry.id), list(_entries(activity, user_id, count)))
    )
    own = {"activity_id": activity.id, "user_id": user_id, "epoch": activity.epoch}
    session.execute(
        insert(Fact),
        [{**own, "kind": ENTRY_FINISHED, "subject_id": entry_id, "occurred_at": _BEGUN} for entry_id in ids],
    )
    tags = [{"entry_id": entry_id, "name": name} for entry_id in ids for name in ("rivers", f"unit {entry_id % 40}")]
    session.execute(insert(EntryTag), tags)
    session.execute(insert(Completion), {**own, "done": 1, "required": 1, "rule_version": 1, "completed_at": _BEGUN})


def _entries(activity: Activity, user_id: int, count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        words = f"Entry number {number}. {_TEXT}"
        at = _BEGUN + timedelta(hours=12 * number)
        yield {
            "activity_id": activity.id,
            "user_id": user_id,
            "epoch": activity.epoch,
            "state": EntryState.FINISHED,
            "title": f"Lesson {number}",
            "answers": {"text": words},
            "text": words,
            "created_at": at,
            "finished_at": at,
        }
