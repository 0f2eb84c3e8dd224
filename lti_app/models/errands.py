"""What a background task still has to fetch from a platform, or bring to it."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from lti_app.clock import now
from lti_app.db import Base, Choice, UtcDateTime
from lti_app.errors import Refusal


class Errand(Base):
    """A row that stands for one errand; `lti_app.roster.errands` runs them.

    `due_at` is when it is run next, or None where nothing is left to do; `leased_until` keeps two workers apart;
    `done_at` is the last success, `reason` why the platform refused the last try.
    """

    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[Refusal | None] = mapped_column(Choice(Refusal))
