"""What a teacher sees of their own on the journal's page: drafts, and finished entries a page at a time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, select, union_all
from sqlalchemy.orm import Session

from lti_app.activities.journal.models import EntryState, JournalEntry
from lti_app.activities.journal.service.places import Place, place_after
from lti_app.db import execute_plainly, table_of
from lti_app.models.activity import Activity

PAGE_SIZE = 20
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
_OWN = (
    _ENTRY.activity_id == bindparam("of_activity"),
    _ENTRY.user_id == bindparam("of_user"),
    # The draft of a revision is no entry of its own: it is reached by the entry that it revises.
    _ENTRY.revises_id.is_(None),
)
_IS_DRAFT = _ENTRY.state == EntryState.DRAFT
_ANSWERED = select(_ENTRY.prompt_key).where(*_OWN, ~_IS_DRAFT).distinct()


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
    rows = execute_plainly(session, _page(before), of_person).all()
    drafts = sorted((row for row in rows if row.state is EntryState.DRAFT), key=lambda row: row.id, reverse=True)
    finished = sorted((row for row in rows if row.state is not EntryState.DRAFT), key=_newest_first, reverse=True)
    return OwnPage(
        drafts=drafts,
        finished=finished[:PAGE_SIZE],
        answered=frozenset(execute_plainly(session, _ANSWERED, of_person).scalars()),
        older=place_after(finished, size=PAGE_SIZE),
    )


def _page(before: Place | None) -> Any:
    """Return one statement for drafts and a page of the others: this is where every launch lands."""
    behind = before.is_before(_ENTRY.finished_at, _ENTRY.id) if before else (_ENTRY.finished_at.is_not(None),)
    newest_first = (
        select(*_SHOWN)
        .where(*_OWN, ~_IS_DRAFT, *behind)
        .order_by(_ENTRY.finished_at.desc(), _ENTRY.id.desc())
        .limit(PAGE_SIZE + 1)
    )
    return union_all(select(*_SHOWN).where(*_OWN, _IS_DRAFT), _as_table(newest_first))


def _as_table(page: Select[Any]) -> Select[Any]:
    """A part of a union has an order of its own only inside parentheses."""
    return select(page.subquery())


def _newest_first(row: Any) -> tuple[Any, int]:
    return row.finished_at, row.id
