"""Whom an author lets read an entry, or an excerpt of it: chosen, shown with how many people that is, and stopped."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from lti_app.access.reading import Grant, Scope, can_be_named, reached_by
from lti_app.activities.journal.models import JournalEntry, Share, ShareScope
from lti_app.activities.journal.service.locks import lock_entry
from lti_app.activities.journal.service.shared import grants_of, live_shares, named_beforehand, of_target
from lti_app.db import LARGEST_ID
from lti_app.errors import ToolError, sentence
from lti_app.models.activity import Activity
from lti_app.models.groups import CourseGroup, GroupMembership
from lti_app.models.people import Membership, Role, User

MOST_FOUND = 20
MOST_NAMED = 100
MAX_NAME = 100

log = structlog.get_logger()


class CannotShare(ToolError):
    """Somebody who cannot be given an entry to read."""

    status = 422


@dataclass(frozen=True, kw_only=True)
class Named:
    """A person of the course; `role` tells whether to warn that they are staff. `share_id` where they may read."""

    user_id: int
    name: str
    role: Role
    share_id: int | None = None

    @property
    def is_staff(self) -> bool:
        """Whether the person has a staff role: looks after the course, or mentors or assists in it."""
        return self.role in {Role.FACILITATOR, Role.MENTOR}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """An audience to choose: a scope with how many people it reaches, the author left out.

    `is_fixed`: the activity named it before the first word, and nobody can take it back.
    """

    scope: Scope
    people: int
    is_chosen: bool
    is_fixed: bool = False
    group: CourseGroup | None = None


@dataclass(frozen=True, kw_only=True)
class AudienceOfEntry:
    """Who may read an entry or an excerpt: the choices, the people named, and how many people that is in all."""

    choices: Sequence[Choice]
    named: Sequence[Named]
    people: int

    @property
    def is_stoppable(self) -> bool:
        """Whether there is anything that the author can stop."""
        return bool(self.named) or any(choice.is_chosen and not choice.is_fixed for choice in self.choices)


def audience_of(
    session: Session, activity: Activity, *, author: Membership, entry: JournalEntry, excerpt_id: int | None = None
) -> AudienceOfEntry:
    """Return whom the author lets read, and whom they could, with the number of people in each case."""
    shares = live_shares(session, entry_id=entry.id, excerpt_id=excerpt_id)
    grants = grants_of(activity, shares, is_whole=excerpt_id is None)
    fixed = named_beforehand(activity) if excerpt_id is None else None
    choices = [
        Choice(
            scope=grant.scope,
            people=_count(session, [grant], author=author),
            is_chosen=grant in grants,
            is_fixed=grant.scope is fixed,
            group=group,
        )
        for grant, group in _offered(session, author, shares)
    ]
    return AudienceOfEntry(
        choices=choices, named=_named(session, author, shares), people=_count(session, grants, author=author)
    )


def count_readers(
    session: Session, activity: Activity, *, author: Membership, entry_id: int, excerpt_id: int | None
) -> int:
    """Return how many people may read an entry, or an excerpt of it, once it is finished; its author left out."""
    shares = live_shares(session, entry_id=entry_id, excerpt_id=excerpt_id)
    return _count(session, grants_of(activity, shares, is_whole=excerpt_id is None), author=author)


def choose_scopes(
    session: Session,
    *,
    author: Membership,
    entry: JournalEntry,
    excerpt_id: int | None,
    scopes: Collection[str],
    group_ids: Collection[int],
    at: datetime,
) -> None:
    """Share with just these: `writers` and `facilitators` of `scopes`, and the groups; the people named stay.

    A group that is not one of the author's own is left out, unless it was chosen while it was.
    """
    _lock(session, entry)
    shares = live_shares(session, entry_id=entry.id, excerpt_id=excerpt_id)
    wanted = {
        (ShareScope(grant.scope.value), grant.group_id)
        for grant, _ in _offered(session, author, shares)
        if (grant.group_id in group_ids if grant.scope is Scope.GROUP else grant.scope.value in scopes)
    }
    present = [((row.scope, row.group_id), row) for row in shares if row.scope is not ShareScope.PERSON]
    for key, row in present:
        if key not in wanted:
            row.stopped_at = at
    session.add_all(
        Share(entry_id=entry.id, excerpt_id=excerpt_id, scope=scope, group_id=group_id, shared_at=at)
        for scope, group_id in sorted(wanted - {key for key, _ in present}, key=str)
    )
    session.flush()
    log.info("sharing_chosen", entry_id=entry.id, excerpt_id=excerpt_id, scopes=sorted(key[0] for key in wanted))


def share_with_person(
    session: Session, *, author: Membership, entry: JournalEntry, excerpt_id: int | None, user_id: int, at: datetime
) -> str:
    """Let a person of the author's course read, and return their name; twice is once.

    Raises:
        CannotShare: Nobody of this course has that id, or it is the author, or a hundred people are named already.
    """
    _lock(session, entry)
    query = select(User.name).join(Membership, Membership.user_id == User.id).where(*_others(author))
    name = session.scalar(query.where(User.id == user_id)) if user_id <= LARGEST_ID else None
    if name is None:
        raise CannotShare(
            sentence("This person does not take part in your course, so nothing was shared."),
            sentence("Search for their name again and choose somebody from the list."),
        )
    shares = live_shares(session, entry_id=entry.id, excerpt_id=excerpt_id)
    named = {row.user_id for row in shares if row.scope is ShareScope.PERSON}
    if len(named) >= MOST_NAMED and user_id not in named:
        raise CannotShare(
            sentence("%(number)s people are named already, which is the most."),
            sentence("Stop sharing with somebody first, or share with your group."),
            values={"number": MOST_NAMED},
        )
    if user_id not in named:
        row = Share(entry_id=entry.id, excerpt_id=excerpt_id, scope=ShareScope.PERSON, user_id=user_id, shared_at=at)
        session.add(row)
        session.flush()
        log.info("shared_with_person", entry_id=entry.id, excerpt_id=excerpt_id, reader_id=user_id)
    return name


def stop_sharing(
    session: Session, entry: JournalEntry, *, excerpt_id: int | None, at: datetime, user_id: int | None = None
) -> None:
    """Stop sharing at once: with that person, or, without one, with everybody the author chose."""
    statement = update(Share).where(
        Share.entry_id == entry.id, of_target(Share.excerpt_id, excerpt_id), Share.stopped_at.is_(None)
    )
    if user_id is not None:
        statement = statement.where(Share.user_id == user_id)
    session.execute(statement.values(stopped_at=at))
    log.info("sharing_stopped", entry_id=entry.id, excerpt_id=excerpt_id, reader_id=user_id)


def search_people(session: Session, author: Membership, name: str) -> Sequence[Named]:
    """Return people of the author's course whose name contains the text, by name, at most 20; the author left out."""
    wanted = " ".join(name.replace("\x00", "").split())[:MAX_NAME]
    if not wanted:
        return []
    # SQLite's lower() knows no letter beyond ASCII: the ways that a name is usually written are asked for as well.
    spellings = {wanted, wanted.lower(), wanted.upper(), wanted.title()}
    query = (
        select(User.id, User.name, Membership.role)
        .join(Membership, Membership.user_id == User.id)
        .where(
            *_others(author),
            or_(
                func.lower(User.name).contains(wanted.lower(), autoescape=True),
                *(User.name.contains(each, autoescape=True) for each in sorted(spellings)),
            ),
        )
        .order_by(func.lower(User.name), User.id)
        .limit(MOST_FOUND)
    )
    return [Named(user_id=row.id, name=row.name, role=row.role) for row in session.execute(query)]


