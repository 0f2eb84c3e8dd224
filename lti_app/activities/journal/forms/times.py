"""Moments as people type them, in a time zone, and as they are kept, in UTC."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask_babel import gettext
from wtforms import DateTimeLocalField


def zone_of(name: str | None) -> ZoneInfo | None:
    """Return the time zone of an IANA name, UTC for none, or None where there is none of that name."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def as_kept(typed: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return the moment that was typed on a clock of that zone; of an hour that comes twice, the first."""
    return None if typed is None else typed.replace(tzinfo=zone).astimezone(UTC)


def as_typed(kept: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return a moment as a clock of that zone shows it."""
    return None if kept is None else kept.astimezone(zone).replace(tzinfo=None)


def check_years(fields: Sequence[DateTimeLocalField]) -> bool:
    """Whether each date that was typed is one that can be kept; says so beside those that are not."""
    strange = [field for field in fields if field.data and not 2000 <= field.data.year < 2200]
    for field in strange:
        field.errors = [gettext("This is not a date that Staffroom can use.")]
    return not strange
