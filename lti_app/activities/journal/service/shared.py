"""What others share in a journal: finding one thing for somebody who asks, and listing all that they may read."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, SelectBase, and_, exists, literal, or_, select, union_all
from sqlalchemy.orm import Session

from lti_app.access.reading import Grant, Scope, can_read, can_stop_sharing, granted_to, scopes_open_to
from lti_app.access.refusals import not_there
from lti_app.activities.journal.models import EntryState, Excerpt, JournalEntry, Share
from lti_app.db import LARGEST_ID, UtcDateTime
from lti_app.models.activity import Activity
from lti_app.models.people import Membership, User

PAGE = 20
NEWEST = 3
OF_ONE_AUTHOR = 50
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_KEY = re.compile(r"(\d{1,17})-(\d{1,10})-(\d{1,10})", re.ASCII)
# What an activity can name beforehand, by the value that its settings keep.
_NAMED_BEFOREHAND = {"writers": Scope.WRITERS, "facilitators": Scope.FACILITATORS}


@dataclass(frozen=True, kw_only=True)
class Shared:
    """A finished entry, or an excerpt of one, as somebody opened it who may read it."""

    entry: JournalEntry
    excerpt: Excerpt | None
    author: str
    is_own: bool

    @property
    def excerpt_id(self) -> int | None:
        """The id of the excerpt, None for the whole entry."""
        return self.excerpt.id if self.excerpt else None


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A line of a list: a whole entry, or an excerpt where there is an `excerpt_id`; since when it is there to read."""

    entry_id: int
    excerpt_id: int | None
    title: str
    author: str
    author_id: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ListedPage:
    """Lines, newest first, and the key that the next page starts after; None on the last page."""

    lines: Sequence[Listed]
    next_before: str | None


def named_beforehand(activity: Activity) -> Scope | None:
    """Return whom the activity lets read every finished entry, as it said before the first word; None for nobody."""
    return _NAMED_BEFOREHAND.get(str(activity.settings.get("audience", "")))


def live_shares(session: Session, *, entry_id: int, excerpt_id: int | None) -> Sequence[Share]:
    """Return the shares of a whole entry, or of one excerpt of it, that nobody has stopped; oldest first."""
    return session.scalars(
        select(Share)
        .where(Share.entry_id == entry_id, of_target(Share.excerpt_id, excerpt_id), Share.stopped_at.is_(None))
        .order_by(Share.id)
    ).all()


def grants_of(activity: Activity, shares: Iterable[Share], *, is_whole: bool) -> list[Grant]:
    """Return whom the shares let read, and for a whole entry whom the activity lets."""
    context_id = activity.context_id
    grants = [
        Grant(context_id=context_id, scope=Scope(row.scope.value), user_id=row.user_id, group_id=row.group_id)
        for row in shares
    ]
    fixed = named_beforehand(activity) if is_whole else None
    return [*grants, Grant(context_id=context_id, scope=fixed)] if fixed else grants


def find_shared(
    session: Session, activity: Activity, *, member: Membership, entry_id: int, excerpt_id: int | None = None
) -> Shared:
    """Return a finished entry, or an excerpt of one, if this member of its course may read it.

    Raises:
        NotThere: There is none, or not for this member, or not any more; all read the same.
    """
    if max(entry_id, excerpt_id or 0) > LARGEST_ID:
        raise not_there()
    row = session.execute(
        select(JournalEntry, Excerpt, User.name)
        .join(User, User.id == JournalEntry.user_id)
        .outerjoin(Excerpt, and_(Excerpt.entry_id == JournalEntry.id, Excerpt.id == (excerpt_id or 0)))
        .where(JournalEntry.id == entry_id, *_readable_at_all(activity))
    ).one_or_none()
    if row is None or (excerpt_id is not None and not (row.Excerpt and row.Excerpt.text)):
        raise not_there()
    shares = live_shares(session, entry_id=entry_id, excerpt_id=excerpt_id)
    if not can_read(member, row.JournalEntry, grants=grants_of(activity, shares, is_whole=excerpt_id is None)):
        raise not_there()
    is_own = row.JournalEntry.user_id == member.user_id
    return Shared(entry=row.JournalEntry, excerpt=row.Excerpt, author=row.name, is_own=is_own)


def entry_of_excerpt(session: Session, excerpt_id: int) -> int:
    """Return the id of the entry that an excerpt was taken from, 0 where there is none of that id."""
    if excerpt_id > LARGEST_ID:
        return 0
    return session.scalar(select(Excerpt.entry_id).where(Excerpt.id == excerpt_id)) or 0