def _others(author: Membership) -> tuple[ColumnElement[bool], ...]:
    return (Membership.context_id == author.context_id, Membership.user_id != author.user_id, *can_be_named())


def _offered(session: Session, author: Membership, shares: Iterable[Share]) -> list[tuple[Grant, CourseGroup | None]]:
    """Return what can be chosen: each group that the author is in or has chosen, who writes here, the facilitators."""
    own = select(GroupMembership.group_id).where(GroupMembership.membership_id == author.id)
    chosen = [row.group_id for row in shares if row.group_id is not None]
    groups = session.scalars(
        select(CourseGroup)
        .where(CourseGroup.context_id == author.context_id, or_(CourseGroup.id.in_(own), CourseGroup.id.in_(chosen)))
        .order_by(func.lower(CourseGroup.set_name), func.lower(CourseGroup.name), CourseGroup.id)
    )
    context_id = author.context_id
    return [
        *((Grant(context_id=context_id, scope=Scope.GROUP, group_id=group.id), group) for group in groups),
        (Grant(context_id=context_id, scope=Scope.WRITERS), None),
        (Grant(context_id=context_id, scope=Scope.FACILITATORS), None),
    ]


def _named(session: Session, author: Membership, shares: Iterable[Share]) -> list[Named]:
    """Return the people named, by name; who has left the course since reads nothing, and is left out."""
    share_ids = {row.user_id: row.id for row in shares if row.scope is ShareScope.PERSON}
    query = (
        select(User.id, User.name, Membership.role)
        .join(Membership, Membership.user_id == User.id)
        .where(*_others(author), User.id.in_(list(share_ids)))
        .order_by(func.lower(User.name), User.id)
    )
    return [
        Named(user_id=row.id, name=row.name, role=row.role, share_id=share_ids[row.id])
        for row in session.execute(query)
    ]


def _count(session: Session, grants: Iterable[Grant], *, author: Membership) -> int:
    readers = reached_by(author.context_id, grants, author_id=author.user_id).subquery()
    return session.scalar(select(func.count()).select_from(readers)) or 0


def _lock(session: Session, entry: JournalEntry) -> None:
    """Let two clicks wait for each other, so that nobody is given the same thing twice."""
    lock_entry(session, entry.id)
    session.refresh(entry)
