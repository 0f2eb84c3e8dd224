"""What is kept of a person around sharing: what they shared, answered and opened; given to them, and erased."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from lti_app.activities.journal.models import EntryOpening, EntryResponse, Excerpt, JournalEntry, Share
from lti_app.activities.journal.service.responding import withdraw
from lti_app.models.people import User


def forget_sharing(session: Session, user: User) -> None:
    """Erase what a person answered to others, that they opened anything, and that anything was shared with them.

    What they shared themselves goes with their entries. Where somebody replied to them, the reply stays.
    """
    for response in session.scalars(select(EntryResponse).where(EntryResponse.user_id == user.id)).all():
        withdraw(session, response)
    session.execute(delete(EntryOpening).where(EntryOpening.user_id == user.id))
    session.execute(delete(Share).where(Share.user_id == user.id))


def purge_sharing(session: Session, entry_ids: Collection[int]) -> None:
    """Erase the words of entries that stand elsewhere: in excerpts, and in responses to one of their paragraphs.

    It belongs to the purging of withdrawn entries; who opened them, and what was answered, stays.
    """
    excerpts = update(Excerpt).where(Excerpt.entry_id.in_(entry_ids))
    session.execute(excerpts.values(title="", text=""))
    session.execute(update(EntryResponse).where(EntryResponse.entry_id.in_(entry_ids)).values(quoted=""))


def export_sharing(session: Session, user: User) -> list[dict[str, Any]]:
    """Return what a person shared, answered and opened, each kind oldest first; moments in ISO 8601, UTC.

    Of what others wrote there is nothing, not the paragraph either that a response was to.
    """
    own = select(JournalEntry.id).where(JournalEntry.user_id == user.id)
    excerpts = select(Excerpt).where(Excerpt.entry_id.in_(own), Excerpt.text != "").order_by(Excerpt.id)
    shares = select(Share).where(Share.entry_id.in_(own)).order_by(Share.id)
    of_user = EntryResponse.user_id == user.id
    responses = select(EntryResponse).where(of_user, EntryResponse.text != "").order_by(EntryResponse.id)
    concerned = or_(EntryOpening.user_id == user.id, EntryOpening.entry_id.in_(own))
    openings = select(EntryOpening).where(concerned).order_by(EntryOpening.id)
    return [
        *(_excerpt(row) for row in session.scalars(excerpts)),
        *(_share(row) for row in session.scalars(shares)),
        *(_response(row) for row in session.scalars(responses)),
        *(_opening(row, is_own=row.user_id == user.id) for row in session.scalars(openings)),
    ]


def _excerpt(row: Excerpt) -> dict[str, Any]:
    return {
        "kind": "excerpt",
        "id": row.id,
        "entry_id": row.entry_id,
        "title": row.title,
        "text": row.text,
        "created_at": row.created_at.isoformat(),
    }


def _share(row: Share) -> dict[str, Any]:
    return {
        "kind": "share",
        "entry_id": row.entry_id,
        "excerpt_id": row.excerpt_id,
        "scope": row.scope.value,
        "user_id": row.user_id,
        "group_id": row.group_id,
        "shared_at": row.shared_at.isoformat(),
        "stopped_at": row.stopped_at.isoformat() if row.stopped_at else None,
    }


def _response(row: EntryResponse) -> dict[str, Any]:
    return {
        "kind": "response",
        "entry_id": row.entry_id,
        "excerpt_id": row.excerpt_id,
        "says": row.kind.value,
        "text": row.text,
        "created_at": row.created_at.isoformat(),
    }


def _opening(row: EntryOpening, *, is_own: bool) -> dict[str, Any]:
    return {
        "kind": "opened" if is_own else "was_opened",
        "entry_id": row.entry_id,
        "excerpt_id": row.excerpt_id,
        "user_id": row.user_id,
        "times": row.times,
        "first_at": row.first_at.isoformat(),
        "last_at": row.last_at.isoformat(),
    }
