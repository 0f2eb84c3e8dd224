"""What one person did in one activity: facts, progress and credit, and nothing of what they wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from lti_app.gradebook.completion import Progress
from lti_app.gradebook.course_progress import credit_of_member
from lti_app.gradebook.credit import Credit
from lti_app.models.activity import Activity
from lti_app.models.gradebook import Completion, Fact
from lti_app.models.people import Membership

MOST_FACTS = 200


@dataclass(frozen=True, kw_only=True)
class DatedFact:
    """A kind of fact, when it happened, and whether that was after the activity was due."""

    kind: str
    occurred_at: datetime
    is_late: bool


@dataclass(frozen=True, kw_only=True)
class PersonsFacts:
    """One person in the activity's present epoch; `facts` are the newest 200, newest first."""

    name: str
    user_id: int
    progress: Progress
    completion: Completion | None
    credit: Credit
    facts: Sequence[DatedFact]


def find_member(session: Session, activity: Activity, *, user_id: int) -> Membership | None:
    """Return the membership of a person who does the activity's work, or did, or None."""
    member = session.scalar(
        select(Membership)
        .where(Membership.context_id == activity.context_id, Membership.user_id == user_id)
        .options(joinedload(Membership.user))
    )
    return member if member is not None and member.takes_part else None


def facts_of_member(
    session: Session, activity: Activity, member: Membership, *, progress: Progress, due_at: datetime | None
) -> PersonsFacts:
    """Return what a member has done in the activity; `progress` is the activity type's own count."""
    rows = session.scalars(
        select(Fact)
        .where(Fact.activity_id == activity.id, Fact.user_id == member.user_id, Fact.epoch == activity.epoch)
        .order_by(Fact.occurred_at.desc(), Fact.id.desc())
        .limit(MOST_FACTS)
    )
    completion, credit = credit_of_member(session, activity, member)
    return PersonsFacts(
        name=member.user.name,
        user_id=member.user_id,
        progress=progress,
        completion=completion,
        credit=credit,
        facts=[
            DatedFact(
                kind=row.kind,
                occurred_at=row.occurred_at,
                is_late=due_at is not None and row.occurred_at > due_at,
            )
            for row in rows
        ],
    )
