"""Revising a finished entry: drafted apart, it replaces the entry when it is finished; no second fact comes of it."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_app.activities.journal.models import Attachment, EntryState, EntryTag, EntryVersion, JournalEntry
from lti_app.activities.journal.service.attachments import delete_attachments
from lti_app.activities.journal.service.content import content_of, put_tags
from lti_app.activities.journal.service.drafts import no_such_entry
from lti_app.activities.journal.service.finishing import check_content
from lti_app.activities.journal.service.locks import lock_entry
from lti_app.activities.journal.settings import JournalSettings
from lti_app.errors import ToolError, sentence
from lti_app.models.activity import Activity

log = structlog.get_logger()


class CannotRevise(ToolError):
    """An entry that is not finished, or a journal that lets nothing be revised once it counted."""

    status = 409


def may_revise(activity: Activity) -> bool:
    """Whether this journal lets an entry be revised after it counted."""
    return JournalSettings.from_json(activity.settings).may_revise


def open_revision(session: Session, activity: Activity, *, entry: JournalEntry) -> JournalEntry:
    """Return the draft of the entry's revision, a new one with the entry's content where there is none.

    Raises:
        CannotRevise: The entry is not finished, or this journal lets none be revised.
    """
    if entry.state is not EntryState.FINISHED or not may_revise(activity):
        raise CannotRevise(
            sentence("This entry cannot be revised."),
            sentence("You can still read it, and write another entry."),
        )
    draft = find_revision(session, entry)
    if draft is not None:
        return draft
    try:
        with session.begin_nested():
            draft = _begin(session, entry)
    except IntegrityError:
        # Two clicks, or two tabs: the other one made it.
        draft = find_revision(session, entry)
        if draft is None:
            raise
    return draft


def finish_revision(session: Session, activity: Activity, *, draft: JournalEntry, at: datetime) -> JournalEntry:
    """Put the draft's content in the place of the entry's, keep the old content as a version, and return the entry.

    A closed journal takes revisions, too: nothing new is counted.

    Raises:
        CannotFinish: The draft lacks what a finished entry needs.
        NotThere: Another window finished or discarded the revision meanwhile.
    """
    check_content(session, activity, entry=draft, at=at)
    entry = session.get_one(JournalEntry, draft.revises_id)
    # Several presses wait for each other here.
    lock_entry(session, entry.id)
    session.refresh(entry)
    if entry.state is not EntryState.FINISHED or find_revision(session, entry) is None:
        raise no_such_entry()
    new = content_of(session, draft)
    _keep_version(session, entry, at=at)
    for column, value in new.columns().items():
        setattr(entry, column, value)
    entry.prompt_version = draft.prompt_version
    entry.revised_at = at
    entry.version += 1
    session.execute(delete(EntryTag).where(EntryTag.entry_id == entry.id))
    session.execute(update(EntryTag).where(EntryTag.entry_id == draft.id).values(entry_id=entry.id))
    session.execute(update(Attachment).where(Attachment.entry_id == draft.id).values(entry_id=entry.id))
    session.execute(delete(JournalEntry).where(JournalEntry.id == draft.id))
    session.expunge(draft)
    log.info("entry_revised", entry_id=entry.id, activity_id=activity.id, user_id=entry.user_id)
    return entry


def discard_revision(session: Session, *, draft: JournalEntry) -> int:
    """Drop the draft of a revision and return the id of the entry, which stays as it is.

    Raises:
        NotThere: The draft is no revision, but an entry that was never finished.
    """
    if draft.revises_id is None or draft.state is not EntryState.DRAFT:
        raise no_such_entry()
    entry_id = draft.revises_id
    delete_attachments(session, [draft.id])
    session.delete(draft)
    session.flush()
    log.info("revision_discarded", entry_id=entry_id, activity_id=draft.activity_id, user_id=draft.user_id)
    return entry_id


def find_revision(session: Session, entry: JournalEntry) -> JournalEntry | None:
    """Return the draft of the entry's revision, or None."""
    return session.scalar(
        select(JournalEntry).where(JournalEntry.revises_id == entry.id, JournalEntry.state == EntryState.DRAFT)
    )


def versions_of(session: Session, entry: JournalEntry) -> Sequence[EntryVersion]:
    """Return what an entry said before each of its revisions, newest first."""
    return session.scalars(
        select(EntryVersion).where(EntryVersion.entry_id == entry.id).order_by(EntryVersion.number.desc())
    ).all()


def _begin(session: Session, entry: JournalEntry) -> JournalEntry:
    content = content_of(session, entry)
    draft = JournalEntry(
        activity_id=entry.activity_id,
        user_id=entry.user_id,
        epoch=entry.epoch,
        revises_id=entry.id,
        prompt_key=entry.prompt_key,
        prompt_version=entry.prompt_version,
        **content.columns(),
    )
    session.add(draft)
    session.flush()
    put_tags(session, draft.id, content)
    return draft


def _keep_version(session: Session, entry: JournalEntry, *, at: datetime) -> None:
    last = session.scalar(select(func.max(EntryVersion.number)).where(EntryVersion.entry_id == entry.id))
    session.add(
        EntryVersion(
            entry_id=entry.id,
            number=(last or 0) + 1,
            content=content_of(session, entry).to_json(),
            finished_at=entry.revised_at or entry.finished_at,
            replaced_at=at,
        )
    )
    session.flush()
