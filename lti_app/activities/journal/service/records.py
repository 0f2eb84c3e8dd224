"""Everything that one person wrote in journals: counted, given to them, erased."""

from typing import Any

from sqlalchemy import delete, func, select

from lti_app.activities.journal.models import JournalEntry
from lti_app.activities.journal.service.sharing_records import export_sharing, forget_sharing
from lti_app.db import db
from lti_app.models.people import User


def forget(user: User) -> None:
    """Erase everything that a person wrote in journals; facts and completions stay."""
    forget_sharing(db.session(), user)
    db.session.execute(delete(JournalEntry).where(JournalEntry.user_id == user.id))


def export(user: User) -> list[dict[str, Any]]:
    """Return everything that a person wrote in journals, oldest first; moments in ISO 8601, UTC."""
    entries = db.session.scalars(select(JournalEntry).where(JournalEntry.user_id == user.id).order_by(JournalEntry.id))
    written = [
        {
            "activity_id": entry.activity_id,
            "state": entry.state.value,
            "text": entry.text,
            "created_at": entry.created_at.isoformat(),
            "finished_at": entry.finished_at.isoformat() if entry.finished_at else None,
        }
        for entry in entries
    ]
    return [*written, *export_sharing(db.session(), user)]


def count(user: User) -> int:
    """Return how many entries a person has written, drafts among them; no text is read."""
    entries = select(func.count()).select_from(JournalEntry).where(JournalEntry.user_id == user.id)
    return db.session.scalar(entries) or 0
