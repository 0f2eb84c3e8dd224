"""Facts, completions, and the scores on their way to the platform's gradebook."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_app.clock import now
from lti_app.db import Base, Choice, UtcDateTime
from lti_app.errors import Refusal
from lti_app.models.activity import Activity
from lti_app.models.people import User


class Fact(Base):
    """That something countable happened: who, what, when. It has no content, and reports read nothing else."""

    __tablename__ = "fact"
    __table_args__ = (
        UniqueConstraint("activity_id", "user_id", "epoch", "kind", "subject_id"),
        Index(None, "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("lti_user.id"))
    epoch: Mapped[int]
    kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[int]
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class Completion(Base):
    """One person's progress in one activity, and when it was complete, under which version of the rule."""

    __tablename__ = "completion"
    __table_args__ = (
        UniqueConstraint("activity_id", "user_id", "epoch"),
        Index(None, "user_id"),
        CheckConstraint("done >= 0 AND required >= 1", name="counts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("lti_user.id"))
    epoch: Mapped[int]
    done: Mapped[int]
    required: Mapped[int]
    rule_version: Mapped[int]
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def is_complete(self) -> bool:
        """Whether the requirement was reached; that stays so when the rule changes later."""
        return self.completed_at is not None


class Extension(Base):
    """That one person has longer than the others: due and closing moments of their own, as far as they are set."""

    __tablename__ = "extension"
    __table_args__ = (UniqueConstraint("activity_id", "user_id", "epoch"), Index(None, "user_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("lti_user.id"))
    epoch: Mapped[int]
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    granted_by_id: Mapped[int] = mapped_column(ForeignKey("lti_user.id"))
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class DeliveryState(StrEnum):
    """Where a score is."""

    WAITING = "waiting"
    SENT = "sent"
    PARKED = "parked"


class ScoreDelivery(Base):
    """One score for one person, from the moment it is owed until the platform has it.

    `body` is what was sent, byte for byte, and `timestamp` the moment inside it: after an unknown outcome
    the same bytes go out again. `leased_until` keeps two workers from sending one row at once.
    """

    __tablename__ = "score_delivery"
    __table_args__ = (
        UniqueConstraint("activity_id", "user_id", "epoch"),
        Index(None, "state", "due_at"),
        Index(None, "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("lti_user.id"))
    epoch: Mapped[int]
    state: Mapped[DeliveryState] = mapped_column(Choice(DeliveryState), default=DeliveryState.WAITING)
    reason: Mapped[Refusal | None] = mapped_column(Choice(Refusal))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    body: Mapped[str | None] = mapped_column(Text)
    timestamp: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer_status: Mapped[int | None]
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    activity: Mapped[Activity] = relationship(lazy="raise")
    user: Mapped[User] = relationship(lazy="raise")


class LineItemSearch(Base):
    """The search for an activity's column, while none is known that takes scores.

    `leased_until` keeps two workers from searching at once, and after a failure says when the next may try;
    `claims` counts who took it, so that a worker that comes late is known. `lost_url` is the column that
    answered that it is not there, `sought_at` and `reason` are the last clear answer.
    """

    __tablename__ = "line_item_search"

    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"), primary_key=True)
    claims: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lost_url: Mapped[str | None] = mapped_column(String(2048))
    sought_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[Refusal | None] = mapped_column(Choice(Refusal))
