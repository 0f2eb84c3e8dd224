"""Who is how far in an activity: facts and credits, one query for a page of people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVarTuple

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, func, not_, select, tuple_
from sqlalchemy.orm import Session

from lti_app.gradebook.credit import Credit, credit_of
from lti_app.models.activity import Activity
from lti_app.models.gradebook import Completion, ScoreDelivery
from lti_app.models.groups import GroupMembership
from lti_app.models.people import Membership, Role, User

PAGE = 50
Columns = TypeVarTuple("Columns")
_ACTIVITY, _EPOCH = bindparam("of_activity", type_=Integer), bindparam("of_epoch", type_=Integer)
_OF_MEMBER = (
    select(Completion, ScoreDelivery)
    .select_from(User)
    .outerjoin(
        Completion,
        and_(Completion.user_id == User.id, Completion.activity_id == _ACTIVITY, Completion.epoch == _EPOCH),
    )
    .outerjoin(
        ScoreDelivery,
        and_(ScoreDelivery.user_id == User.id, ScoreDelivery.activity_id == _ACTIVITY, ScoreDelivery.epoch == _EPOCH),
    )
    .where(User.id == bindparam("of_user"))
)


@dataclass(frozen=True, kw_only=True)
class PersonsProgress:
    """One person's line: what is done, and where the credit is; nothing of what was written."""

    membership_id: int
    user_id: int
    name: str
    completion: Completion | None
    credit: Credit


@dataclass(frozen=True, kw_only=True)
class CourseProgress:
    """A page of people by name, how many take part and are complete in all, and where the next page starts."""

    people: Sequence[PersonsProgress]
    members: int
    complete: int
    next_after: int | None


def credit_of_member(session: Session, activity: Activity, member: Membership) -> tuple[Completion | None, Credit]:
    """Return one person's progress and credit in the activity's present epoch."""
    wanted = {"of_user": member.user_id, "of_activity": activity.id, "of_epoch": activity.epoch}
    row = session.execute(_OF_MEMBER, wanted).one()
    return row.Completion, credit_of(row.Completion, row.ScoreDelivery)


def course_progress(session: Session, activity: Activity, *, after: int, group_id: int = 0) -> CourseProgress:
    """Return a page of those who take part, by name; `after` is the last membership's id of the page before, or 0.

    `group_id` is a group of the activity's course, to count and list its people alone; 0 means everybody.
    """
    name = func.lower(User.name)
    takes_part = _takes_part(activity, group_id)
    query = (
        _with_credit(select(Membership, User, Completion, ScoreDelivery).select_from(User), activity)
        .join(Membership, Membership.user_id == User.id)
        .where(*takes_part)
        .order_by(name, Membership.id)
        .limit(PAGE + 1)
    )
    if after:
        of_course = (Membership.id == after, Membership.context_id == activity.context_id)
        last = select(name, Membership.id).join(User, User.id == Membership.user_id).where(*of_course)
        query = query.where(tuple_(name, Membership.id) > last.scalar_subquery())
    rows = session.execute(query).all()
    people = [
        PersonsProgress(
            membership_id=row.Membership.id,
            user_id=row.User.id,
            name=row.User.name,
            completion=row.Completion,
            credit=credit_of(row.Completion, row.ScoreDelivery),
        )
        for row in rows[:PAGE]
    ]
    members, complete = _counts(session, activity, takes_part)
    next_after = people[-1].membership_id if len(rows) > PAGE else None
    return CourseProgress(people=people, members=members, complete=complete, next_after=next_after)


def _counts(session: Session, activity: Activity, takes_part: Sequence[ColumnElement[bool]]) -> tuple[int, int]:
    row = session.execute(
        _with_credit(select(func.count(Membership.id), func.count(Completion.completed_at)).select_from(User), activity)
        .join(Membership, Membership.user_id == User.id)
        .where(*takes_part)
    ).one()
    return row[0], row[1]


def _takes_part(activity: Activity, group_id: int) -> list[ColumnElement[bool]]:
    is_participant: ColumnElement[bool] = Membership.role.in_([Role.TEACHER, Role.MENTOR])
    counts: ColumnElement[bool] = and_(Membership.is_active, not_(Membership.is_test_user))
    conditions = [Membership.context_id == activity.context_id, is_participant, counts]
    if group_id:
        of_group = select(GroupMembership.membership_id).where(GroupMembership.group_id == group_id)
        conditions.append(Membership.id.in_(of_group))
    return conditions


def _with_credit(query: Select[*Columns], activity: Activity) -> Select[*Columns]:
    completion = and_(
        Completion.user_id == User.id,
        Completion.activity_id == activity.id,
        Completion.epoch == activity.epoch,
    )
    delivery = and_(
        ScoreDelivery.user_id == User.id,
        ScoreDelivery.activity_id == activity.id,
        ScoreDelivery.epoch == activity.epoch,
    )
    return query.outerjoin(Completion, completion).outerjoin(ScoreDelivery, delivery)
