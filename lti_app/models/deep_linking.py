"""Deep linking requests: what a platform waits for, while a facilitator chooses."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_app.db import Base, UtcDateTime
from lti_app.models.people import User
from lti_app.models.platform import Deployment


class DeepLinkingRequest(Base):
    """One request of a platform for links (LTI deep linking 2.0, 4.4), of one person, answered once.

    The browser holds nothing but its `id`. `chosen` lists what goes into the course, `draft` is what is being
    set up; both as `lti_app.roster.placing.Placement` writes them.
    """

    __tablename__ = "deep_linking_request"
    __table_args__ = (Index(None, "user_id"), Index(None, "expires_at"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("lti_user.id"))
    context_id_on_platform: Mapped[str | None] = mapped_column(String(300))
    course_title: Mapped[str] = mapped_column(String(255))
    return_url: Mapped[str] = mapped_column(Text)
    data: Mapped[str | None] = mapped_column(Text)
    document_targets: Mapped[list[str]] = mapped_column(JSON)
    accept_multiple: Mapped[bool]
    accept_lineitem: Mapped[bool]
    auto_create: Mapped[bool]
    title: Mapped[str] = mapped_column(String(255))
    text: Mapped[str] = mapped_column(Text)
    chosen: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    draft: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    deployment: Mapped[Deployment] = relationship(lazy="raise")
    user: Mapped[User] = relationship(lazy="raise")
