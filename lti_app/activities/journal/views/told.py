"""What an entry of one's own is, in words: on its page, and in what is downloaded."""

from datetime import date, datetime

from flask_babel import format_date, gettext

from lti_app.activities.journal.service.export.entries import OwnEntry
from lti_app.errors import sentence


def state_of(entry: OwnEntry) -> str:
    """Return where an entry stands and since when; of a withdrawn one, until when its text can be restored."""
    words, later = _state_of(entry)
    return str(gettext(words, day=day_of(entry.written_at), later=day_of(later) if later else ""))


def day_of(moment: date | datetime) -> str:
    """Return a day in the reader's language; of a moment, its day in UTC."""
    return str(format_date(moment, "long"))


def _state_of(entry: OwnEntry) -> tuple[str, datetime | None]:
    if entry.is_revision:
        return sentence("A revision that is not finished, begun %(day)s"), None
    if entry.is_draft:
        return sentence("Draft, begun %(day)s"), None
    if entry.row.purged_at:
        return sentence("Finished %(day)s; withdrawn, and its text erased %(later)s"), entry.row.purged_at
    if entry.erased_at:
        return sentence("Finished %(day)s; withdrawn, its text can be restored until %(later)s"), entry.erased_at
    if entry.row.revised_at:
        return sentence("Finished %(day)s, revised %(later)s"), entry.row.revised_at
    return sentence("Finished %(day)s"), None
