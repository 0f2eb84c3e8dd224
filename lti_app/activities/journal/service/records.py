"""Everything that one person wrote in journals: counted, given to them, erased."""

from collections import defaultdict
from typing import Any

from sqlalchemy import delete, func, select

from lti_app.activities.journal.models import Attachment, JournalEntry
from lti_app.activities.journal.service.attachments import delete_attachments_of_user
from lti_app.db import db
from lti_app.models.people import User


def forget(user: User) -> None:
    """Erase everything that a person wrote in journals, files among it; facts and completions stay."""
    delete_attachments_of_user(db.session(), user.id)
    db.session.execute(delete(JournalEntry).where(JournalEntry.user_id == user.id))


def export(user: User) -> list[dict[str, Any]]:
    """Return everything that a person wrote in journals, oldest first; moments in ISO 8601, UTC.

    Of files, it is name, type and size in bytes; the entries' pages give the files themselves.
    """
    files = defaultdict(list)
    for file in db.session.scalars(select(Attachment).where(Attachment.user_id == user.id).order_by(Attachment.id)):
        files[file.entry_id].append({"name": file.name, "content_type": file.content_type, "size": file.size})
    entries = db.session.scalars(select(JournalEntry).where(JournalEntry.user_id == user.id).order_by(JournalEntry.id))
    return [
        {
            "activity_id": entry.activity_id,
            "state": entry.state.value,
            "text": entry.text,
            "attachments": files[entry.id],
            "created_at": entry.created_at.isoformat(),
            "finished_at": entry.finished_at.isoformat() if entry.finished_at else None,
        }
        for entry in entries
    ]


def count(user: User) -> int:
    """Return how many entries a person has written, drafts among them; no text is read."""
    entries = select(func.count()).select_from(JournalEntry).where(JournalEntry.user_id == user.id)
    return db.session.scalar(entries) or 0
