"""What is kept of a person: how much, where, and all of it as one document."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_app.catalog import ACTIVITY_TYPES
from lti_app.clock import now
from lti_app.db import Base
from lti_app.models.activity import Activity
from lti_app.models.gradebook import Completion, Fact, ScoreDelivery
from lti_app.models.groups import CourseGroup, GroupMembership
from lti_app.models.people import Context, Membership, User
from lti_app.models.platform import Registration

MOST_ACTIVITIES = 200


@dataclass(frozen=True, kw_only=True)
class Kept:
    """How much is kept of a person; `written` counts what they wrote, by the kind of activity."""

    courses: int
    groups: int
    written: dict[str, int]
    facts: int
    completions: int
    scores: int

    @property
    def is_nothing(self) -> bool:
        """Whether there is no more than the person's own line."""
        counts = (self.courses, self.groups, *self.written.values(), self.facts, self.completions, self.scores)
        return not any(counts)


def count_kept(session: Session, user: User) -> Kept:
    """Count what is kept of a person; no text of theirs is read."""
    groups = (
        select(func.count())
        .select_from(GroupMembership)
        .join(Membership, Membership.id == GroupMembership.membership_id)
        .where(Membership.user_id == user.id)
    )
    return Kept(
        courses=_count(session, Membership, user),
        groups=session.scalar(groups) or 0,
        written={kind.key: kind.count(user) for kind in ACTIVITY_TYPES.values()},
        facts=_count(session, Fact, user),
        completions=_count(session, Completion, user),
        scores=_count(session, ScoreDelivery, user),
    )


def own_activities(session: Session, user: User) -> Sequence[tuple[Activity, Context]]:
    """Return the activities of a person's courses, newest first, at most 200."""
    rows = session.execute(
        select(Activity, Context)
        .join(Context, Context.id == Activity.context_id)
        .join(Membership, Membership.context_id == Context.id)
        .where(Membership.user_id == user.id, Membership.is_active, Activity.kind.in_(ACTIVITY_TYPES))
        .order_by(Activity.id.desc())
        .limit(MOST_ACTIVITIES)
    )
    return [(row.Activity, row.Context) for row in rows]


def export_kept(session: Session, user: User) -> dict[str, Any]:
    """Return all that is kept of a person as JSON-ready values; moments in ISO 8601, UTC."""
    registration = session.get_one(Registration, user.registration_id)
    return {
        "exported_at": now().isoformat(),
        "person": {
            "id_in_lms": user.sub,
            "lms": registration.name,
            "name": user.name,
            "language": user.locale,
            "known_since": user.created_at.isoformat(),
        },
        "courses": _courses(session, user),
        "written": {kind.key: kind.export(user) for kind in ACTIVITY_TYPES.values()},
        "facts": _facts(session, user),
        "completions": _completions(session, user),
        "scores": _scores(session, user),
        "launch_log": "The launch log names nobody, so there is nothing of it here.",
    }


def _count(session: Session, model: type[Base], user: User) -> int:
    table = model.__table__
    return session.scalar(select(func.count()).select_from(table).where(table.c.user_id == user.id)) or 0


def _courses(session: Session, user: User) -> list[dict[str, Any]]:
    rows = session.execute(
        select(Membership, Context)
        .join(Context, Context.id == Membership.context_id)
        .where(Membership.user_id == user.id)
        .order_by(Membership.id)
    ).all()
    groups = session.execute(
        select(GroupMembership.membership_id, CourseGroup)
        .join(CourseGroup, CourseGroup.id == GroupMembership.group_id)
        .join(Membership, Membership.id == GroupMembership.membership_id)
        .where(Membership.user_id == user.id)
        .order_by(CourseGroup.id)
    ).all()
    return [
        {
            "title": row.Context.title,
            "label": row.Context.label,
            "role": row.Membership.role.value,
            "is_active": row.Membership.is_active,
            "gets_grades_in_lms": row.Membership.is_gradable,
            "let_in_since": _iso(row.Membership.launched_at),
            "last_listed_by_lms": _iso(row.Membership.listed_at),
            "groups": [
                {"id_in_lms": group.group_id_on_platform, "name": group.name}
                for membership_id, group in groups
                if membership_id == row.Membership.id
            ],
        }
        for row in rows
    ]


def _facts(session: Session, user: User) -> list[dict[str, Any]]:
    rows = session.execute(
        select(Fact, Activity.title)
        .join(Activity, Activity.id == Fact.activity_id)
        .where(Fact.user_id == user.id)
        .order_by(Fact.id)
    )
    return [
        {
            "activity_id": row.Fact.activity_id,
            "activity": row.title,
            "kind": row.Fact.kind,
            "epoch": row.Fact.epoch,
            "occurred_at": row.Fact.occurred_at.isoformat(),
        }
        for row in rows
    ]


def _completions(session: Session, user: User) -> list[dict[str, Any]]:
    rows = session.scalars(select(Completion).where(Completion.user_id == user.id).order_by(Completion.id))
    return [
        {
            "activity_id": row.activity_id,
            "epoch": row.epoch,
            "done": row.done,
            "required": row.required,
            "completed_at": _iso(row.completed_at),
        }
        for row in rows
    ]


def _scores(session: Session, user: User) -> list[dict[str, Any]]:
    rows = session.scalars(select(ScoreDelivery).where(ScoreDelivery.user_id == user.id).order_by(ScoreDelivery.id))
    return [
        {
            "activity_id": row.activity_id,
            "epoch": row.epoch,
            "state": row.state.value,
            "reason": row.reason.value if row.reason else None,
            "sent_at": _iso(row.sent_at),
        }
        for row in rows
    ]


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
