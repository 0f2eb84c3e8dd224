"""Files of an entry: attached, listed, removed, and looked after at night.

A file belongs to the row that it was attached to, and only a draft takes files. The draft of a revision has its own
beside those of the entry that it revises: these stay, are shown as staying, and cannot be removed there, so that a
revision that is discarded changes nothing. Finishing it hands its files over to the entry. Removing a file of a
finished entry is a deed of its own, on that entry's page, where the journal lets entries be revised; it is at once and
for good, since earlier versions keep texts and no files.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO

import structlog
from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session

from lti_app.activities.journal.models import Attachment, EntryState, JournalEntry
from lti_app.activities.journal.service.file_kinds import CannotAttach, name_as, recognise
from lti_app.activities.journal.service.locks import lock_entry
from lti_app.activities.journal.settings import JournalSettings
from lti_app.db import LARGEST_ID
from lti_app.errors import NotThere, ToolError, sentence
from lti_app.files import Folder, KeptFile, TooLarge
from lti_app.models.activity import Activity

FILES = Folder("journal")
MOST_BYTES = 10 * 1024 * 1024
MOST_FILES = 10
# A file without a row may be one whose row is about to be committed; after a day it is not.
ORPHANS_KEPT = timedelta(days=1)
BATCH = 500
_LISTED = 20

log = structlog.get_logger()


class FileTooLarge(CannotAttach):
    """A file of more bytes than one may have."""

    status = 413


class NoRoom(CannotAttach):
    """A file that the server's disk did not take."""

    status = 507


class CannotDetach(ToolError):
    """A file of an entry that nothing can be taken from."""

    status = 409


@dataclass(frozen=True, kw_only=True)
class Attached:
    """The files of an open draft, oldest first; `staying` are those of the entry that it revises."""

    own: Sequence[Attachment]
    staying: Sequence[Attachment]


def attach(session: Session, entry: JournalEntry, *, name: str, stream: IO[bytes], at: datetime) -> Attachment:
    """Attach a file to a draft: what the stream holds from its beginning, under the name that its author gave it.

    Raises:
        CannotAttach: It is of no kind that is taken, too large or one too many, the disk is full, or the entry is no
            draft any more. Nothing is kept of it.
    """
    kind = recognise(stream, name)
    _check_number(session, entry, more=1)
    kept = _keep(session, stream)
    _lock_draft(session, entry)
    attachment = Attachment(
        entry_id=entry.id,
        user_id=entry.user_id,
        name=name_as(kind, name),
        content_type=kind.content_type,
        size=kept.size,
        stored_as=kept.name,
        created_at=at,
    )
    session.add(attachment)
    session.flush()
    # Again, now that nobody else can add one.
    _check_number(session, entry, more=0)
    log.info("file_attached", attachment_id=attachment.id, entry_id=entry.id, user_id=entry.user_id, size=kept.size)
    return attachment


def remove_attachment(session: Session, activity: Activity, *, entry: JournalEntry, attachment: Attachment) -> None:
    """Remove a file of the entry; see the module for when that is possible.

    Raises:
        CannotDetach: The entry was taken back, or this journal lets nothing be changed that counted.
    """
    may_change = JournalSettings.from_json(activity.settings).may_revise and entry.state is EntryState.FINISHED
    if entry.state is not EntryState.DRAFT and not may_change:
        raise CannotDetach(
            sentence("This file stays: its entry cannot be changed any more."),
            sentence("To take back the entry with all its files, withdraw it."),
        )
    session.delete(attachment)
    session.flush()
    FILES.remove_after_commit(session, [attachment.stored_as])
    log.info("file_removed", attachment_id=attachment.id, entry_id=entry.id, user_id=entry.user_id)


def attachments_of(session: Session, entry_id: int) -> Sequence[Attachment]:
    """Return the files of an entry, oldest first."""
    return session.scalars(select(Attachment).where(Attachment.entry_id == entry_id).order_by(Attachment.id)).all()


def attached_to(session: Session, entry: JournalEntry) -> Attached:
    """Return the files of a draft, and those of the entry that it revises."""
    query = select(Attachment).where(Attachment.entry_id.in_(_ids(entry))).order_by(Attachment.id)
    files = session.scalars(query).all()
    return Attached(
        own=[file for file in files if file.entry_id == entry.id],
        staying=[file for file in files if file.entry_id != entry.id],
    )


