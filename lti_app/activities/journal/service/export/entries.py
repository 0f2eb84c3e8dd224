"""A person's entries with all that belongs to them, read a few at a time; docs/journal-export.md says what each is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_app.activities.journal.models import (
    Attachment,
    EntryResponse,
    EntryState,
    EntryTag,
    EntryVersion,
    Excerpt,
    JournalEntry,
    Share,
    TagKind,
)
from lti_app.activities.journal.prompts.sets import PromptSet
from lti_app.activities.journal.service.content import Content, Link, content_with
from lti_app.activities.journal.service.drafts import no_such_entry
from lti_app.activities.journal.service.export.questions import Answer, Questions, Translate
from lti_app.activities.journal.service.withdrawing import erased_at
from lti_app.db import LARGEST_ID, Base
from lti_app.models.people import User

READ_AT_ONCE = 100
_FOLLOWED = ("http://", "https://")


@dataclass(frozen=True, kw_only=True)
class EarlierVersion:
    """What a finished entry said before it was revised."""

    number: int
    content: Content
    answers: Sequence[Answer]
    finished_at: datetime
    replaced_at: datetime


@dataclass(frozen=True, kw_only=True)
class OwnEntry:
    """An entry with its journal and course, its answers in the steps' order, and the rows that belong to it.

    `prompt` is None where the set that was answered is gone.
    """

    row: JournalEntry
    activity: str
    course: str
    prompt: PromptSet | None
    prompt_title: str
    content: Content
    answers: Sequence[Answer]
    attachments: Sequence[Attachment]
    versions: Sequence[EarlierVersion]
    excerpts: Sequence[Excerpt]
    shares: Sequence[Share]
    responses: Sequence[EntryResponse]
    names: Mapping[int, str]

    @property
    def written_at(self) -> datetime:
        """When it was finished; when it was begun, of a draft."""
        return self.row.finished_at or self.row.created_at

    @property
    def event_on(self) -> date | None:
        """The day it is about, where the author named one."""
        return self.content.event_on

    @property
    def is_draft(self) -> bool:
        """Whether it is still being written."""
        return self.row.state is EntryState.DRAFT

    @property
    def is_revision(self) -> bool:
        """Whether it is the draft of what shall replace another entry."""
        return self.row.revises_id is not None

    @property
    def erased_at(self) -> datetime | None:
        """From when on the words of a withdrawn entry are erased; None while it is not withdrawn."""
        return erased_at(self.row)


def links_of(content: Content) -> list[tuple[str, str]]:
    """Return links as (address, label); an address that no browser should follow, as a draft's may be, is empty."""
    return [(link.url if is_followed(link) else "", link.label or link.url) for link in content.links]


def is_followed(link: Link) -> bool:
    """Whether a link leads to a page of the web; a draft's may lead anywhere, or nowhere."""
    return link.url.lower().startswith(_FOLLOWED)


def read_all(session: Session, user: User, *, translate: Translate) -> Iterator[OwnEntry]:
    """Yield everything that a person wrote, drafts of revisions too, oldest first; a hundred are held at a time.

    `translate` turns the questions of shipped prompt sets into the reader's language.
    """
    questions = Questions(session, translate)
    after = 0
    own = select(JournalEntry).where(JournalEntry.user_id == user.id).order_by(JournalEntry.id).limit(READ_AT_ONCE)
    while rows := session.scalars(own.where(JournalEntry.id > after)).all():
        yield from _with_all(session, rows, questions)
        after = rows[-1].id


def read_one(session: Session, user: User, *, entry_id: int, translate: Translate) -> OwnEntry:
    """Return one entry of a person.

    Raises:
        NotThere: There is none of that id by this person.
    """
    own = select(JournalEntry).where(JournalEntry.id == entry_id, JournalEntry.user_id == user.id)
    row = session.scalar(own) if entry_id <= LARGEST_ID else None
    if row is None:
        raise no_such_entry()
    return next(_with_all(session, [row], Questions(session, translate)))


def _with_all(session: Session, rows: Sequence[JournalEntry], questions: Questions) -> Iterator[OwnEntry]:
    questions.read_for(rows)
    ids = [row.id for row in rows]
    tags, attachments = _by_entry(session, EntryTag, ids), _by_entry(session, Attachment, ids)
    versions, excerpts = _by_entry(session, EntryVersion, ids), _by_entry(session, Excerpt, ids)
    shares, responses = _by_entry(session, Share, ids), _by_entry(session, EntryResponse, ids)
    names = _names(session, [*shares.values(), *responses.values()])
    for row in rows:
        journal, content = questions.journal_of(row), _content_of(row, tags.get(row.id, ()))
        yield OwnEntry(
            row=row,
            activity=journal.Activity.title,
            course=journal.Context.title or journal.Context.label,
            prompt=questions.prompt_of(row),
            prompt_title=questions.title_of(row),
            content=content,
            answers=questions.answered(row, content.answers),
            attachments=attachments.get(row.id, ()),
            versions=[_earlier(row, version, questions) for version in versions.get(row.id, ())],
            excerpts=excerpts.get(row.id, ()),
            shares=shares.get(row.id, ()),
            responses=responses.get(row.id, ()),
            names=names,
        )


def _content_of(row: JournalEntry, tags: Sequence[EntryTag]) -> Content:
    return content_with(row, {kind: tuple(tag.name for tag in tags if tag.kind is kind) for kind in TagKind})


def _earlier(row: JournalEntry, version: EntryVersion, questions: Questions) -> EarlierVersion:
    content = Content.from_json(version.content)
    return EarlierVersion(
        number=version.number,
        content=content,
        answers=questions.answered(row, content.answers),
        finished_at=version.finished_at,
        replaced_at=version.replaced_at,
    )


def _by_entry(session: Session, model: type[Base], ids: Sequence[int]) -> dict[int, list[Any]]:
    table = model.__table__
    found: dict[int, list[Any]] = {}
    for row in session.scalars(select(model).where(table.c.entry_id.in_(ids)).order_by(table.c.id)):
        found.setdefault(row.entry_id, []).append(row)  # type: ignore[attr-defined]
    return found


def _names(session: Session, groups: Sequence[Sequence[Any]]) -> dict[int, str]:
    ids = {row.user_id for rows in groups for row in rows if row.user_id is not None}
    if not ids:
        return {}
    return {row.id: row.name for row in session.execute(select(User.id, User.name).where(User.id.in_(ids)))}
