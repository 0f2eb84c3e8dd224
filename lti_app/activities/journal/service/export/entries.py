"""A person's entries with all that belongs to them, read a few at a time; docs/journal-export.md says what each is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
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
from lti_app.activities.journal.service.drafts import no_such_entry
from lti_app.activities.journal.service.prompting import NoSuchPrompt, prompt_of
from lti_app.db import LARGEST_ID, Base
from lti_app.models.activity import Activity
from lti_app.models.people import Context, User

READ_AT_ONCE = 100
_FOLLOWED = ("http://", "https://", "mailto:")
Translate = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What was asked in one step, and the Markdown that answers it."""

    key: str
    question: str
    text: str


@dataclass(frozen=True, kw_only=True)
class OwnEntry:
    """An entry with its journal and course, its answers in the steps' order, and the rows that belong to it."""

    row: JournalEntry
    activity: str
    course: str
    prompt_title: str
    answers: Sequence[Answer]
    tags: Sequence[EntryTag]
    attachments: Sequence[Attachment]
    versions: Sequence[EntryVersion]
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
        return self.row.event_on

    @property
    def is_draft(self) -> bool:
        """Whether it is still being written, or a revision of it is."""
        return self.row.state is EntryState.DRAFT

    @property
    def links(self) -> list[tuple[str, str]]:
        """The links as (address, title); an address that no browser should follow is left empty."""
        pairs = [(link.get("url", ""), link.get("title", "")) for link in self.row.links]
        return [(url if url.startswith(_FOLLOWED) else "", title or url) for url, title in pairs]

    def tags_of(self, kind: str) -> list[str]:
        """Return the names that it is filed under, of one kind."""
        return [tag.name for tag in self.tags if tag.kind is TagKind(kind)]


def read_all(session: Session, user: User, *, translate: Translate) -> Iterator[OwnEntry]:
    """Yield everything that a person wrote, drafts of revisions too, oldest first; a hundred are held at a time.

    `translate` turns the questions of shipped prompt sets into the reader's language.
    """
    prompts = _Prompts(session, translate)
    after = 0
    own = select(JournalEntry).where(JournalEntry.user_id == user.id).order_by(JournalEntry.id).limit(READ_AT_ONCE)
    while rows := session.scalars(own.where(JournalEntry.id > after)).all():
        yield from _with_all(session, rows, prompts)
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
    return next(_with_all(session, [row], _Prompts(session, translate)))


class _Prompts:
    """The prompt sets that entries answer, each asked for once, and the journals with their courses."""

    def __init__(self, session: Session, translate: Translate) -> None:
        self._session = session
        self._translate = translate
        self._found: dict[tuple[int, str, int], PromptSet | None] = {}
        self._journals: dict[int, Any] = {}

    def journal_of(self, row: JournalEntry) -> Any:
        if row.activity_id not in self._journals:
            self._journals[row.activity_id] = self._session.execute(
                select(Activity, Context)
                .join(Context, Context.id == Activity.context_id)
                .where(Activity.id == row.activity_id)
            ).one()
        return self._journals[row.activity_id]

    def title_of(self, row: JournalEntry) -> str:
        found = self._prompt_of(row)
        return self._said(found, found.title) if found else ""

    def answers_of(self, row: JournalEntry) -> list[Answer]:
        """Return the answers in the steps' order; what no step asks for any more stands behind, under its key."""
        if not any(row.answers.values()):
            found = self._prompt_of(row)
            only = found.steps[0].label if found and len(found.steps) == 1 else ""
            question = self._said(found, only) if found and only else ""
            return [Answer(key="text", question=question, text=row.text)] if row.text else []
        found = self._prompt_of(row)
        asked = {step.key: self._said(found, step.label) for step in found.steps} if found else {}
        keys = [*asked, *(key for key in row.answers if key not in asked)]
        return [
            Answer(key=key, question=asked.get(key, key), text=row.answers[key]) for key in keys if row.answers.get(key)
        ]

    def _prompt_of(self, row: JournalEntry) -> PromptSet | None:
        ref = (row.activity_id, row.prompt_key, row.prompt_version)
        if ref not in self._found:
            activity = self.journal_of(row).Activity
            try:
                found = prompt_of(self._session, activity, key=row.prompt_key, version=row.prompt_version)
            except NoSuchPrompt:
                # What was answered stays, whatever became of the question.
                found = None
            self._found[ref] = found
        return self._found[ref]

    def _said(self, found: PromptSet | None, text: str) -> str:
        return self._translate(text) if found and found.is_shipped and text else text


def _with_all(session: Session, rows: Sequence[JournalEntry], prompts: _Prompts) -> Iterator[OwnEntry]:
    ids = [row.id for row in rows]
    tags, attachments = _by_entry(session, EntryTag, ids), _by_entry(session, Attachment, ids)
    versions, excerpts = _by_entry(session, EntryVersion, ids), _by_entry(session, Excerpt, ids)
    shares, responses = _by_entry(session, Share, ids), _by_entry(session, EntryResponse, ids)
    names = _names(session, [*shares.values(), *responses.values()])
    for row in rows:
        journal = prompts.journal_of(row)
        yield OwnEntry(
            row=row,
            activity=journal.Activity.title,
            course=journal.Context.title or journal.Context.label,
            prompt_title=prompts.title_of(row),
            answers=prompts.answers_of(row),
            tags=tags.get(row.id, ()),
            attachments=attachments.get(row.id, ()),
            versions=versions.get(row.id, ()),
            excerpts=excerpts.get(row.id, ()),
            shares=shares.get(row.id, ()),
            responses=responses.get(row.id, ()),
            names=names,
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
