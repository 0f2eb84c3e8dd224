"""Facts, progress and completion: what counts, and when it is enough."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from lti_app.gradebook.delivery import owe_score
from lti_app.models.activity import Activity
from lti_app.models.gradebook import Completion, Fact
from lti_app.models.people import Membership

log = structlog.get_logger()


@dataclass(frozen=True)
class Progress:
    """How many countable deeds of one person are done, of how many required; `required` is at least 1."""

    done: int
    required: int

    def __post_init__(self) -> None:
        """Refuse counts that mean nothing."""
        if self.done < 0 or self.required < 1:
            raise ValueError("progress counts from 0 towards at least 1")

    @property
    def is_enough(self) -> bool:
        """Whether the requirement is reached."""
        return self.done >= self.required


def record_fact(
    session: Session,
    activity: Activity,
    *,
    user_id: int,
    kind: str,
    subject_id: int,
    occurred_at: datetime,
) -> None:
    """Note that something countable happened, in the caller's transaction; `subject_id` is the thing's own id."""
    session.add(
        Fact(
            activity_id=activity.id,
            user_id=user_id,
            epoch=activity.epoch,
            kind=kind,
            subject_id=subject_id,
            occurred_at=occurred_at,
        )
    )
    session.flush()


def record_progress(
    session: Session, activity: Activity, *, member: Membership, progress: Progress, at: datetime
) -> Completion:
    """Keep a person's progress; the first time it is enough, complete them and owe the platform a score.

    All of it happens in the caller's transaction, so that a fact never stands without what follows from it.
    Who is complete stays complete, whatever the rule says later.
    """
    completion = _find_or_make(session, activity, user_id=member.user_id)
    completion.done = progress.done
    if not completion.is_complete:
        completion.required = progress.required
        completion.rule_version = activity.rule_version
    if progress.is_enough and not completion.is_complete:
        completion.completed_at = at
        if member.takes_part and not member.is_test_user:
            owe_score(session, activity, user_id=member.user_id, at=at)
        log.info("activity_completed", activity_id=activity.id, user_id=member.user_id)
    session.flush()
    return completion


def incomplete_members(session: Session, activity: Activity) -> Sequence[Membership]:
    """Return those who began in the present epoch and are not complete."""
    began = and_(
        Completion.user_id == Membership.user_id,
        Completion.activity_id == activity.id,
        Completion.epoch == activity.epoch,
        Completion.completed_at.is_(None),
    )
    query = select(Membership).join(Completion, began).where(Membership.context_id == activity.context_id)
    return session.scalars(query).all()


def _find_or_make(session: Session, activity: Activity, *, user_id: int) -> Completion:
    completion = session.scalar(_query(activity, user_id=user_id).with_for_update())
    if completion is None:
        completion = Completion(
            activity_id=activity.id,
            user_id=user_id,
            epoch=activity.epoch,
            done=0,
            required=1,
            rule_version=activity.rule_version,
        )
        session.add(completion)
    return completion


def _query(activity: Activity, *, user_id: int) -> Select[Completion]:
    return select(Completion).where(
        Completion.activity_id == activity.id,
        Completion.user_id == user_id,
        Completion.epoch == activity.epoch,
    )
