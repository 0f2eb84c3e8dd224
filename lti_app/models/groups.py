"""Groups of a course, as the platform has them, and who is in which."""

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_app.db import Base
from lti_app.models.errands import Errand
from lti_app.models.people import Context


class CourseGroup(Base):
    """A group or section of a course; `name` is empty where the platform told no more than the id."""

    __tablename__ = "course_group"
    __table_args__ = (UniqueConstraint("context_id", "group_id_on_platform"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    context_id: Mapped[int] = mapped_column(ForeignKey("context.id"))
    group_id_on_platform: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(255), default="")
    set_name: Mapped[str] = mapped_column(String(255), default="")


class GroupMembership(Base):
    """That a member of the course is in a group."""

    __tablename__ = "group_membership"
    __table_args__ = (Index(None, "membership_id"),)

    group_id: Mapped[int] = mapped_column(ForeignKey("course_group.id", ondelete="CASCADE"), primary_key=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id", ondelete="CASCADE"), primary_key=True)


class GroupPull(Errand):
    """Where the groups of a course are read from (LTI course groups service 1.0), and when they are read next."""

    __tablename__ = "group_pull"
    __table_args__ = (UniqueConstraint("context_id"), Index(None, "due_at"))

    context_id: Mapped[int] = mapped_column(ForeignKey("context.id"))
    groups_url: Mapped[str] = mapped_column(String(2048))
    sets_url: Mapped[str] = mapped_column(String(2048), default="")

    context: Mapped[Context] = relationship(lazy="raise")
