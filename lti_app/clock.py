"""What time it is, and stretches of time."""

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, kw_only=True)
class Period:
    """A stretch of time; None where it has no beginning, or no end."""

    start: datetime | None = None
    end: datetime | None = None


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)
