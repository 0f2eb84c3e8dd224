"""Who may read what somebody wrote: the one place with rules of reading."""

from typing import Protocol

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from lti_app.access.sign_ins import masqueraded_users
from lti_app.db import db
from lti_app.models.groups import GroupMembership
from lti_app.models.people import Membership


class Written(Protocol):
    """Anything that a person wrote."""

    user_id: int


def can_read(member: Membership, thing: Written) -> bool:
    """Whether this member may read what somebody wrote: its author, and nobody else, whatever their role.

    Nor is an author who is somebody else just now: an LMS admin who acts as them.
    """
    return member.user_id == thing.user_id and member.user_id not in masqueraded_users()


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
