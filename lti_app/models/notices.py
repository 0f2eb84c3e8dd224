"""Notices of platforms: where we asked for them, which were taken, and the course copies that they told of."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_app.clock import now
from lti_app.db import Base, UtcDateTime
from lti_app.models.errands import Errand
from lti_app.models.platform import Deployment


class NoticeHandler(Errand):
    """That a deployment's platform is to send us one type of notice (LTI platform notification service 1.0)."""

    __tablename__ = "notice_handler"
    __table_args__ = (UniqueConstraint("deployment_id", "notice_type"), Index(None, "due_at"))

    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id", ondelete="CASCADE"))
    notice_type: Mapped[str] = mapped_column(String(64))
    service_url: Mapped[str] = mapped_column(String(2048))

    deployment: Mapped[Deployment] = relationship(lazy="raise")


class TakenNotice(Base):
    """A notice that was taken, until its token ends: no token is taken twice. `nonce` is kept as its SHA-256."""

    __tablename__ = "taken_notice"
    __table_args__ = (Index(None, "expires_at"),)

    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True)
    nonce: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ContextCopy(Base):
    """That content of one course was copied into another.

    Both are named as the platform names them: it tells of a copy before anybody has launched from there.
    """

    __tablename__ = "context_copy"
    __table_args__ = (UniqueConstraint("deployment_id", "context_id_on_platform", "origin_id_on_platform"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id", ondelete="CASCADE"))
    context_id_on_platform: Mapped[str] = mapped_column(String(300))
    origin_id_on_platform: Mapped[str] = mapped_column(String(300))
    told_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
