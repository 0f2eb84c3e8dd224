"""When people last finished an entry, and whether they are late: facts for the facilitator's page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from lti_app.activities.journal.progress import last_finished
from lti_app.activities.journal.service.extensions import Window, windows_of
from lti_app.gradebook.course_progress import PersonsProgress
from lti_app.models.activity import Activity
from lti_app.models.gradebook import Completion


class Punctuality(StrEnum):
    """Whether the due date was kept; it is soft, so that nothing follows from it."""

    IN_TIME = "in_time"
    LATE = "late"
    OVERDUE = "overdue"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """When somebody last finished an entry, the dates that hold for them, and whether they are late."""

    last_at: datetime | None
    window: Window
    punctuality: Punctuality


def standings(
    session: Session, activity: Activity, people: Sequence[PersonsProgress], *, at: datetime
) -> Mapping[int, Standing]:
    """Return how these people stand at that moment, by their user ids; at most two queries."""
    user_ids = [person.user_id for person in people]
    windows = windows_of(session, activity, user_ids)
    last = last_finished(session, activity, user_ids)
    return {
        person.user_id: Standing(
            last_at=last.get(person.user_id),
            window=windows[person.user_id],
            punctuality=_punctuality(
                person.completion, windows[person.user_id], last_at=last.get(person.user_id), at=at
            ),
        )
        for person in people
    }


def _punctuality(
    completion: Completion | None, window: Window, *, last_at: datetime | None, at: datetime
) -> Punctuality:
    if completion is None or completion.completed_at is None:
        return Punctuality.OVERDUE if window.is_late(at) else Punctuality.IN_TIME
    # A changed rule may complete somebody long after their last entry: then that entry is what was in time or not.
    done_at = min(completion.completed_at, last_at or completion.completed_at)
    return Punctuality.LATE if window.is_late(done_at) else Punctuality.IN_TIME
