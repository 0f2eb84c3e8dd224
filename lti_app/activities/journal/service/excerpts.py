"""Passages that an author takes out of an entry, to share them instead of the whole."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_app.access.refusals import not_there
from lti_app.activities.journal.models import EntryResponse, Excerpt, JournalEntry, Share
from lti_app.activities.journal.service.markdown import to_plain
from lti_app.activities.journal.service.words import storable
from lti_app.db import LARGEST_ID
from lti_app.errors import ToolError, sentence

MAX_TITLE = 200
MAX_PASSAGE = 10_000
MOST_EXCERPTS = 50

log = structlog.get_logger()


class CannotExcerpt(ToolError):
    """A passage that cannot be taken out of an entry as it is."""

    status = 422


def excerpts_of(session: Session, entry: JournalEntry) -> Sequence[Excerpt]:
    """Return an entry's excerpts, oldest first; those that the author deleted are left out."""
    query = select(Excerpt).where(Excerpt.entry_id == entry.id, Excerpt.text != "").order_by(Excerpt.id)
    return session.scalars(query).all()


def find_excerpt(session: Session, entry: JournalEntry, excerpt_id: int) -> Excerpt:
    """Return one excerpt of the entry.

    Raises:
        NotThere: There is none of that id, or it was deleted.
    """
    excerpt = session.get(Excerpt, excerpt_id) if excerpt_id <= LARGEST_ID else None
    if excerpt is None or excerpt.entry_id != entry.id or not excerpt.text:
        raise not_there()
    return excerpt


def make_excerpt(session: Session, entry: JournalEntry, *, title: str, passage: str) -> Excerpt:
    """Take a passage out of the entry under a title of its own; white space may differ, words may not.

    Raises:
        CannotExcerpt: The title or the passage is missing or too long, the passage does not stand in the entry, or
            there are fifty excerpts already.
    """
    title, passage = " ".join(storable(title).split()), storable(passage).strip()
    _check_lengths(title, passage)
    if not any(_squeezed(passage) in _squeezed(text) for text in _readings(entry)):
        raise CannotExcerpt(
            sentence("This passage does not stand in your entry word for word."),
            sentence("Copy it out of the entry and paste it here unchanged."),
        )
    if len(excerpts_of(session, entry)) >= MOST_EXCERPTS:
        raise CannotExcerpt(
            sentence("This entry has %(number)s excerpts, which is the most."),
            sentence("Delete one of them, then make the new one."),
            values={"number": MOST_EXCERPTS},
        )
    excerpt = Excerpt(entry_id=entry.id, title=title, text=passage)
    session.add(excerpt)
    session.flush()
    log.info("excerpt_made", entry_id=entry.id, excerpt_id=excerpt.id)
    return excerpt


def delete_excerpt(session: Session, excerpt: Excerpt, *, at: datetime) -> None:
    """Erase an excerpt's words and stop sharing it; who opened it stays on record for the author."""
    excerpt.title = excerpt.text = ""
    stopped = update(Share).where(Share.excerpt_id == excerpt.id, Share.stopped_at.is_(None))
    session.execute(stopped.values(stopped_at=at))
    session.execute(update(EntryResponse).where(EntryResponse.excerpt_id == excerpt.id).values(quoted=""))
    session.flush()
    log.info("excerpt_deleted", entry_id=excerpt.entry_id, excerpt_id=excerpt.id)


def _check_lengths(title: str, passage: str) -> None:
    if not title or not passage:
        raise CannotExcerpt(
            sentence("An excerpt needs a title and a passage."),
            sentence("Fill in both fields, then make the excerpt."),
        )
    if len(title) > MAX_TITLE:
        raise CannotExcerpt(
            sentence("The title has %(characters)s characters; %(limit)s is the most."),
            sentence("Shorten it, then make the excerpt."),
            values={"characters": f"{len(title):,}", "limit": f"{MAX_TITLE:,}"},
        )
    if len(passage) > MAX_PASSAGE:
        raise CannotExcerpt(
            sentence("The passage has %(characters)s characters; %(limit)s is the most."),
            sentence("Choose a shorter passage, or share the whole entry."),
            values={"characters": f"{len(passage):,}", "limit": f"{MAX_PASSAGE:,}"},
        )


def _readings(entry: JournalEntry) -> list[str]:
    """Return the entry as it was typed and as it is read, step by step: a passage may be copied from either."""
    texts = list(entry.answers.values()) or [entry.text]
    return [*texts, *map(to_plain, texts), entry.text, to_plain(entry.text)]


def _squeezed(text: str) -> str:
    return " ".join(text.split())