def find_attachment(session: Session, entry: JournalEntry, attachment_id: int) -> Attachment:
    """Return a file of the entry.

    Raises:
        NotThere: The entry has no such file.
    """
    attachment = session.get(Attachment, attachment_id) if attachment_id <= LARGEST_ID else None
    if attachment is None or attachment.entry_id != entry.id:
        raise no_such_file()
    return attachment


def no_such_file() -> NotThere:
    """Return the error for a file that is not there."""
    return NotThere(
        sentence("This entry has no such file."), sentence("Open the entry again and look at what is attached to it.")
    )


def file_too_large() -> FileTooLarge:
    """Return the error for a file of more than `MOST_BYTES`."""
    return FileTooLarge(
        sentence("This file is larger than %(limit)s MB, the most that one may have."),
        sentence("Save it smaller, a picture with fewer pixels for instance, or link to where it is kept."),
        values={"limit": MOST_BYTES // 1024**2},
    )


def delete_attachments(session: Session, entry_ids: Collection[int]) -> None:
    """Delete all files of these entries, and of drafts that revise them."""
    revising = select(JournalEntry.id).where(JournalEntry.revises_id.in_(entry_ids))
    _delete(session, or_(Attachment.entry_id.in_(entry_ids), Attachment.entry_id.in_(revising)))


def delete_attachments_of_user(session: Session, user_id: int) -> None:
    """Delete all files of everything that a person wrote in journals."""
    written = select(JournalEntry.id).where(JournalEntry.user_id == user_id)
    _delete(session, or_(Attachment.user_id == user_id, Attachment.entry_id.in_(written)))


def sweep_files(session: Session, *, at: datetime) -> None:
    """Remove every file that has had no row for a day; log the rows whose file is not there."""
    removed = 0
    for names in FILES.names(older_than=at - ORPHANS_KEPT, batch=BATCH):
        known = set(session.scalars(select(Attachment.stored_as).where(Attachment.stored_as.in_(names))))
        for name in set(names) - known:
            FILES.remove(name)
            removed += 1
    if removed:
        log.info("orphan_files_removed", count=removed)
    rows = session.execute(select(Attachment.id, Attachment.stored_as).execution_options(yield_per=BATCH))
    missing = [row.id for row in rows if FILES.find(row.stored_as) is None]
    if missing:
        log.error("attached_files_missing", count=len(missing), attachment_ids=missing[:_LISTED])


def _keep(session: Session, stream: IO[bytes]) -> KeptFile:
    try:
        return FILES.keep(session, stream, most=MOST_BYTES)
    except TooLarge as error:
        raise file_too_large() from error
    except OSError as error:
        log.exception("file_not_kept", error=type(error).__name__, errno=error.errno)
        raise NoRoom(
            sentence("Staffroom could not keep this file: its disk is full, or cannot be written."),
            sentence("Your text is not touched. Tell whoever runs Staffroom here, and attach the file later."),
        ) from error


def _lock_draft(session: Session, entry: JournalEntry) -> None:
    """Hold the draft, and the entry that it revises, against whoever finishes or discards it at this moment.

    In the order in which finishing a revision does.
    """
    if entry.revises_id is not None:
        lock_entry(session, entry.revises_id)
    if lock_entry(session, entry.id) is not EntryState.DRAFT:
        raise CannotAttach(
            sentence("This entry is no draft any more, so nothing can be attached to it."),
            sentence("Revise the entry, and attach the file to its revision."),
            status=409,
        )


def _check_number(session: Session, entry: JournalEntry, *, more: int) -> None:
    query = select(func.count()).select_from(Attachment).where(Attachment.entry_id.in_(_ids(entry)))
    if (session.scalar(query) or 0) + more > MOST_FILES:
        raise CannotAttach(
            sentence("This entry has %(limit)s files, the most that one can have."),
            sentence("Remove one that it does not need, or link to where this one is kept."),
            values={"limit": MOST_FILES},
        )


def _ids(entry: JournalEntry) -> list[int]:
    return [entry_id for entry_id in (entry.id, entry.revises_id) if entry_id is not None]


def _delete(session: Session, which: ColumnElement[bool]) -> None:
    names = session.scalars(
        delete(Attachment).where(which).returning(Attachment.stored_as).execution_options(synchronize_session=False)
    ).all()
    FILES.remove_after_commit(session, names)