def shared_with(session: Session, activity: Activity, *, member: Membership, before: str = "") -> ListedPage:
    """Return a page of all that others let this member read in this journal, newest first; one query.

    `before` is the key of the page, as the page before gave it; any other text begins at the newest.
    """
    rows = _lines(session, _both(activity, member), before=before, limit=PAGE + 1)
    is_last = len(rows) <= PAGE
    return ListedPage(lines=rows[:PAGE], next_before=None if is_last else _key(rows[PAGE - 1]))


def newest_shared(session: Session, activity: Activity, *, member: Membership) -> Sequence[Listed]:
    """Return the three newest of what others let this member read in this journal; one query."""
    return _lines(session, _both(activity, member), limit=NEWEST)


def shared_by(session: Session, activity: Activity, *, member: Membership, author_id: int) -> Sequence[Listed]:
    """Return what one author lets this member read in this journal, newest first; at most 50."""
    return _lines(session, _both(activity, member, JournalEntry.user_id == author_id), limit=OF_ONE_AUTHOR)


def of_target(column: Any, excerpt_id: int | None) -> ColumnElement[bool]:
    """Return the condition that a row is about this excerpt, or, without one, about the whole entry."""
    condition: ColumnElement[bool] = column.is_(None) if excerpt_id is None else column == excerpt_id
    return condition


def _readable_at_all(activity: Activity) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for anybody else to read of an entry: no draft, nothing that was taken back."""
    return (
        JournalEntry.activity_id == activity.id,
        JournalEntry.state == EntryState.FINISHED,
        JournalEntry.withdrawn_at.is_(None),
        JournalEntry.purged_at.is_(None),
        can_stop_sharing(activity.context_id, JournalEntry.user_id),
    )


def _both(activity: Activity, member: Membership, *conditions: ColumnElement[bool]) -> tuple[SelectBase, SelectBase]:
    """Return the queries of whole entries and of excerpts that the member may read, with columns alike."""
    is_granted = granted_to(member, scope=Share.scope, user_id=Share.user_id, group_id=Share.group_id)
    live = and_(Share.entry_id == JournalEntry.id, Share.stopped_at.is_(None), is_granted)
    is_fixed = literal(named_beforehand(activity) in scopes_open_to(member))
    of_others = (*_readable_at_all(activity), JournalEntry.user_id != member.user_id, *conditions)
    whole = (
        select(
            JournalEntry.id.label("entry_id"),
            literal(0).label("excerpt_id"),
            JournalEntry.title.label("title"),
            JournalEntry.user_id.label("author_id"),
            JournalEntry.finished_at.label("at"),
        )
        .where(*of_others)
        .where(or_(is_fixed, exists().where(live, Share.excerpt_id.is_(None))))
    )
    excerpts = (
        select(JournalEntry.id, Excerpt.id, Excerpt.title, JournalEntry.user_id, Excerpt.created_at)
        .join(Excerpt, Excerpt.entry_id == JournalEntry.id)
        .where(*of_others, Excerpt.text != "", exists().where(live, Share.excerpt_id == Excerpt.id))
    )
    return whole, excerpts


def _lines(session: Session, queries: tuple[SelectBase, SelectBase], *, limit: int, before: str = "") -> list[Listed]:
    both = union_all(*queries).subquery()
    at = both.c.at
    query = select(both, User.name).join(User, User.id == both.c.author_id)
    key = _parsed(before)
    if key is not None:
        moment, entry_id, excerpt_id = key
        query = query.where(
            or_(
                at < moment,
                and_(at == moment, both.c.entry_id < entry_id),
                and_(at == moment, both.c.entry_id == entry_id, both.c.excerpt_id < excerpt_id),
            )
        )
    query = query.order_by(at.desc(), both.c.entry_id.desc(), both.c.excerpt_id.desc()).limit(limit)
    return [
        Listed(
            entry_id=row.entry_id,
            excerpt_id=row.excerpt_id or None,
            title=row.title,
            author=row.name,
            author_id=row.author_id,
            at=row.at,
        )
        for row in session.execute(query)
    ]


def _key(line: Listed) -> str:
    return f"{(line.at - _EPOCH) // _MICROSECOND}-{line.entry_id}-{line.excerpt_id or 0}"


def _parsed(key: str) -> tuple[Any, int, int] | None:
    """Return what a key says; None for a forged one."""
    match = _KEY.fullmatch(key)
    if match is None:
        return None
    microseconds, entry_id, excerpt_id = (int(part) for part in match.groups())
    if max(entry_id, excerpt_id) > LARGEST_ID:
        return None
    return literal(_EPOCH + microseconds * _MICROSECOND, UtcDateTime()), entry_id, excerpt_id
