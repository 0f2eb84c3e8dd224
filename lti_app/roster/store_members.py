"""A page of a course's people, written in a fixed number of statements whatever their number.

**Who is let in, and as what, is for launches to say.** The list tells who is in the course; it never gives anybody a
right. Three rules follow:

1. Whoever is known from the list alone opens nothing (`Membership.launched_at`, `lti_app.access`). The same holds for
   somebody who had left and is listed again, whose old role may be more than they have now.
2. Whoever has launched keeps the role of their last launch, whatever the list says. Moodle 4.5.6 calls a non-editing
   teacher `Instructor` in a launch and `Learner` in its list (recorded): the list would take the facilitator's pages
   from them every night, and elsewhere it could make a facilitator of somebody who launched as a learner.
3. Only whether the platform keeps grades for a person (`is_gradable`) follows the list for everybody, since it gives
   no right: so that a mended enrolment shows without a new launch. The same holds for groups, where the list tells
   of them: they say with whom somebody works, and whoever has left one should be out of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import Row, Table, and_, bindparam, case, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from lti_app.clock import now
from lti_app.db import execute_plainly, table_of
from lti_app.lti.nrps import Member, MemberStatus
from lti_app.models.people import Membership, Role, User
from lti_app.roster.groups import record_listed_groups
from lti_app.roster.roles import is_gradable, is_test_user, role_of

# The platform has just vouched for whom it let launch: Moodle leaves administrators out who are not enrolled (4.5.6,
# recorded), and they would be thrown out of a page that they have just opened.
VOUCHED_FOR = timedelta(days=1)

_USER, _MEMBERSHIP = table_of(User).c, table_of(Membership).c
_KNOWN = (
    select(
        _USER.id.label("user_id"),
        _USER.sub,
        _USER.name,
        _MEMBERSHIP.id.label("membership_id"),
        _MEMBERSHIP.role,
        _MEMBERSHIP.is_test_user,
        _MEMBERSHIP.is_active,
        _MEMBERSHIP.is_gradable,
        _MEMBERSHIP.launched_at,
    )
    .select_from(
        table_of(User).outerjoin(
            table_of(Membership),
            and_(_MEMBERSHIP.user_id == _USER.id, _MEMBERSHIP.context_id == bindparam("of_context")),
        )
    )
    .where(_USER.registration_id == bindparam("of_registration"), _USER.sub.in_(bindparam("of_subs", expanding=True)))
)
_LISTED = (
    update(table_of(Membership))
    .where(
        _MEMBERSHIP.context_id == bindparam("of_context"),
        _MEMBERSHIP.user_id.in_(bindparam("of_users", expanding=True)),
        or_(_MEMBERSHIP.listed_at.is_(None), _MEMBERSHIP.listed_at < bindparam("at")),
    )
    .values(listed_at=bindparam("at"))
)
_ABSENT = (
    update(table_of(Membership))
    .where(
        _MEMBERSHIP.context_id == bindparam("of_context"),
        _MEMBERSHIP.is_active,
        or_(_MEMBERSHIP.listed_at.is_(None), _MEMBERSHIP.listed_at < bindparam("since")),
        or_(_MEMBERSHIP.launched_at.is_(None), _MEMBERSHIP.launched_at < bindparam("vouched_since")),
    )
    .values(is_active=False, launched_at=None)
)


@dataclass(frozen=True, kw_only=True)
class _Part:
    """What the list says of one person's part in the course."""

    role: Role
    is_test_user: bool
    is_gradable: bool


def store_members(
    session: Session, members: Iterable[Member], *, registration_id: int, context_id: int, since: datetime
) -> int:
    """Make or update the rows of those who are active, and return how many they are; `since` is the pull's beginning.

    Nothing is committed. It takes at most four statements: what is known, new or renamed people, new or changed
    memberships, and a note that all of them were listed; where the list tells of groups, as many again. Two pulls at
    once, or a launch beside one, meet in the tables' unique constraints: whoever comes second updates.
    """
    active = _merged(member for member in members if member.status is MemberStatus.ACTIVE)
    if not active:
        return 0
    wanted = {"of_registration": registration_id, "of_context": context_id, "of_subs": list(active)}
    known = {row.sub: row for row in execute_plainly(session, _KNOWN, wanted)}
    user_ids = {sub: row.user_id for sub, row in known.items()}
    user_ids |= _store_people(session, active, known=known, registration_id=registration_id)
    membership_ids = {row.user_id: row.membership_id for row in known.values()}
    membership_ids |= _store_parts(session, active, known=known, user_ids=user_ids, context_id=context_id)
    told = {
        membership_ids[user_ids[sub]]: member.group_ids
        for sub, member in active.items()
        if member.group_ids is not None
    }
    record_listed_groups(session, context_id=context_id, told=told)
    listed = {"of_context": context_id, "of_users": [user_ids[sub] for sub in active], "at": since}
    execute_plainly(session, _LISTED, listed)
    return len(active)


