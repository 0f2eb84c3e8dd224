"""Launches that a frame without cookies hands on: tickets, and the sessions of such frames."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column

from lti_app.db import Base, UtcDateTime


class LaunchTicket(Base):
    """A verified launch whose browser has not yet shown that it is its own; good once, for a minute.

    Of the ticket only the SHA-256 is kept. `stored_hash` is the SHA-256 of what the platform's storage must give
    back; None where the platform offered no storage. `is_admin`,
    `is_masquerade` and `may_count`: see `lti_app.access.sign_ins.sign_in`.
    """

    __tablename__ = "launch_ticket"
    __table_args__ = (Index(None, "expires_at"),)

    ticket_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("lti_user.id"))
    path: Mapped[str] = mapped_column(String(1024))
    is_admin: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_masquerade: Mapped[bool] = mapped_column(default=False, server_default=false())
    may_count: Mapped[int | None] = mapped_column(ForeignKey("lti_user.id"))
    stored_hash: Mapped[str | None] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FrameSession(Base):
    """The session of a frame without cookies: what a cookie would hold; the token stands in the frame's address."""

    __tablename__ = "frame_session"
    __table_args__ = (Index(None, "expires_at"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
