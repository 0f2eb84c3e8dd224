"""What a teacher does in a journal: begin, save, finish. Nothing here commits."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy import bindparam, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_app.activities.journal.models import EntryState, JournalEntry
from lti_app.activities.journal.progress import ENTRY_FINISHED, measure
from lti_app.activities.journal.settings import JournalSettings
from lti_app.db import LARGEST_ID, db, execute_plainly, table_of
from lti_app.errors import NotThere, ToolError, sentence
from lti_app.gradebook.completion import incomplete_members, record_fact, record_progress
from lti_app.models.activity import Activity
from lti_app.models.people import Membership, User

MAX_FINISHED_CHARACTERS = 50_000
_WORD = re.compile(r"\w+(?:[-'’.]\w+)*")
# Scripts that put no space between words: each character counts as one, in the browser too (words.js).
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f]")

_ENTRY = table_of(JournalEntry).c
_OWN = (
    select(_ENTRY.id, _ENTRY.state, _ENTRY.text, _ENTRY.saved_at, _ENTRY.finished_at)
    .where(_ENTRY.activity_id == bindparam("of_activity"), _ENTRY.user_id == bindparam("of_user"))
    .order_by(
        (_ENTRY.state == EntryState.DRAFT).desc(),
        func.coalesce(_ENTRY.finished_at, _ENTRY.created_at).desc(),
        _ENTRY.id.desc(),
    )
)

log = structlog.get_logger()


class SaveState(StrEnum):
    """What became of a save."""

    SAVED = "saved"
    CONFLICT = "conflict"


@dataclass(frozen=True, kw_only=True)
class Save:
    """One save of an open editor page: what it holds, the version it started from, and which save of which page."""

    text: str
    based_on: int
    editor_id: str
    sequence: int


class CannotFinish(ToolError):
    """An entry that cannot be finished yet; its text is saved as a draft."""

    status = 422


def count_words(text: str) -> int:
    """Return the number of words; a character of a script without spaces counts as one."""
    unspaced = len(_UNSPACED.findall(text))
    spaced = _UNSPACED.sub(" ", text)
    # Python's \w knows no combining marks (vowel signs, accents, variation selectors): they belong to their letter.
    return unspaced + len(_WORD.findall("".join(c for c in spaced if not unicodedata.category(c).startswith("M"))))


def storable(text: str) -> str:
    """Return the text as every database takes it: no NUL, no half of a surrogate pair, plain line ends."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def open_draft(session: Session, activity: Activity, *, member: Membership) -> JournalEntry:
    """Return the member's draft in this journal, a new one where there is none; never a second one."""
    draft = _find_draft(session, activity, member=member)
    if draft is not None:
        return draft
    try:
        with session.begin_nested():
            draft = JournalEntry(activity_id=activity.id, user_id=member.user_id, epoch=activity.epoch)
            session.add(draft)
            session.flush()
    except IntegrityError:
        # Two clicks, or two tabs: the other one made it.
        draft = _find_draft(session, activity, member=member)
        if draft is None:
            raise
    return draft


def find_entry(session: Session, activity: Activity, *, member: Membership, entry_id: int) -> JournalEntry:
    """Return the member's own entry.

    Raises:
        NotThere: There is none of that id by this author in this journal.
    """
    if entry_id > LARGEST_ID:
        raise no_such_entry()
    entry = session.scalar(
        select(JournalEntry).where(
            JournalEntry.id == entry_id,
            JournalEntry.activity_id == activity.id,
            JournalEntry.user_id == member.user_id,
        )
    )
    if entry is None:
        raise no_such_entry()
    return entry


def no_such_entry() -> NotThere:
    """Return the error for an entry that is not there, or not this person's: both read the same."""
    return NotThere(sentence("There is no such entry of yours."), sentence("Open the activity again from your course."))


def own_entries(session: Session, activity: Activity, *, user_id: int) -> Sequence[Any]:
    """Return a person's entries in this journal, as rows: the draft first, then finished ones, newest first."""
    return execute_plainly(session, _OWN, {"of_activity": activity.id, "of_user": user_id}).all()


def save_draft(session: Session, entry: JournalEntry, *, save: Save, at: datetime) -> SaveState:
    """Keep the text, unless somebody else saved since the version it is based on; then nothing is overwritten.

    A page may save on top of its own earlier save without having heard of it: the answer may have been lost.
    Its saves carry a rising number, so that one that was late on the way never replaces a later one.
    """
    text = storable(save.text)
    own_earlier_save = (JournalEntry.editor_id == save.editor_id) & (JournalEntry.editor_sequence < save.sequence)
    saved = session.execute(
        update(JournalEntry)
        .where(
            JournalEntry.id == entry.id,
            JournalEntry.state == EntryState.DRAFT,
            or_(JournalEntry.version == save.based_on, own_earlier_save),
        )
        .values(
            text=text,
            version=JournalEntry.version + 1,
            editor_id=save.editor_id,
            editor_sequence=save.sequence,
            saved_at=at,
        )
        .returning(JournalEntry.version)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    session.refresh(entry)
    # What is there already needs no saving: the same save, sent twice.
    return SaveState.SAVED if saved is not None or entry.text == text else SaveState.CONFLICT


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


def change_settings(session: Session, activity: Activity, *, settings: JournalSettings, at: datetime) -> None:
    """Keep new settings; a changed rule counts as a new version and is applied to those not yet complete."""
    # Whoever is finishing commits first, so that the new rule sees it; see `finish`.
    session.refresh(activity, with_for_update=True)
    before = JournalSettings.from_json(activity.settings)
    activity.settings = settings.to_json()
    if before.entries_required != settings.entries_required:
        activity.rule_version += 1
        session.flush()
        for member in incomplete_members(session, activity):
            record_progress(session, activity, member=member, progress=measure(activity, member), at=at)
    log.info("settings_changed", activity_id=activity.id, rule_version=activity.rule_version)


def forget(user: User) -> None:
    """Erase everything that a person wrote in journals; facts and completions stay."""
    db.session.execute(delete(JournalEntry).where(JournalEntry.user_id == user.id))


def export(user: User) -> list[dict[str, Any]]:
    """Return everything that a person wrote in journals, oldest first; moments in ISO 8601, UTC."""
    entries = db.session.scalars(select(JournalEntry).where(JournalEntry.user_id == user.id).order_by(JournalEntry.id))
    return [
        {
            "activity_id": entry.activity_id,
            "state": entry.state.value,
            "text": entry.text,
            "created_at": entry.created_at.isoformat(),
            "finished_at": entry.finished_at.isoformat() if entry.finished_at else None,
        }
        for entry in entries
    ]


def count(user: User) -> int:
    """Return how many entries a person has written, drafts among them; no text is read."""
    entries = select(func.count()).select_from(JournalEntry).where(JournalEntry.user_id == user.id)
    return db.session.scalar(entries) or 0


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


def _find_draft(session: Session, activity: Activity, *, member: Membership) -> JournalEntry | None:
    return session.scalar(
        select(JournalEntry).where(
            JournalEntry.activity_id == activity.id,
            JournalEntry.user_id == member.user_id,
            JournalEntry.state == EntryState.DRAFT,
        )
    )
