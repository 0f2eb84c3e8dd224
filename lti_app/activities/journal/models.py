"""The journal's tables: entries and their versions, what is attached to them, whom they are shared with."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_app.clock import now
from lti_app.db import Base, Choice, UtcDateTime

_WHOLE_ENTRY = text("excerpt_id IS NULL")
_FIRST_DRAFT = text("state = 'draft' AND revises_id IS NULL")


class EntryState(StrEnum):
    """Where an entry stands: being written, counted, or taken back by its author."""

    DRAFT = "draft"
    FINISHED = "finished"
    WITHDRAWN = "withdrawn"


class TagKind(StrEnum):
    """What a tag names: a topic, or a goal or standard that the entry is evidence for."""

    TOPIC = "topic"
    GOAL = "goal"


class ShareScope(StrEnum):
    """Whom something is shared with: a person, the author's group, who else writes here, the facilitators."""

    PERSON = "person"
    GROUP = "group"
    WRITERS = "writers"
    FACILITATORS = "facilitators"


class ResponseKind(StrEnum):
    """What a response says; none of them is a score."""

    NOTICED = "noticed"
    WONDERED = "wondered"
    RESOURCE = "resource"
    CELEBRATE = "celebrate"
    REPLY = "reply"


class JournalEntry(Base):
    """What one teacher wrote in one journal.

    `answers` holds a Markdown text per step of the prompt set, by the step's key; `text` is all of them in the
    steps' order, as lists, searches and word counts read it. `prompt_key` and `prompt_version` name the set that
    was answered; an empty key is the journal's own single prompt. `revises_id`: this row is the draft of a
    revision, which replaces that entry only when it is finished. `event_on` is the day that the entry is about.
    `version` counts the saves. `editor_id` and `editor_sequence` name the open page that saved last and its
    own count, so that a save whose answer was lost is not taken for somebody else's. Of a withdrawn entry the
    words go 30 days later; the row stays, since its fact names it.
    """

    __tablename__ = "journal_entry"
    __table_args__ = (
        Index(None, "activity_id", "user_id", "epoch"),
        Index(None, "user_id", "finished_at"),
        Index(None, "state", "withdrawn_at"),
        # What a person answered in which journal, without a look at the rows, which are long.
        Index("ix_journal_entry_answered", "user_id", "activity_id", "prompt_key", "finished_at"),
        Index(
            "uq_journal_entry_one_draft",
            "activity_id",
            "user_id",
            "prompt_key",
            unique=True,
            sqlite_where=_FIRST_DRAFT,
            postgresql_where=_FIRST_DRAFT,
        ),
        UniqueConstraint("revises_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("lti_user.id"))
    epoch: Mapped[int]
    state: Mapped[EntryState] = mapped_column(Choice(EntryState), default=EntryState.DRAFT)
    revises_id: Mapped[int | None] = mapped_column(ForeignKey("journal_entry.id", ondelete="CASCADE"))
    prompt_key: Mapped[str] = mapped_column(String(64), default="", server_default="")
    prompt_version: Mapped[int] = mapped_column(default=1, server_default="1")
    title: Mapped[str] = mapped_column(String(200), default="", server_default="")
    answers: Mapped[dict[str, str]] = mapped_column(JSON, default=dict, server_default="{}")
    text: Mapped[str] = mapped_column(Text, default="")
    links: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list, server_default="[]")
    event_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=0)
    editor_id: Mapped[str] = mapped_column(String(36), default="")
    editor_sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    saved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revised_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    purged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EntryVersion(Base):
    """What a finished entry said before it was revised; it stays with the author. `content` is as the entry's own."""

    __tablename__ = "journal_entry_version"
    __table_args__ = (UniqueConstraint("entry_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("journal_entry.id", ondelete="CASCADE"))
    number: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    finished_at: Mapped[datetime] = mapped_column(UtcDateTime)
    replaced_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class EntryTag(Base):
    """A word that the author files an entry under."""

    __tablename__ = "journal_tag"
    __table_args__ = (UniqueConstraint("entry_id", "kind", "name"), Index(None, "name"))

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("journal_entry.id", ondelete="CASCADE"))
    kind: Mapped[TagKind] = mapped_column(Choice(TagKind), default=TagKind.TOPIC)
    name: Mapped[str] = mapped_column(String(60))


class Attachment(Base):
    """A file of an entry. `stored_as` is its name in the attachments folder, drawn at random; `size` is in bytes.

    `content_type` is what the file's first bytes say, not what the browser claimed.
    """

    __tablename__ = "journal_attachment"
    __table_args__ = (Index(None, "entry_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("journal_entry.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("lti_user.id"))
    name: Mapped[str] = mapped_column(String(200))
    content_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    stored_as: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class Excerpt(Base):
    """A passage of an entry that its author shares instead of the whole, under a title of its own."""

    __tablename__ = "journal_excerpt"
    __table_args__ = (Index(None, "entry_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("journal_entry.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class Share(Base):
    """That an author let somebody read an entry, or one excerpt of it, until `stopped_at`."""

    __tablename__ = "journal_share"
    __table_args__ = (
        Index(None, "entry_id"),
        Index(None, "user_id"),
        CheckConstraint("(scope = 'person') = (user_id IS NOT NULL)", name="person"),
        CheckConstraint("(scope = 'group') = (group_id IS NOT NULL)", name="group"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("journal_entry.id", ondelete="CASCADE"))
    excerpt_id: Mapped[int | None] = mapped_column(ForeignKey("journal_excerpt.id", ondelete="CASCADE"))
    scope: Mapped[ShareScope] = mapped_column(Choice(ShareScope))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("lti_user.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("course_group.id", ondelete="CASCADE"))
    shared_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EntryResponse(Base):
    """What a reader answered, to the whole or to one paragraph, or what was replied to that.

    `paragraph` counts from 0 over the text that was shared; `quoted` is that paragraph as it stood then.
    """

    __tablename__ = "journal_response"
    __table_args__ = (Index(None, "entry_id"), Index(None, "user_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("journal_entry.id", ondelete="CASCADE"))
    excerpt_id: Mapped[int | None] = mapped_column(ForeignKey("journal_excerpt.id", ondelete="CASCADE"))
    answers_id: Mapped[int | None] = mapped_column(ForeignKey("journal_response.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("lti_user.id"))
    kind: Mapped[ResponseKind] = mapped_column(Choice(ResponseKind))
    paragraph: Mapped[int | None]
    quoted: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EntryOpening(Base):
    """That somebody else opened what an author shared; the author sees who, and when first and last."""

    __tablename__ = "journal_opening"
    __table_args__ = (
        # To a database, one NULL is not another: the whole entry needs an index of its own.
        Index(
            "uq_journal_opening_entry",
            "entry_id",
            "user_id",
            unique=True,
            sqlite_where=_WHOLE_ENTRY,
            postgresql_where=_WHOLE_ENTRY,
        ),
        UniqueConstraint("excerpt_id", "user_id"),
        Index(None, "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("journal_entry.id", ondelete="CASCADE"))
    excerpt_id: Mapped[int | None] = mapped_column(ForeignKey("journal_excerpt.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("lti_user.id"))
    times: Mapped[int] = mapped_column(default=1)
    first_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class PromptSet(Base):
    """A prompt set that a facilitator wrote, for one course; a change makes a new version, and old entries keep theirs.

    `steps` is a list of {key, label, hint, is_required}.
    """

    __tablename__ = "journal_prompt_set"
    __table_args__ = (UniqueConstraint("context_id", "key", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    context_id: Mapped[int] = mapped_column(ForeignKey("context.id"))
    key: Mapped[str] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(default=1)
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(String(500), default="")
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("lti_user.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
