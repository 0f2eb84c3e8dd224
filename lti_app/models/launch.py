"""The log of every launch."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from lti_app.clock import now
from lti_app.db import Base, Choice, UtcDateTime


class LaunchOutcome(StrEnum):
    """How a launch ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


class LaunchRecord(Base):
    """One line of the launch log: no name, no token, nothing a person wrote.

    `login_id` is the login that the launch used up: unique, so that no login is ever used twice
    (1EdTech security framework 1.0, 5.1.1.5).
    """

    __tablename__ = "launch_record"
    __table_args__ = (
        Index("ix_launch_record_registration_outcome_at", "registration_id", "outcome", "at"),
        Index(None, "registration_id", "id"),
        Index(None, "at"),
        Index(None, "reference"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id", ondelete="SET NULL"))
    deployment_id_on_platform: Mapped[str | None] = mapped_column(String(255))
    message_type: Mapped[str | None] = mapped_column(String(64))
    outcome: Mapped[LaunchOutcome] = mapped_column(Choice(LaunchOutcome))
    check: Mapped[str | None] = mapped_column(String(64))
    explanation: Mapped[str | None] = mapped_column(String(1024))
    reference: Mapped[str | None] = mapped_column(String(16))
    login_id: Mapped[str | None] = mapped_column(String(32), unique=True)
