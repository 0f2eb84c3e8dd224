"""Who is how far in an activity: facts and credits, one query for a page of people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVarTuple

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, func, not_, select, tuple_
from sqlalchemy.orm import Session

from lti_app.db import execute_plainly, table_of
from lti_app.gradebook.credit import Credit, credit_of
from lti_app.models.activity import Activity
from lti_app.models.gradebook import Completion, ScoreDelivery
from lti_app.models.groups import GroupMembership
from lti_app.models.people import Context, Membership, Role, RosterCause, RosterProblem, User

PAGE = 50
Columns = TypeVarTuple("Columns")
_ACTIVITY, _EPOCH = bindparam("of_activity", type_=Integer), bindparam("of_epoch", type_=Integer)
_USER, _COMPLETION, _DELIVERY = table_of(User), table_of(Completion), table_of(ScoreDelivery)
_OF_COMPLETION = (_COMPLETION.c.done, _COMPLETION.c.required, _COMPLETION.c.completed_at)
_OF_DELIVERY = (_DELIVERY.c.state, _DELIVERY.c.reason, _DELIVERY.c.attempts, _DELIVERY.c.sent_at)
_OF_MEMBER = (
    select(*_OF_COMPLETION, *_OF_DELIVERY)
    .select_from(_USER)
    .outerjoin(
        _COMPLETION,
        and_(
            _COMPLETION.c.user_id == _USER.c.id, _COMPLETION.c.activity_id == _ACTIVITY, _COMPLETION.c.epoch == _EPOCH
        ),
    )
    .outerjoin(
        _DELIVERY,
        and_(_DELIVERY.c.user_id == _USER.c.id, _DELIVERY.c.activity_id == _ACTIVITY, _DELIVERY.c.epoch == _EPOCH),
    )
    .where(_USER.c.id == bindparam("of_user"))
)

_COUNTS = (Membership.is_active, not_(Membership.is_test_user))
_IS_MEMBER = (*_COUNTS, Membership.role.in_([Role.TEACHER, Role.MENTOR]))
_UNGRADABLE_MEMBER = (*_IS_MEMBER, not_(Membership.is_gradable))
# Staff that the platform lists as such: an administrator who only looked in is not enrolled as anything.
_UNGRADABLE_STAFF = (
    *_COUNTS,
    Membership.role == Role.FACILITATOR,
    not_(Membership.is_gradable),
    Membership.listed_at.is_not(None),
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
class ListOfPeople:
    """What is known of the course's list on the platform: whether it shares one, and when and why it was read."""

    is_shared: bool
    read_at: datetime | None
    cause: RosterCause | None
    problem: RosterProblem | None


@dataclass(frozen=True, kw_only=True)
class CourseProgress:
    """A page of people by name, how many there are in all, and where the next page starts.

    `members` take part, `complete` of them are done, and for `ungradable` of them the platform keeps no grade in
    their role. `staff` look after the course, and are no members.
    """

    people: Sequence[PersonsProgress]
    members: int
    complete: int
    ungradable: int
    staff: int
    next_after: int | None
    list_of_people: ListOfPeople


def credit_of_member(session: Session, activity: Activity, member: Membership) -> tuple[Completion | None, Credit]:
    """Return one person's progress and credit in the activity's present epoch.

    The progress is there to be read: it is in no session, and has only what a page shows.
    """
    wanted = {"of_user": member.user_id, "of_activity": activity.id, "of_epoch": activity.epoch}
    row = execute_plainly(session, _OF_MEMBER, wanted).one()
    completion = delivery = None
    if row.done is not None:
        completion = Completion(done=row.done, required=row.required, completed_at=row.completed_at)
    if row.state is not None:
        delivery = ScoreDelivery(state=row.state, reason=row.reason, attempts=row.attempts, sent_at=row.sent_at)
    return completion, credit_of(completion, delivery)


def course_progress(session: Session, activity: Activity, *, after: int, group_id: int = 0) -> CourseProgress:
    """Return a page of those who take part, by name; `after` is the last membership's id of the page before, or 0.

    `group_id` is a group of the activity's course, to count and list its people alone; 0 means everybody.
    """
    name = func.lower(User.name)
    in_group = _in_group(group_id)
    query = (
        _with_credit(select(Membership, User, Completion, ScoreDelivery).select_from(User), activity)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.context_id == activity.context_id, *_IS_MEMBER, *in_group)
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
    counts = _counts(session, activity, in_group)
    return CourseProgress(
        people=people,
        members=counts.members,
        complete=counts.complete,
        ungradable=counts.ungradable,
        staff=counts.staff,
        next_after=people[-1].membership_id if len(rows) > PAGE else None,
        list_of_people=ListOfPeople(
            is_shared=counts.memberships_url != "",
            read_at=counts.roster_read_at,
            cause=counts.roster_read_cause,
            problem=counts.roster_problem,
        ),
    )


def ungradable_people(
    session: Session, activity: Activity, *, staff: bool, group_id: int = 0
) -> Sequence[tuple[int, str]]:
    """Return ids and names of those for whom the platform keeps no grade in their role, by name, at most 50.

    Either of those who take part (and are in the group, unless it is 0), or of the staff.
    """
    wanted = _UNGRADABLE_STAFF if staff else (*_UNGRADABLE_MEMBER, *_in_group(group_id))
    query = (
        select(User.id, User.name)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.context_id == activity.context_id, *wanted)
        .order_by(func.lower(User.name), User.id)
        .limit(PAGE)
    )
    return [(row.id, row.name) for row in session.execute(query)]


def _counts(session: Session, activity: Activity, in_group: tuple[ColumnElement[bool], ...]) -> Any:
    """Return how many people there are of each sort, and the state of the course's list, in one row.

    The group narrows down those who take part, not the staff.
    """
    query = select(
        func.count(Membership.id).filter(*_IS_MEMBER, *in_group).label("members"),
        func.count(Completion.completed_at).filter(*_IS_MEMBER, *in_group).label("complete"),
        func.count(Membership.id).filter(*_UNGRADABLE_MEMBER, *in_group).label("ungradable"),
        func.count(Membership.id).filter(*_UNGRADABLE_STAFF).label("staff"),
        Context.memberships_url,
        Context.roster_read_at,
        Context.roster_read_cause,
        Context.roster_problem,
    ).select_from(Context)
    of_person = and_(
        Completion.user_id == Membership.user_id,
        Completion.activity_id == activity.id,
        Completion.epoch == activity.epoch,
    )
    return session.execute(
        query.outerjoin(Membership, Membership.context_id == Context.id)
        .outerjoin(Completion, of_person)
        .where(Context.id == activity.context_id)
        .group_by(Context.id)
    ).one()


def _in_group(group_id: int) -> tuple[ColumnElement[bool], ...]:
    if not group_id:
        return ()
    of_group = select(GroupMembership.membership_id).where(GroupMembership.group_id == group_id)
    return (Membership.id.in_(of_group),)


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
