"""Letting others wait who want the same entry at the same moment."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from lti_app.activities.journal.models import EntryState, JournalEntry


def lock_entry(session: Session, entry_id: int) -> EntryState | None:
    """Hold an entry until the transaction ends, and return its state; None where it is gone.

    An update that changes nothing: to SQLite, a write is what locks.
    """
    return session.execute(
        update(JournalEntry)
        .where(JournalEntry.id == entry_id)
        .values(version=JournalEntry.version)
        .returning(JournalEntry.state)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
