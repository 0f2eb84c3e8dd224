"""Finishing an entry: the deed that counts."""

from datetime import datetime

import structlog
from sqlalchemy import update
from sqlalchemy.orm import Session

from lti_app.activities.journal.models import EntryState, JournalEntry
from lti_app.activities.journal.progress import ENTRY_FINISHED, measure
from lti_app.activities.journal.service.words import count_words
from lti_app.activities.journal.settings import JournalSettings
from lti_app.errors import ToolError, sentence
from lti_app.gradebook.completion import record_fact, record_progress
from lti_app.models.activity import Activity
from lti_app.models.people import Membership

MAX_FINISHED_CHARACTERS = 50_000

log = structlog.get_logger()


class CannotFinish(ToolError):
    """An entry that cannot be finished yet; its text is saved as a draft."""

    status = 422


def finish(session: Session, activity: Activity, *, member: Membership, entry: JournalEntry, at: datetime) -> None:
    """Finish a saved draft: the entry, the fact, the progress, and, when it is enough, the score that is owed.

    Finishing twice is finishing once.

    Raises:
        CannotFinish: The journal is closed, or the text too short or too long.
    """
    if entry.state is EntryState.FINISHED:
        return
    _check_finishable(JournalSettings.from_json(activity.settings), entry.text, at=at)
    finished = session.execute(
        update(JournalEntry)
        .where(JournalEntry.id == entry.id, JournalEntry.state == EntryState.DRAFT)
        .values(state=EntryState.FINISHED, finished_at=at, version=JournalEntry.version + 1)
        .returning(JournalEntry.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    session.refresh(entry)
    if finished is None:
        return
    # The rule may not change between being read here and the commit; see `change_settings`.
    session.refresh(activity, with_for_update={"read": True})
    record_fact(session, activity, user_id=member.user_id, kind=ENTRY_FINISHED, subject_id=entry.id, occurred_at=at)
    record_progress(session, activity, member=member, progress=measure(activity, member), at=at)
    log.info("entry_finished", entry_id=entry.id, activity_id=activity.id, user_id=member.user_id)


def _check_finishable(settings: JournalSettings, text: str, *, at: datetime) -> None:
    words = count_words(text)
    if settings.is_closed(at):
        raise CannotFinish(
            sentence("This journal has closed, so the entry cannot be finished."),
            sentence("Your text is saved as a draft. Ask your facilitator to open the journal again."),
        )
    if len(text) > MAX_FINISHED_CHARACTERS:
        raise CannotFinish(
            sentence("This entry has %(characters)s characters; %(limit)s is the most that one entry can hold."),
            sentence("Your text is saved as a draft. Move a part of it into a second entry."),
            values={"characters": f"{len(text):,}", "limit": f"{MAX_FINISHED_CHARACTERS:,}"},
        )
    if not text.strip():
        raise CannotFinish(sentence("There is nothing written yet."), sentence("Write your entry, then finish it."))
    if words < settings.minimum_words:
        raise CannotFinish(
            sentence("This entry has %(words)s of the %(minimum)s words it needs."),
            sentence("Your text is saved as a draft. Write a little more, then finish it."),
            values={"words": words, "minimum": settings.minimum_words},
        )
