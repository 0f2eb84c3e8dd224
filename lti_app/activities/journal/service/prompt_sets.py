"""The prompt sets that facilitators wrote for a course: found, written, changed, retired."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import structlog
from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from lti_app.activities.journal.models import PromptSet as PromptSetRow
from lti_app.activities.journal.prompts.sets import PromptRef, PromptSet, Step
from lti_app.errors import NotThere, ToolError, sentence
from lti_app.models.activity import Activity

MOST_SETS = 100

log = structlog.get_logger()


class CannotKeepSet(ToolError):
    """A prompt set that cannot be kept now; nothing was changed."""

    status = 409


@dataclass(frozen=True, kw_only=True)
class CourseSet:
    """A course's own prompt set in its newest version, and since when it is retired, if it is."""

    prompt: PromptSet
    retired_at: datetime | None


def find_versions(session: Session, activity: Activity, refs: Collection[PromptRef]) -> Mapping[PromptRef, PromptSet]:
    """Return those of these versions that belong to the activity's course, or to the one it was copied from."""
    wanted = [(ref.key, ref.version) for ref in refs]
    source = select(Activity.context_id).where(Activity.id == activity.source_id)
    rows = session.scalars(
        select(PromptSetRow).where(
            or_(PromptSetRow.context_id == activity.context_id, PromptSetRow.context_id.in_(source)),
            tuple_(PromptSetRow.key, PromptSetRow.version).in_(wanted),
        )
    )
    return {prompt.ref: prompt for prompt in map(_read, rows)}


def course_sets(session: Session, activity: Activity) -> Sequence[CourseSet]:
    """Return the course's own sets, each in its newest version, by title; at most `MOST_SETS`."""
    later = aliased(PromptSetRow)
    newest = select(func.max(later.version)).where(
        later.context_id == PromptSetRow.context_id, later.key == PromptSetRow.key
    )
    rows = session.scalars(
        select(PromptSetRow)
        .where(
            PromptSetRow.context_id == activity.context_id,
            PromptSetRow.version == newest.scalar_subquery(),
        )
        .order_by(func.lower(PromptSetRow.title), PromptSetRow.id)
        .limit(MOST_SETS)
    )
    return [CourseSet(prompt=_read(row), retired_at=row.retired_at) for row in rows]


def newest_in_use(session: Session, activity: Activity) -> Sequence[PromptSet]:
    """Return the course's own sets that are not retired, each in its newest version."""
    return [each.prompt for each in course_sets(session, activity) if each.retired_at is None]


def find_set(session: Session, activity: Activity, key: str) -> CourseSet:
    """Return the newest version of one of the course's own sets.

    Raises:
        NotThere: The course has none of that key.
    """
    row = _newest(session, activity, key)
    return CourseSet(prompt=_read(row), retired_at=row.retired_at)


def write_set(session: Session, activity: Activity, *, prompt: PromptSet, made_by_id: int) -> PromptSet:
    """Keep a new set for the course under a key of its own, and return it; the given key and version do not matter.

    Raises:
        CannotKeepSet: The course has as many as it can have.
    """
    if len(course_sets(session, activity)) >= MOST_SETS:
        raise CannotKeepSet(
            sentence("This course has %(limit)s prompt sets of its own, and that is the most there can be."),
            sentence("Change one that you no longer need instead."),
            values={"limit": MOST_SETS},
        )
    return _keep(session, activity, key=f"own-{uuid4().hex}", version=1, prompt=prompt, made_by_id=made_by_id)


def change_set(
    session: Session, activity: Activity, *, before: PromptSet, prompt: PromptSet, made_by_id: int
) -> PromptSet:
    """Keep another wording of a set as its next version, and return it; entries keep the version they answered.

    `before` is the version that was changed. Where nothing is different, nothing is kept.

    Raises:
        CannotKeepSet: Somebody else kept a next version meanwhile.
    """
    if (prompt.title, prompt.summary, prompt.steps) == (before.title, before.summary, before.steps):
        return before
    try:
        with session.begin_nested():
            return _keep(
                session, activity, key=before.key, version=before.version + 1, prompt=prompt, made_by_id=made_by_id
            )
    except IntegrityError as taken:
        raise CannotKeepSet(
            sentence("Somebody else changed this prompt set while you did."),
            sentence("Your text is still on this page. Open the set in another window, then bring both together."),
        ) from taken


def retire_set(session: Session, activity: Activity, key: str, *, at: datetime | None) -> None:
    """Offer a set no more to those who choose prompts for a journal, or, without `at`, offer it again.

    Raises:
        NotThere: The course has none of that key.
    """
    _newest(session, activity, key).retired_at = at
    session.flush()
    log.info("prompt_set_retired" if at else "prompt_set_brought_back", activity_id=activity.id, key=key)


def _newest(session: Session, activity: Activity, key: str) -> PromptSetRow:
    row = session.scalar(
        select(PromptSetRow)
        .where(PromptSetRow.context_id == activity.context_id, PromptSetRow.key == key)
        .order_by(PromptSetRow.version.desc())
        .limit(1)
    )
    if row is None:
        raise NotThere(
            sentence("There is no such prompt set in this course."),
            sentence("Go back to the list of prompt sets and choose another one."),
        )
    return row


def _keep(
    session: Session, activity: Activity, *, key: str, version: int, prompt: PromptSet, made_by_id: int
) -> PromptSet:
    row = PromptSetRow(
        context_id=activity.context_id,
        key=key,
        version=version,
        title=prompt.title,
        summary=prompt.summary,
        steps=[step.to_json() for step in prompt.steps],
        made_by_id=made_by_id,
    )
    session.add(row)
    session.flush()
    log.info("prompt_set_kept", activity_id=activity.id, key=key, version=version)
    return _read(row)


def _read(row: PromptSetRow) -> PromptSet:
    return PromptSet(
        key=row.key,
        version=row.version,
        title=row.title,
        summary=row.summary,
        steps=tuple(Step.from_json(step) for step in row.steps),
        is_shipped=False,
    )
