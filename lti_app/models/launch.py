"""Launches: the logins that wait for their token, and the log of every launch."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from lti_app.clock import now
from lti_app.db import Base, Choice, UtcDateTime


class Login(Base):
    """A login that was sent to its platform and waits for exactly one token (1EdTech security framework, 5.1).

    The browser's secret is kept as its SHA-256, so that the table does not open anybody's launch.
    """

    __tablename__ = "login"
    __table_args__ = (Index(None, "expires_at"),)

    state: Mapped[str] = mapped_column(String(64), primary_key=True)
    nonce: Mapped[str] = mapped_column(String(64))
    browser_hash: Mapped[str] = mapped_column(String(64))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    deployment_id_on_platform: Mapped[str | None] = mapped_column(String(255))
    target_link_uri: Mapped[str] = mapped_column(String(2048))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LaunchOutcome(StrEnum):
    """How a launch ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


class LaunchRecord(Base):
    """One line of the launch log: no name, no token, nothing a person wrote."""

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
