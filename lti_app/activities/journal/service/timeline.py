"""One person's entries over all courses and years of their LMS: newest first, filtered, page by page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import Session

from lti_app.activities.journal.models import Attachment, EntryTag, JournalEntry, TagKind
from lti_app.activities.journal.service.places import STANDS_ALONE, Place, place_after
from lti_app.activities.journal.service.search import Query, found_by
from lti_app.models.activity import Activity
from lti_app.models.people import Context, Membership, Role

PAGE_SIZE = 10
MOST_DRAFTS = 100
MOST_TAGS = 300
# What is read of a text: enough for how it begins, or to find the passage that was searched for.
_BEGINNING, _SEARCHED = 600, 100_000
_COURSE = (func.coalesce(func.nullif(Context.title, ""), Context.label).label("course"),)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the timeline is narrowed to; each is left out where it is empty. `year` is a calendar year in UTC."""

    words: str = ""
    activity_id: int | None = None
    context_id: int | None = None
    tag: str = ""
    goal: str = ""
    year: int | None = None


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of the timeline: drafts on the first one, then months with their entries; rows as `_rows` reads them.

    `tags` are (kind, name) by the entry's id. `older` is where the next page begins, None after the last one.
    """

    drafts: Sequence[Any]
    months: Sequence[tuple[date, Sequence[Any]]]
    tags: Mapping[int, Sequence[tuple[TagKind, str]]]
    older: Place | None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing on it."""
        return not self.drafts and not self.months


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """How much a person's journal holds; `size` is that of the files, in bytes, `first_at` None without an entry."""

    entries: int
    files: int
    size: int
    first_at: datetime | None


def read_page(session: Session, *, user_id: int, wanted: Wanted, before: Place | None = None) -> Page:
    """Return a page of a person's timeline, newest first; drafts of revisions stand with what they revise."""
    query = _rows(session, user_id=user_id, wanted=wanted)
    drafts: Sequence[Any] = ()
    if before is None:
        unfinished = query.where(JournalEntry.finished_at.is_(None)).order_by(JournalEntry.id.desc())
        drafts = session.execute(unfinished.limit(MOST_DRAFTS)).all()
    finished = query.where(JournalEntry.finished_at.is_not(None))
    if before is not None:
        finished = finished.where(*before.is_before(JournalEntry.finished_at, JournalEntry.id))
    newest_first = finished.order_by(JournalEntry.finished_at.desc(), JournalEntry.id.desc())
    rows = session.execute(newest_first.limit(PAGE_SIZE + 1)).all()
    shown = rows[:PAGE_SIZE]
    return Page(
        drafts=drafts,
        months=[(month, list(entries)) for month, entries in groupby(shown, key=_month_of)],
        tags=_tags_of(session, [row.id for row in (*drafts, *shown)]),
        older=place_after(rows, size=PAGE_SIZE),
    )


def holdings_of(session: Session, *, user_id: int) -> Holdings:
    """Return how much there is of a person: what the page names before anybody downloads it."""
    own = JournalEntry.user_id == user_id
    # Entries that were finished are counted in the index alone, without a look at their rows.
    finished = select(func.count().label("finished"), func.min(JournalEntry.finished_at).label("first_finished")).where(
        own, JournalEntry.finished_at.is_not(None)
    )
    drafts = select(func.count().label("drafts"), func.min(JournalEntry.created_at).label("first_begun")).where(
        own, JournalEntry.finished_at.is_(None), STANDS_ALONE
    )
    files = (
        select(func.count().label("files"), func.coalesce(func.sum(Attachment.size), 0).label("size"))
        .join(JournalEntry, JournalEntry.id == Attachment.entry_id)
        .where(own)
    )
    one, two, three = finished.subquery(), drafts.subquery(), files.subquery()
    of_one_row_each = one.join(two, true()).join(three, true())
    row = session.execute(select(one, two, three).select_from(of_one_row_each)).one()
    return Holdings(
        entries=row.finished + row.drafts,
        files=row.files,
        size=int(row.size),
        first_at=min((at for at in (row.first_finished, row.first_begun) if at), default=None),
    )


def places_of(session: Session, *, user_id: int) -> Sequence[Any]:
    """Return the journals that a person has written in, as rows, by course and title."""
    own = select(JournalEntry.activity_id).where(JournalEntry.user_id == user_id).distinct()
    return session.execute(
        select(Activity.id, Activity.title, Context.id.label("context_id"), *_COURSE)
        .join(Context, Context.id == Activity.context_id)
        .where(Activity.id.in_(own))
        .order_by(Context.title, Context.id, Activity.title, Activity.id)
    ).all()


