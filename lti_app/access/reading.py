"""Who may read what somebody wrote: the one place with rules of reading.

An author reads what is theirs. Anybody else reads by a grant alone: that the author, or the activity before the first
word, let a person, a group, those who write here too, or the facilitators of one course read it. A role by itself is
no grant. What kind of thing it is, and when it is far enough to be read, is for the activity types to say.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, and_, exists, false, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from lti_app.access.sign_ins import masqueraded_users
from lti_app.db import db
from lti_app.models.groups import GroupMembership
from lti_app.models.people import Membership, Role

Column = InstrumentedAttribute[Any]
_WRITERS = (Role.TEACHER, Role.MENTOR)


class Written(Protocol):
    """Anything that a person wrote."""

    user_id: int


class Scope(StrEnum):
    """Whom a grant is for: a person, a group, those who write here too, or the facilitators."""

    PERSON = "person"
    GROUP = "group"
    WRITERS = "writers"
    FACILITATORS = "facilitators"


@dataclass(frozen=True, kw_only=True)
class Grant:
    """That somebody of one course may read a thing; a person has a `user_id`, a group a `group_id`."""

    context_id: int
    scope: Scope
    user_id: int | None = None
    group_id: int | None = None


def can_read(member: Membership, thing: Written, *, grants: Iterable[Grant] = ()) -> bool:
    """Whether this member may read what somebody wrote: its author, and whom one of the grants is for.

    Nor is an author or a reader who is somebody else just now: an LMS admin who acts as them.
    """
    if member.user_id in masqueraded_users():
        return False
    return member.user_id == thing.user_id or any(_is_for(member, grant) for grant in grants)


def scopes_open_to(member: Membership) -> frozenset[Scope]:
    """Return the kinds of grants that can be for this member; none for who left, or was never let in by a launch.

    A facilitator who stands in a group, as in Moodle teachers often do, reads nothing by that. A platform's test user
    is whoever looks after the course, in disguise: nothing is for them.
    """
    is_here = member.is_active and member.launched_at is not None and not member.is_test_user
    if not is_here or member.role is Role.NONE or member.user_id in masqueraded_users():
        return frozenset()
    if member.role.looks_after_course:
        return frozenset({Scope.PERSON, Scope.FACILITATORS})
    return frozenset({Scope.PERSON, Scope.GROUP, Scope.WRITERS})


def granted_to(member: Membership, *, scope: Column, user_id: Column, group_id: Column) -> ColumnElement[bool]:
    """Return the condition on rows that hold grants of the member's course: that they are for this member."""
    conditions = {
        Scope.PERSON: user_id == member.user_id,
        Scope.GROUP: group_id.in_(_groups_of(member)),
    }
    scopes = sorted(scopes_open_to(member))
    return or_(false(), *(and_(scope == each.value, conditions.get(each, scope.is_not(None))) for each in scopes))


def reached_by(context_id: int, grants: Iterable[Grant], *, author_id: int) -> Select[int]:
    """Return the query of the ids of those memberships that grants let read, once they have launched; no author."""
    conditions = [_reached(grant) for grant in grants if grant.context_id == context_id]
    return select(Membership.id).where(
        Membership.context_id == context_id,
        Membership.user_id != author_id,
        *can_be_named(),
        or_(false(), *conditions),
    )


def can_be_named() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions on a membership that something can be shared with it."""
    return (Membership.is_active.is_(True), not_(Membership.is_test_user), Membership.role != Role.NONE)


def can_stop_sharing(context_id: int, author_id: Column) -> ColumnElement[bool]:
    """Return the condition that an author still takes part in the course: what they cannot stop, nobody reads."""
    author = aliased(Membership)
    return exists().where(
        author.context_id == context_id,
        author.user_id == author_id,
        author.is_active.is_(True),
        author.role.in_(_WRITERS),
    )


def shares_group(member: Membership, other: Membership) -> bool:
    """Whether two people are in one group of one course now; who is in no group shares none."""
    query = members_of_own_groups(member).where(Membership.id == other.id)
    return member.is_active and db.session.scalar(query) is not None


def members_of_own_groups(member: Membership) -> Select[int]:
    """Return the query of the ids of those memberships that share a group with this one, its own among them.

    It is an audience, for whoever shares something with "my group"; it opens nothing by itself.
    """
    own = aliased(GroupMembership)
    return (
        select(Membership.id)
        .distinct()
        .join(GroupMembership, GroupMembership.membership_id == Membership.id)
        .join(own, own.group_id == GroupMembership.group_id)
        .where(own.membership_id == member.id, Membership.context_id == member.context_id, Membership.is_active)
    )


def _is_for(member: Membership, grant: Grant) -> bool:
    if grant.context_id != member.context_id or grant.scope not in scopes_open_to(member):
        return False
    if grant.scope is Scope.PERSON:
        return grant.user_id == member.user_id
    if grant.scope is Scope.GROUP:
        return db.session.scalar(_groups_of(member).where(GroupMembership.group_id == grant.group_id)) is not None
    return True


def _groups_of(member: Membership) -> Select[int]:
    return select(GroupMembership.group_id).where(GroupMembership.membership_id == member.id)


def _reached(grant: Grant) -> ColumnElement[bool]:
    if grant.scope is Scope.PERSON:
        return Membership.user_id == grant.user_id
    if grant.scope is Scope.FACILITATORS:
        return Membership.role == Role.FACILITATOR
    is_writer = Membership.role.in_(_WRITERS)
    if grant.scope is Scope.WRITERS:
        return is_writer
    in_group = select(GroupMembership.membership_id).where(GroupMembership.group_id == grant.group_id)
    return and_(is_writer, Membership.id.in_(in_group))
