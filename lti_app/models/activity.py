"""Activities: each is one resource link of a course; and the templates that links are placed from."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_app.clock import now
from lti_app.db import Base, UtcDateTime
from lti_app.models.people import Context


class ActivityTemplate(Base):
    """What a facilitator chose when a link was placed; every copy of the link carries its `public_id`.

    It holds settings and nobody's work, and counts on the registration that it was made on, nowhere else.
    `wants_line_item` is whether a column was asked for with the link: see `Activity.wants_line_item`.
    `made_by_id` is None when that person was erased.
    """

    __tablename__ = "activity_template"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(String(255))
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    wants_line_item: Mapped[bool] = mapped_column(default=False, server_default=false())
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("lti_user.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class Activity(Base):
    """One placement in a course: a resource link with a kind and its settings (LTI 1.3 core, 5.3.5).

    `kind` is None until a facilitator has chosen one, for a link that no template stands behind. `settings` is
    what the facilitator set, as JSON; the activity type's own dataclass reads it. `source_id` is the activity
    that this one is a copy of, where the platform told. `rule_version` counts the changes of the completion
    rule; `epoch` the yearly repetitions.
    """

    __tablename__ = "activity"
    __table_args__ = (UniqueConstraint("context_id", "resource_link_id_on_platform"), Index(None, "template_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    context_id: Mapped[int] = mapped_column(ForeignKey("context.id"))
    resource_link_id_on_platform: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str | None] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(String(255), default="")
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    template_id: Mapped[int | None] = mapped_column(ForeignKey("activity_template.id"))
    source_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"))
    rule_version: Mapped[int] = mapped_column(default=1)
    epoch: Mapped[int] = mapped_column(default=1)
    # Moodle drops the claim once the link has two line items (4.5.6, recorded): kept from first sight.
    line_item_url: Mapped[str | None] = mapped_column(String(2048))
    line_items_url: Mapped[str | None] = mapped_column(String(2048))
    ags_scopes: Mapped[str] = mapped_column(String(1024), default="")
    # Who placed it asked for a column: then one is made where the platform makes none.
    wants_line_item: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    context: Mapped[Context] = relationship(lazy="raise")
