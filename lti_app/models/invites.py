"""One-time addresses: an invite connects a platform, an admin link signs the operator in."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from lti_app.clock import now
from lti_app.db import Base, UtcDateTime


class Invite(Base):
    """That somebody may connect one platform by dynamic registration; of its token only the SHA-256 is kept.

    `leased_until` keeps two people who open the address at once from registering twice; `tries` are bounded, and
    a success uses the invite up. `is_confirmed` lets the platform's launches in without another look.
    """

    __tablename__ = "invite"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(255), default="")
    is_confirmed: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id", ondelete="SET NULL"))


class AdminLink(Base):
    """A sign-in of the operator: open once until `expires_at`, then good until `signed_in_until`."""

    __tablename__ = "admin_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    signed_in_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
