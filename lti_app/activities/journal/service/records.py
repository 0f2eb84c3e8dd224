"""Everything that one person wrote in journals: counted, given to them, erased."""

from typing import Any

from sqlalchemy import delete, func, select

from lti_app.activities.journal.models import JournalEntry
from lti_app.activities.journal.service.attachments import delete_attachments_of_user
from lti_app.activities.journal.service.export.as_json import to_json
from lti_app.activities.journal.service.export.entries import read_all
from lti_app.activities.journal.service.sharing_records import export_sharing, forget_sharing
from lti_app.db import db
from lti_app.models.people import User

_AROUND = {"excerpts", "shares", "responses"}


def forget(user: User) -> None:
    """Erase everything that a person wrote in journals, files among it; facts and completions stay."""
    forget_sharing(db.session(), user)
    delete_attachments_of_user(db.session(), user.id)
    db.session.execute(delete(JournalEntry).where(JournalEntry.user_id == user.id))


def export(user: User) -> list[dict[str, Any]]:
    """Return everything that a person wrote in journals, oldest first, as docs/journal-export.md describes it."""
    entries = [to_json(entry) for entry in read_all(db.session(), user, translate=lambda text: text)]
    # What came of an entry follows by itself, without the words of others.
    written = [{name: value for name, value in entry.items() if name not in _AROUND} for entry in entries]
    return [*written, *export_sharing(db.session(), user)]


def count(user: User) -> int:
    """Return how many entries a person has written, drafts among them; no text is read."""
    entries = select(func.count()).select_from(JournalEntry).where(JournalEntry.user_id == user.id)
    return db.session.scalar(entries) or 0
