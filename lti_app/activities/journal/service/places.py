"""What lists of entries have in common: which rows are entries, and where a page of them ends, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, text

from lti_app.db import LARGEST_ID

# An entry that is no draft of a revision. In these words, since for IS NULL SQLite enters the column's unique index,
# as if few rows had no value there, and reads everybody's entries; to PostgreSQL both are one.
STANDS_ALONE = text("NOT (journal_entry.revises_id IS NOT NULL)")


@dataclass(frozen=True, kw_only=True)
class Place:
    """The moment and the id of an entry; as text, in addresses, they are joined by an underscore."""

    finished_at: datetime
    entry_id: int

    @classmethod
    def of(cls, text: str) -> "Place | None":
        """Read what `str()` wrote; anything else is the beginning."""
        moment, _, entry_id = text.partition("_")
        try:
            at, last_id = datetime.fromisoformat(moment), int(entry_id[:10])
            is_ours = at.tzinfo is not None and 0 <= last_id <= LARGEST_ID
            return cls(finished_at=at.astimezone(UTC), entry_id=last_id) if is_ours else None
        except (ValueError, OverflowError):
            return None

    def __str__(self) -> str:
        return f"{self.finished_at.isoformat()}_{self.entry_id}"

    def is_before(self, finished_at: Any, entry_id: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        """Return the conditions on the columns of moment and id that an entry stands behind this place."""
        # The first condition is what the index is entered by.
        return finished_at <= self.finished_at, (finished_at != self.finished_at) | (entry_id < self.entry_id)


def place_after(rows: Sequence[Any], *, size: int) -> Place | None:
    """Return where the next page begins, of a page of `size` that was read with one row more; None after the last."""
    if len(rows) <= size:
        return None
    return Place(finished_at=rows[size - 1].finished_at, entry_id=rows[size - 1].id)