def tags_in_use(session: Session, *, user_id: int) -> Mapping[TagKind, Sequence[str]]:
    """Return what a person files entries under, by kind, in the order of the alphabet; at most 300 in all."""
    rows = session.execute(
        select(EntryTag.kind, EntryTag.name)
        .join(JournalEntry, JournalEntry.id == EntryTag.entry_id)
        .where(JournalEntry.user_id == user_id)
        .distinct()
        .order_by(EntryTag.kind, EntryTag.name)
        .limit(MOST_TAGS)
    ).all()
    return {kind: [row.name for row in rows if row.kind is kind] for kind in TagKind}


def _rows(session: Session, *, user_id: int, wanted: Wanted) -> Select[Any]:
    """`is_open`: whether the journal's own page opens for the person, as `lti_app.access.opening` sees it."""
    read = _SEARCHED if wanted.words else _BEGINNING
    is_open = Membership.is_active & Membership.launched_at.is_not(None)
    takes_part = Membership.role.in_([Role.TEACHER, Role.MENTOR])
    return (
        select(
            JournalEntry.id,
            JournalEntry.state,
            JournalEntry.title,
            func.substr(JournalEntry.text, 1, read).label("text"),
            JournalEntry.event_on,
            JournalEntry.created_at,
            JournalEntry.saved_at,
            JournalEntry.finished_at,
            JournalEntry.revised_at,
            JournalEntry.withdrawn_at,
            JournalEntry.purged_at,
            Activity.id.label("activity_id"),
            Activity.title.label("activity"),
            *_COURSE,
            func.coalesce(is_open & takes_part, False).label("is_open"),
        )
        .join(Activity, Activity.id == JournalEntry.activity_id)
        .join(Context, Context.id == Activity.context_id)
        .outerjoin(Membership, (Membership.context_id == Context.id) & (Membership.user_id == user_id))
        .where(JournalEntry.user_id == user_id, STANDS_ALONE, *_conditions(session, wanted, user_id=user_id))
    )


def _conditions(session: Session, wanted: Wanted, *, user_id: int) -> list[ColumnElement[bool]]:
    conditions = [_is_filed(kind, name) for kind, name in _filed_under(wanted)]
    if wanted.activity_id is not None:
        conditions.append(JournalEntry.activity_id == wanted.activity_id)
    if wanted.context_id is not None:
        conditions.append(Activity.context_id == wanted.context_id)
    if wanted.year is not None:
        start, end = datetime(wanted.year, 1, 1, tzinfo=UTC), datetime(wanted.year + 1, 1, 1, tzinfo=UTC)
        finished, begun = JournalEntry.finished_at, JournalEntry.created_at
        is_draft = finished.is_(None) & (begun >= start) & (begun < end)
        conditions.append(((finished >= start) & (finished < end)) | is_draft)
    if wanted.words:
        conditions.append(found_by(session, Query.of(wanted.words), user_id=user_id))
    return conditions


def _filed_under(wanted: Wanted) -> list[tuple[TagKind, str]]:
    both = [(TagKind.TOPIC, wanted.tag), (TagKind.GOAL, wanted.goal)]
    return [(kind, name) for kind, name in both if name]


def _is_filed(kind: TagKind, name: str) -> ColumnElement[bool]:
    tags = select(EntryTag.id).where(EntryTag.entry_id == JournalEntry.id, EntryTag.kind == kind, EntryTag.name == name)
    return tags.exists()


def _tags_of(session: Session, entry_ids: Sequence[int]) -> Mapping[int, Sequence[tuple[TagKind, str]]]:
    rows = session.execute(
        select(EntryTag.entry_id, EntryTag.kind, EntryTag.name)
        .where(EntryTag.entry_id.in_(entry_ids))
        .order_by(EntryTag.entry_id, EntryTag.kind, EntryTag.name)
    ).all()
    by_entry = groupby(rows, key=lambda row: row.entry_id)
    return {entry_id: [(tag.kind, tag.name) for tag in tags] for entry_id, tags in by_entry}


def _month_of(row: Any) -> date:
    day: date = row.finished_at.date()
    return day.replace(day=1)
