"""Beginning and saving an entry, and finding one's own."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError, InvalidRequestError
from sqlalchemy.orm import Session

from lti_app.activities.journal.models import EntryState, JournalEntry
from lti_app.activities.journal.prompts.sets import PromptSet
from lti_app.activities.journal.service.content import Content, content_of, put_tags
from lti_app.activities.journal.service.extensions import window_of
from lti_app.activities.journal.service.places import STANDS_ALONE
from lti_app.db import LARGEST_ID
from lti_app.errors import NotThere, ToolError, sentence
from lti_app.models.activity import Activity
from lti_app.models.people import Membership


class SaveState(StrEnum):
    """What became of a save."""

    SAVED = "saved"
    CONFLICT = "conflict"


class NotOpenYet(ToolError):
    """A journal in which nothing can be begun yet."""

    status = 409


@dataclass(frozen=True, kw_only=True)
class Save:
    """One save of an open editor page: what it holds, the version it started from, and which save of which page."""

    content: Content
    based_on: int
    editor_id: str
    sequence: int


def open_draft(session: Session, activity: Activity, *, member: Membership, prompt: PromptSet) -> JournalEntry:
    """Return the member's draft for this prompt, a new one where there is none; never a second one.

    A draft that was begun with an earlier version of the prompt goes on with that version.
    """
    draft = _find_draft(session, activity, member=member, prompt=prompt)
    if draft is not None:
        return draft
    try:
        with session.begin_nested():
            draft = _new_draft(activity, member=member, prompt=prompt)
            session.add(draft)
            session.flush()
    except IntegrityError:
        # Two clicks, or two tabs: the other one made it.
        draft = _find_draft(session, activity, member=member, prompt=prompt)
        if draft is None:
            raise
    return draft


def require_open(session: Session, activity: Activity, *, member: Membership, at: datetime) -> None:
    """Check that entries can be begun by now; after the journal closed they still can, as drafts.

    Raises:
        NotOpenYet: The journal opens later.
    """
    if window_of(session, activity, member.user_id).is_before(at):
        raise NotOpenYet(
            sentence("This journal is not open yet."),
            sentence("Its first page says when it opens; come back then."),
        )


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


def save_draft(session: Session, entry: JournalEntry, *, save: Save, at: datetime) -> SaveState:
    """Keep the content, unless somebody else saved since the version it is based on; then nothing is overwritten.

    A page may save on top of its own earlier save without having heard of it: the answer may have been lost.
    Its saves carry a rising number, so that one that was late on the way never replaces a later one.
    """
    own_earlier_save = (JournalEntry.editor_id == save.editor_id) & (JournalEntry.editor_sequence < save.sequence)
    saved = session.execute(
        update(JournalEntry)
        .where(
            JournalEntry.id == entry.id,
            JournalEntry.state == EntryState.DRAFT,
            or_(JournalEntry.version == save.based_on, own_earlier_save),
        )
        .values(
            **save.content.columns(),
            version=JournalEntry.version + 1,
            editor_id=save.editor_id,
            editor_sequence=save.sequence,
            saved_at=at,
        )
        .returning(JournalEntry.version)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    try:
        session.refresh(entry)
    except InvalidRequestError:
        # It was a revision that another window finished or discarded.
        raise no_such_entry() from None
    if saved is not None:
        put_tags(session, entry.id, save.content)
        return SaveState.SAVED
    # What is there already needs no saving: the same save, sent twice.
    return SaveState.SAVED if content_of(session, entry) == save.content else SaveState.CONFLICT


def _new_draft(activity: Activity, *, member: Membership, prompt: PromptSet) -> JournalEntry:
    return JournalEntry(
        activity_id=activity.id,
        user_id=member.user_id,
        epoch=activity.epoch,
        prompt_key=prompt.key,
        prompt_version=prompt.version,
        answers={step.key: "" for step in prompt.steps},
    )


def _find_draft(session: Session, activity: Activity, *, member: Membership, prompt: PromptSet) -> JournalEntry | None:
    return session.scalar(
        select(JournalEntry).where(
            JournalEntry.activity_id == activity.id,
            JournalEntry.user_id == member.user_id,
            JournalEntry.state == EntryState.DRAFT,
            JournalEntry.prompt_key == prompt.key,
            STANDS_ALONE,
        )
    )
