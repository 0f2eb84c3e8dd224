"""Taking a finished entry back: nobody else reads it, its words go 30 days later, and its credit stays."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lti_app.activities.journal.models import EntryState, EntryTag, EntryVersion, JournalEntry
from lti_app.activities.journal.service.attachments import delete_attachments
from lti_app.activities.journal.service.sharing_records import purge_sharing
from lti_app.errors import ToolError, sentence

# How long an author can still change their mind.
WORDS_KEPT = timedelta(days=30)
# Entries that one statement erases: few enough that nobody waits for their locks.
BATCH = 200

log = structlog.get_logger()


class CannotWithdraw(ToolError):
    """An entry that is not finished, so that there is nothing to take back."""

    status = 409


class CannotRestore(ToolError):
    """An entry that was not taken back, or whose words are erased by now."""

    status = 409


def erased_at(entry: JournalEntry) -> datetime | None:
    """Return from when on the words of an entry that was taken back are erased; None while it is not."""
    return entry.withdrawn_at + WORDS_KEPT if entry.withdrawn_at else None


def withdraw(session: Session, entry: JournalEntry, *, at: datetime) -> None:
    """Take a finished entry back; doing it twice is doing it once. Fact, progress and credit stay as they are.

    Raises:
        CannotWithdraw: It is still a draft.
    """
    if entry.state is EntryState.DRAFT:
        raise CannotWithdraw(
            sentence("This entry is not finished, so there is nothing to withdraw."),
            sentence("A draft is yours alone: change it, or leave it as it is."),
        )
    session.execute(
        update(JournalEntry)
        .where(JournalEntry.id == entry.id, JournalEntry.state == EntryState.FINISHED)
        .values(state=EntryState.WITHDRAWN, withdrawn_at=at, version=JournalEntry.version + 1)
        .execution_options(synchronize_session=False)
    )
    session.refresh(entry)
    log.info("entry_withdrawn", entry_id=entry.id, activity_id=entry.activity_id, user_id=entry.user_id)


def restore(session: Session, entry: JournalEntry) -> None:
    """Put an entry that was taken back among the finished ones again, while its words are there.

    Raises:
        CannotRestore: It was not taken back, or its words are erased.
    """
    restored = session.execute(
        update(JournalEntry)
        .where(
            JournalEntry.id == entry.id,
            JournalEntry.state == EntryState.WITHDRAWN,
            JournalEntry.purged_at.is_(None),
        )
        .values(state=EntryState.FINISHED, withdrawn_at=None, version=JournalEntry.version + 1)
        .returning(JournalEntry.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    session.refresh(entry)
    if restored is None and entry.state is not EntryState.FINISHED:
        raise CannotRestore(
            sentence("This entry cannot be restored."),
            sentence("Its text was erased 30 days after it was withdrawn; your credit for it stays."),
        )
    log.info("entry_restored", entry_id=entry.id, activity_id=entry.activity_id, user_id=entry.user_id)


def purge(session: Session, *, at: datetime) -> int:
    """Erase the words of at most 200 entries that were taken back 30 days before; return how many those were.

    Title, answers, links, day, tags, files, excerpts, earlier versions and a begun revision go. The row stays without
    a word, since its fact names it, and so does the name of its prompt, which a journal of several prompts counts by.
    """
    due = (
        select(JournalEntry.id)
        .where(
            JournalEntry.state == EntryState.WITHDRAWN,
            JournalEntry.withdrawn_at <= at - WORDS_KEPT,
            JournalEntry.purged_at.is_(None),
        )
        .limit(BATCH)
    )
    purged = session.scalars(
        update(JournalEntry)
        # Who restores at this very moment comes first or not at all.
        .where(JournalEntry.id.in_(due), JournalEntry.state == EntryState.WITHDRAWN)
        .values(title="", answers={}, text="", links=[], event_on=None, purged_at=at)
        .returning(JournalEntry.id)
        .execution_options(synchronize_session=False)
    ).all()
    delete_attachments(session, purged)
    session.execute(delete(JournalEntry).where(JournalEntry.revises_id.in_(purged)))
    for words in (EntryTag, EntryVersion):
        session.execute(delete(words).where(words.entry_id.in_(purged)))
    purge_sharing(session, purged)
    session.expire_all()
    if purged:
        log.info("entries_purged", count=len(purged))
    return len(purged)