def mark_absent(session: Session, *, context_id: int, since: datetime) -> int:
    """Make inactive whom the list read since then did not name as active, and return how many they are.

    Spared is whom a launch brought in or back within a day before; an administrator who is not enrolled has a role
    that takes no part, and becomes inactive the night after.
    """
    wanted = {"of_context": context_id, "since": since, "vouched_since": since - VOUCHED_FOR}
    return execute_plainly(session, _ABSENT, wanted).rowcount


def _merged(members: Iterable[Member]) -> dict[str, Member]:
    """Return the members by `sub`, in the order of `sub`: locks are taken in it.

    One listed twice has all the roles and all the groups.
    """
    merged: dict[str, Member] = {}
    for member in members:
        other = merged.get(member.sub)
        roles = member.roles if other is None else other.roles + member.roles
        name = member.name or (other.name if other else "")
        both = [each.group_ids for each in (other, member) if each is not None and each.group_ids is not None]
        merged[member.sub] = replace(
            member, name=name, roles=roles, group_ids=tuple(chain.from_iterable(both)) if both else None
        )
    return dict(sorted(merged.items()))


def _store_people(
    session: Session, active: Mapping[str, Member], *, known: Mapping[str, Row[Any]], registration_id: int
) -> dict[str, int]:
    """Write new and renamed people; return their ids. A name that the list leaves out stays as it was."""
    rows = [
        {"registration_id": registration_id, "sub": sub, "name": member.name, "locale": "", "created_at": now()}
        for sub, member in active.items()
        if sub not in known or (member.name and member.name != known[sub].name)
    ]
    insert = _insert(session, table_of(User))
    named = case((insert.excluded.name != "", insert.excluded.name), else_=_USER.name)
    written = insert.on_conflict_do_update(index_elements=[_USER.registration_id, _USER.sub], set_={"name": named})
    return {row.sub: row.id for row in _execute_rows(session, written.returning(_USER.id, _USER.sub), rows)}


def _store_parts(
    session: Session,
    active: Mapping[str, Member],
    *,
    known: Mapping[str, Row[Any]],
    user_ids: Mapping[str, int],
    context_id: int,
) -> dict[int, int]:
    """Write new and changed memberships, and return their ids by user.

    The rule about roles holds for a launch in the same moment too.
    """
    rows = []
    for sub, member in active.items():
        part = _part(member)
        if not _says_nothing_new(known.get(sub), part):
            values = {"role": part.role, "is_test_user": part.is_test_user, "is_gradable": part.is_gradable}
            rows.append({"context_id": context_id, "user_id": user_ids[sub], "is_active": True, **values})
    insert = _insert(session, table_of(Membership))
    has_launched, excluded = _MEMBERSHIP.launched_at.is_not(None), insert.excluded
    written = insert.on_conflict_do_update(
        index_elements=[_MEMBERSHIP.context_id, _MEMBERSHIP.user_id],
        set_={
            "role": case((has_launched, _MEMBERSHIP.role), else_=excluded.role),
            "is_test_user": case((has_launched, _MEMBERSHIP.is_test_user), else_=excluded.is_test_user),
            "is_gradable": excluded.is_gradable,
            "is_active": True,
        },
    )
    returning = written.returning(_MEMBERSHIP.id, _MEMBERSHIP.user_id)
    return {row.user_id: row.id for row in _execute_rows(session, returning, rows)}


def _part(member: Member) -> _Part:
    return _Part(
        role=role_of(member.roles), is_test_user=is_test_user(member.roles), is_gradable=is_gradable(member.roles)
    )


def _says_nothing_new(known: Row[Any] | None, part: _Part) -> bool:
    if known is None or known.membership_id is None or not known.is_active:
        return False
    has_launched = known.launched_at is not None
    same_role = has_launched or (known.role, known.is_test_user) == (part.role, part.is_test_user)
    return same_role and known.is_gradable == part.is_gradable


def _execute_rows(session: Session, statement: Any, rows: Sequence[dict[str, Any]]) -> Sequence[Row[Any]]:
    """Run one INSERT for all the rows, in their order; none for no rows."""
    return session.connection().execute(statement, rows).all() if rows else []


def _insert(session: Session, table: Table) -> Any:
    """Return the database's own INSERT, which knows what to do where the row exists already."""
    of_database = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    return of_database.insert(table)
