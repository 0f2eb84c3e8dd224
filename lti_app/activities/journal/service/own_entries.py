"""What a teacher sees of their own on the journal's page: drafts, and finished entries a page at a time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select, union_all
from sqlalchemy.orm import Session

from lti_app.activities.journal.models import EntryState, JournalEntry
from lti_app.activities.journal.service.places import STANDS_ALONE, Place, place_after
from lti_app.db import execute_plainly, table_of
from lti_app.models.activity import Activity

PAGE_SIZE = 10
_ENTRY = table_of(JournalEntry).c
_SHOWN = (
    _ENTRY.id,
    _ENTRY.state,
    _ENTRY.title,
    _ENTRY.prompt_key,
    _ENTRY.text,
    _ENTRY.saved_at,
    _ENTRY.finished_at,
)
_IS_HERE, _IS_OWN = _ENTRY.activity_id == bindparam("of_activity"), _ENTRY.user_id == bindparam("of_user")
# A person has few drafts and many entries here: SQLite must not begin with the entries of the journal.
_IS_HERE_UNINDEXED = func.coalesce(_ENTRY.activity_id, 0) == bindparam("of_activity")
# The same as by the state, but there is an index of it: withdrawn entries were finished once, drafts never.
_IS_DRAFT, _IS_FINISHED = _ENTRY.finished_at.is_(None), _ENTRY.finished_at.is_not(None)
_ANSWERED = select(_ENTRY.prompt_key).where(_IS_HERE, _IS_OWN, _IS_FINISHED).distinct()


def _page(*behind: ColumnElement[bool]) -> Any:
    """Return one statement for drafts and a page of the others: this is where every launch lands."""
    newest_first = (
        select(*_SHOWN)
        .where(_IS_HERE, _IS_OWN, _IS_FINISHED, *behind)
        .order_by(_ENTRY.finished_at.desc(), _ENTRY.id.desc())
        .limit(PAGE_SIZE + 1)
        # A part of a union has an order of its own only inside parentheses.
        .subquery()
    )
    # The draft of a revision is no entry of its own: it is reached by the entry that it revises.
    drafts = select(*_SHOWN).where(_IS_HERE_UNINDEXED, _IS_OWN, _IS_DRAFT, STANDS_ALONE)
    return union_all(drafts, select(newest_first))


_FIRST_PAGE = _page()


@dataclass(frozen=True, kw_only=True)
class OwnPage:
    """One page of somebody's entries in one journal, as rows: all drafts, then those that were finished, newest first.

    `answered` are the keys of all prompts that they finished an entry of; `older` is where the next page begins.
    """

    drafts: Sequence[Any]
    finished: Sequence[Any]
    answered: Collection[str]
    older: Place | None


def own_entries(session: Session, activity: Activity, *, user_id: int, before: Place | None = None) -> OwnPage:
    """Return a page of a person's entries in this journal; withdrawn ones are among the finished."""
    of_person = {"of_activity": activity.id, "of_user": user_id}
    page = _page(*before.is_before(_ENTRY.finished_at, _ENTRY.id)) if before else _FIRST_PAGE
    rows = execute_plainly(session, page, of_person).all()
    drafts = sorted((row for row in rows if row.state is EntryState.DRAFT), key=lambda row: row.id, reverse=True)
    finished = sorted((row for row in rows if row.state is not EntryState.DRAFT), key=_newest_first, reverse=True)
    return OwnPage(
        drafts=drafts,
        finished=finished[:PAGE_SIZE],
        answered=frozenset(execute_plainly(session, _ANSWERED, of_person).scalars()),
        older=place_after(finished, size=PAGE_SIZE),
    )


def _newest_first(row: Any) -> tuple[Any, int]:
    return row.finished_at, row.id
