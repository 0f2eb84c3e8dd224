"""Who opened what an author shared, and when: written at each reading by somebody else, read by the author alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import case, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_app.activities.journal.models import EntryOpening, Excerpt, JournalEntry
from lti_app.activities.journal.service.shared import Shared, of_target
from lti_app.models.people import Membership, User

# Answering brings the page up again, and so does going back to it: that is one opening.
SAME_OPENING = timedelta(minutes=10)
MOST_SHOWN = 200

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Opening:
    """That a person opened an entry or an excerpt; `excerpt` is its title, "" for one that was deleted."""

    user_id: int
    name: str
    excerpt_id: int | None
    excerpt: str
    times: int
    first_at: datetime
    last_at: datetime


def record_opening(session: Session, shared: Shared, *, reader: Membership, at: datetime) -> None:
    """Note that somebody else opened this; within ten minutes of the last time it is the same opening."""
    if shared.is_own:
        return
    if not _note_again(session, shared, reader=reader, at=at):
        opening = EntryOpening(
            entry_id=shared.entry.id,
            excerpt_id=shared.excerpt_id,
            user_id=reader.user_id,
            first_at=at,
            last_at=at,
        )
        try:
            with session.begin_nested():
                session.add(opening)
                session.flush()
        except IntegrityError:
            # The same person in another window, in the same moment.
            _note_again(session, shared, reader=reader, at=at)
    log.info("entry_opened", entry_id=shared.entry.id, excerpt_id=shared.excerpt_id, reader_id=reader.user_id)


def openings_of(session: Session, entry: JournalEntry) -> Sequence[Opening]:
    """Return who opened the entry or an excerpt of it, the latest first, also after sharing stopped; at most 200."""
    query = (
        select(EntryOpening, User.name, Excerpt.title)
        .join(User, User.id == EntryOpening.user_id)
        .outerjoin(Excerpt, Excerpt.id == EntryOpening.excerpt_id)
        .where(EntryOpening.entry_id == entry.id)
        .order_by(EntryOpening.last_at.desc(), EntryOpening.id.desc())
        .limit(MOST_SHOWN)
    )
    return [
        Opening(
            user_id=row.user_id,
            name=name,
            excerpt_id=row.excerpt_id,
            excerpt=title or "",
            times=row.times,
            first_at=row.first_at,
            last_at=row.last_at,
        )
        for row, name, title in session.execute(query)
    ]


def _note_again(session: Session, shared: Shared, *, reader: Membership, at: datetime) -> bool:
    """Bring an opening that is on record up to date; return whether there was one."""
    is_same = EntryOpening.last_at > at - SAME_OPENING
    noted = session.execute(
        update(EntryOpening)
        .where(
            EntryOpening.entry_id == shared.entry.id,
            of_target(EntryOpening.excerpt_id, shared.excerpt_id),
            EntryOpening.user_id == reader.user_id,
        )
        .values(times=case((is_same, EntryOpening.times), else_=EntryOpening.times + 1), last_at=at)
        .returning(EntryOpening.id)
        .execution_options(synchronize_session=False)
    )
    return noted.first() is not None
