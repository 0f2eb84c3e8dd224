"""People, courses, and who takes part in which."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_app.clock import now
from lti_app.db import Base, Choice, UtcDateTime
from lti_app.models.platform import Deployment


class User(Base):
    """A person on one platform; the same `sub` on two platforms is two people, and nothing ever merges them."""

    __tablename__ = "lti_user"
    __table_args__ = (UniqueConstraint("registration_id", "sub"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"))
    sub: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(255), default="")
    locale: Mapped[str] = mapped_column(String(35), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class RosterCause(StrEnum):
    """Why a course's list of people is read."""

    LAUNCH = "launch"
    ASKED = "asked"
    NIGHTLY = "nightly"


class RosterProblem(StrEnum):
    """Why a course's list of people could not be read the last time."""

    UNAVAILABLE = "unavailable"
    ACCESS_WITHDRAWN = "access_withdrawn"
    NOT_ALLOWED = "not_allowed"
    GONE = "gone"
    NOT_UNDERSTOOD = "not_understood"


class Context(Base):
    """A course on a platform; its id is unique within the deployment (LTI 1.3 core, 5.4.1).

    `launched_at` is when it was last launched, noted once a day. What begins with `roster_` is about the list of
    people at `memberships_url`: when it has to be read and why, which worker has taken that upon itself and until
    when, and how it went; see `lti_app.roster.pull_members`.
    """

    __tablename__ = "context"
    __table_args__ = (UniqueConstraint("deployment_id", "context_id_on_platform"), Index(None, "roster_due_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id"))
    context_id_on_platform: Mapped[str] = mapped_column(String(300))
    label: Mapped[str] = mapped_column(String(255), default="")
    title: Mapped[str] = mapped_column(String(255), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    launched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    memberships_url: Mapped[str] = mapped_column(String(2048), default="", server_default="")
    roster_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    roster_cause: Mapped[RosterCause | None] = mapped_column(Choice(RosterCause))
    roster_leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    roster_attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    roster_problem: Mapped[RosterProblem | None] = mapped_column(Choice(RosterProblem))
    roster_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    roster_read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    roster_read_cause: Mapped[RosterCause | None] = mapped_column(Choice(RosterCause))

    deployment: Mapped[Deployment] = relationship(lazy="raise")


class Role(StrEnum):
    """What a person may do in a course; `lti_app.roster.roles` derives it from the platform's roles."""

    FACILITATOR = "facilitator"
    MENTOR = "mentor"
    TEACHER = "teacher"
    NONE = "none"

    @property
    def looks_after_course(self) -> bool:
        """Whether this role looks after the course rather than takes part in it."""
        return self is Role.FACILITATOR


class Membership(Base):
    """That a person takes part in a course, and as what.

    `launched_at` is when a launch brought the person in, or brought them back; without one they are known from the
    platform's list alone, which opens nothing. `listed_at` is when that list last named them as active.
    `is_gradable`: whether the platform keeps grades for people in their role.
    `told_groups` are the ids of their groups as a launch last told them, parted by commas; who is in which group
    stands in `GroupMembership`.
    """

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("context_id", "user_id"), Index(None, "user_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    context_id: Mapped[int] = mapped_column(ForeignKey("context.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("lti_user.id"))
    role: Mapped[Role] = mapped_column(Choice(Role))
    is_test_user: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    is_gradable: Mapped[bool] = mapped_column(default=True, server_default=true())
    launched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    listed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_groups: Mapped[str] = mapped_column(Text, default="", server_default="")

    user: Mapped[User] = relationship(lazy="raise")
    context: Mapped[Context] = relationship(lazy="raise")

    @property
    def takes_part(self) -> bool:
        """Whether this person does the activity's work, rather than looks after it."""
        return self.role in {Role.TEACHER, Role.MENTOR}
