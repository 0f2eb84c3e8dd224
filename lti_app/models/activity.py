"""Activities: each is one resource link of a course."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_app.clock import now
from lti_app.db import Base, UtcDateTime
from lti_app.models.people import Context


class Activity(Base):
    """One placement in a course: a resource link with a kind and its settings (LTI 1.3 core, 5.3.5).

    `settings` is what the facilitator set, as JSON; the activity type's own dataclass reads it.
    `rule_version` counts the changes of the completion rule; `epoch` the yearly repetitions.
    """

    __tablename__ = "activity"
    __table_args__ = (UniqueConstraint("context_id", "resource_link_id_on_platform"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    context_id: Mapped[int] = mapped_column(ForeignKey("context.id"))
    resource_link_id_on_platform: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(String(255), default="")
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
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
