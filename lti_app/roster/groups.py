"""Groups of a course: kept from what launches tell and from the platform's list, for filters and for audiences."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from lti_app.lti.connector import PlatformConnector
from lti_app.lti.groups import MAX_GROUPS, PlatformGroup, read_groups
from lti_app.lti.messages import GroupsClaim
from lti_app.models.groups import CourseGroup, GroupMembership, GroupPull
from lti_app.models.people import Context, Membership
from lti_app.models.platform import Deployment, Registration
from lti_app.queue import wake
from lti_app.roster.errands import ErrandKind

PULL_EVERY = timedelta(days=1)
_ATTEMPTS = 3


def record_own_groups(session: Session, member: Membership, group_ids: Iterable[str]) -> None:
    """Put a member into just these groups of the course, each named as the platform names it."""
    wanted = sorted(set(group_ids))
    for attempt in range(_ATTEMPTS):
        try:
            with session.begin_nested():
                _put(session, member, wanted)
        except IntegrityError:
            # Somebody else of the group launched in the same moment, or the list was read: now it is there, or gone.
            if attempt == _ATTEMPTS - 1:
                raise
            continue
        return


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


def _put(session: Session, member: Membership, wanted: Sequence[str]) -> None:
    group_ids = {group.id for group in _find_or_make(session, member.context_id, wanted)}
    of_member = GroupMembership.membership_id == member.id
    session.execute(delete(GroupMembership).where(of_member, GroupMembership.group_id.not_in(group_ids)))
    present = set(session.scalars(select(GroupMembership.group_id).where(of_member)))
    session.add_all(
        GroupMembership(group_id=group_id, membership_id=member.id) for group_id in sorted(group_ids - present)
    )
    session.flush()


def _find_or_make(session: Session, context_id: int, wanted: Iterable[str]) -> list[CourseGroup]:
    """Return the groups of these ids; beyond 1,000 in a course, none is made any more."""
    known = {row.group_id_on_platform: row for row in _all(session, context_id)}
    # In one order, whoever makes them: two transactions then never wait for each other.
    new = sorted(set(wanted) - set(known))[: max(0, MAX_GROUPS - len(known))]
    for id_on_platform in new:
        known[id_on_platform] = CourseGroup(context_id=context_id, group_id_on_platform=id_on_platform)
        session.add(known[id_on_platform])
    session.flush()
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
