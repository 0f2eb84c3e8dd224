"""The journal's table: entries, from the first key to the finished text."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_app.clock import now
from lti_app.db import Base, Choice, UtcDateTime


class EntryState(StrEnum):
    """Where an entry stands between its first word and being counted."""

    DRAFT = "draft"
    FINISHED = "finished"


class JournalEntry(Base):
    """What one teacher wrote in one journal.

    `version` counts the saves. `editor_id` and `editor_sequence` name the open page that saved last and its
    own count, so that a save whose answer was lost is not taken for somebody else's.
    """

    __tablename__ = "journal_entry"
    __table_args__ = (
        Index(None, "activity_id", "user_id", "epoch"),
        Index(
            "uq_journal_entry_one_draft",
            "activity_id",
            "user_id",
            unique=True,
            sqlite_where=text("state = 'draft'"),
            postgresql_where=text("state = 'draft'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("lti_user.id"))
    epoch: Mapped[int]
    state: Mapped[EntryState] = mapped_column(Choice(EntryState), default=EntryState.DRAFT)
    text: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=0)
    editor_id: Mapped[str] = mapped_column(String(36), default="")
    editor_sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    saved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
