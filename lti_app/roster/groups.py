"""Groups of a course: kept from what launches tell and from the platform's list, for filters and for audiences."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from lti_app.db import table_of
from lti_app.lti.connector import PlatformConnector
from lti_app.lti.groups import MAX_GROUPS, PlatformGroup, read_groups
from lti_app.lti.service_claims import GroupsClaim
from lti_app.models.groups import CourseGroup, GroupMembership, GroupPull
from lti_app.models.people import Context, Membership
from lti_app.models.platform import Deployment, Registration
from lti_app.queue import wake
from lti_app.roster.errands import ErrandKind

PULL_EVERY = timedelta(days=1)
_ATTEMPTS = 3


def record_own_groups(session: Session, member: Membership, group_ids: Iterable[str]) -> None:
    """Put a member into just these groups of the course, each named as the platform names it."""
    _record(session, context_id=member.context_id, told={member.id: frozenset(group_ids)})


def record_listed_groups(session: Session, *, context_id: int, told: Mapping[int, Iterable[str]]) -> None:
    """Put members of one course, by the id of their membership, into just the groups that the list tells of each.

    It takes a fixed number of statements; none where nothing is told. Of whoever was moved, the next launch that tells
    groups is heard again: it would not be where it tells the same as the last one.
    """
    wanted = {membership_id: frozenset(group_ids) for membership_id, group_ids in told.items()}
    moved = _record(session, context_id=context_id, told=wanted) if wanted else ()
    if moved:
        session.execute(update(Membership).where(Membership.id.in_(moved)).values(told_groups=""))


def groups_of_course(session: Session, context_id: int) -> Sequence[CourseGroup]:
    """Return the groups of a course that anybody known here is in, by set and name; at most 1,000."""
    has_members = select(GroupMembership.group_id).where(GroupMembership.group_id == CourseGroup.id).exists()
    query = (
        select(CourseGroup)
        .where(CourseGroup.context_id == context_id, has_members)
        .order_by(func.lower(CourseGroup.set_name), func.lower(CourseGroup.name), CourseGroup.id)
        .limit(MAX_GROUPS)
    )
    return session.scalars(query).all()


def want_groups(session: Session, context_id: int, claim: GroupsClaim, *, at: datetime) -> None:
    """Have the course's groups read where the claim says, soon and then once a day."""
    pull = session.scalar(select(GroupPull).where(GroupPull.context_id == context_id))
    if pull is not None and (pull.groups_url, pull.sets_url) == (claim.groups_url, claim.sets_url):
        return
    if pull is None:
        pull = GroupPull(context_id=context_id, groups_url=claim.groups_url, sets_url=claim.sets_url)
        # Of two first launches at once, the second leaves it to the first.
        try:
            with session.begin_nested():
                session.add(pull)
        except IntegrityError:
            return
    pull.groups_url, pull.sets_url, pull.due_at = claim.groups_url, claim.sets_url, at
    session.flush()
    wake(session, PULL_GROUPS.task, pull.id)


def _record(session: Session, *, context_id: int, told: Mapping[int, frozenset[str]]) -> Sequence[int]:
    """Put the members into their groups, and return the ids of those memberships that were not in just these."""
    for attempt in range(_ATTEMPTS):
        try:
            with session.begin_nested():
                return _put(session, context_id, told)
        except IntegrityError:
            # Somebody else of the group launched in the same moment, or the list was read: now it is there, or gone.
            if attempt == _ATTEMPTS - 1:
                raise
    return ()


def _put(session: Session, context_id: int, told: Mapping[int, frozenset[str]]) -> Sequence[int]:
    found = _find_or_make(session, context_id, sorted(frozenset().union(*told.values())))
    ids = {group.group_id_on_platform: group.id for group in found}
    wanted = {
        membership_id: {ids[name] for name in names if name in ids} for membership_id, names in sorted(told.items())
    }
    present: dict[int, set[int]] = {membership_id: set() for membership_id in wanted}
    of_members = GroupMembership.membership_id.in_(present)
    for membership_id, group_id in session.execute(
        select(GroupMembership.membership_id, GroupMembership.group_id).where(of_members)
    ):
        present[membership_id].add(group_id)
    moved = [membership_id for membership_id in wanted if wanted[membership_id] != present[membership_id]]
    if any(present[membership_id] - wanted[membership_id] for membership_id in moved):
        session.execute(delete(GroupMembership).where(GroupMembership.membership_id.in_(moved)))
        present.update({membership_id: set() for membership_id in moved})
    rows = [
        {"group_id": group_id, "membership_id": membership_id}
        for membership_id in moved
        for group_id in sorted(wanted[membership_id] - present[membership_id])
    ]
    if rows:
        # What it returns is of no use, but makes one statement of many rows, not one each.
        table = table_of(GroupMembership)
        session.connection().execute(insert(table).returning(table.c.group_id), rows)
    return moved


def _find_or_make(session: Session, context_id: int, wanted: Iterable[str]) -> list[CourseGroup]:
    """Return the groups of these ids; beyond 1,000 in a course, none is made any more."""
    known = {row.group_id_on_platform: row for row in _all(session, context_id)}
    # In one order, whoever makes them: two transactions then never wait for each other.
    new = sorted(set(wanted) - set(known))[: max(0, MAX_GROUPS - len(known))]
    if new:
        rows = [{"context_id": context_id, "group_id_on_platform": id_on_platform} for id_on_platform in new]
        made = session.scalars(insert(CourseGroup).returning(CourseGroup), rows)
        known.update({row.group_id_on_platform: row for row in made})
    return [known[id_on_platform] for id_on_platform in wanted if id_on_platform in known]


def _all(session: Session, context_id: int) -> Sequence[CourseGroup]:
    return session.scalars(select(CourseGroup).where(CourseGroup.context_id == context_id)).all()


def _with_registration(session: Session, pull_id: int) -> tuple[GroupPull, Registration]:
    registration = joinedload(GroupPull.context).joinedload(Context.deployment).joinedload(Deployment.registration)
    query = select(GroupPull).where(GroupPull.id == pull_id).options(registration)
    pull = session.scalars(query.execution_options(populate_existing=True)).one()
    return pull, pull.context.deployment.registration


def _read(connector: PlatformConnector, pull: GroupPull) -> tuple[PlatformGroup, ...]:
    return read_groups(connector, pull.groups_url, sets_url=pull.sets_url)


def _keep(session: Session, pull: GroupPull, groups: Any, at: datetime) -> datetime:
    """Keep the platform's list: new groups, new names; a group that is no longer listed goes, with who was in it."""
    listed: dict[str, PlatformGroup] = {group.id_on_platform: group for group in groups}
    for row in _find_or_make(session, pull.context_id, listed):
        row.name, row.set_name = listed[row.group_id_on_platform].name, listed[row.group_id_on_platform].set_name
    if len(listed) < MAX_GROUPS:
        for row in _all(session, pull.context_id):
            if row.group_id_on_platform not in listed:
                session.delete(row)
    return at + PULL_EVERY


PULL_GROUPS = ErrandKind(
    task="pull_groups", model=GroupPull, registration_of=_with_registration, perform=_read, finish=_keep
)
