"""When a journal opens, is due and closes for one person: the dates for everybody, unless they were given longer."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lti_app.activities.journal.settings import JournalSettings
from lti_app.db import db
from lti_app.models.activity import Activity
from lti_app.models.gradebook import Extension
from lti_app.models.people import Membership

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Window:
    """When a journal takes work from one person; a bound that is None does not bind."""

    opens_at: datetime | None = None
    due_at: datetime | None = None
    closes_at: datetime | None = None

    def is_before(self, at: datetime) -> bool:
        """Whether nothing can be begun yet."""
        return self.opens_at is not None and at < self.opens_at

    def is_closed(self, at: datetime) -> bool:
        """Whether nothing can be finished any more."""
        return self.closes_at is not None and at >= self.closes_at

    def is_late(self, at: datetime) -> bool:
        """Whether what is finished at that moment is late; it counts all the same."""
        return self.due_at is not None and at > self.due_at


def window_of(session: Session, activity: Activity, user_id: int) -> Window:
    """Return the dates that hold for a person in the activity's present epoch; a query where there are any."""
    return windows_of(session, activity, [user_id])[user_id]


def windows_of(session: Session, activity: Activity, user_ids: Collection[int]) -> Mapping[int, Window]:
    """Return the dates that hold for each of these people in the present epoch; a query where there are any."""
    settings = JournalSettings.from_json(activity.settings)
    windows = dict.fromkeys(user_ids, _window(settings, None))
    if settings.due_at is None and settings.closes_at is None:
        return windows
    given = session.scalars(
        select(Extension).where(
            Extension.activity_id == activity.id,
            Extension.epoch == activity.epoch,
            Extension.user_id.in_(user_ids),
        )
    )
    return {**windows, **{extension.user_id: _window(settings, extension) for extension in given}}


def due_at(activity: Activity, member: Membership) -> datetime | None:
    """Return when the journal is due for this member, or None."""
    return window_of(db.session(), activity, member.user_id).due_at


def extend(
    session: Session, activity: Activity, *, user_id: int, window: Window, granted_by_id: int, at: datetime
) -> None:
    """Give a person these dates of their own, in the place of earlier ones; without any, everybody's hold again."""
    of_person = (
        Extension.activity_id == activity.id,
        Extension.epoch == activity.epoch,
        Extension.user_id == user_id,
    )
    session.execute(delete(Extension).where(*of_person))
    if window.due_at or window.closes_at:
        session.add(
            Extension(
                activity_id=activity.id,
                epoch=activity.epoch,
                user_id=user_id,
                due_at=window.due_at,
                closes_at=window.closes_at,
                granted_by_id=granted_by_id,
                granted_at=at,
            )
        )
    session.flush()
    log.info("extension_given", activity_id=activity.id, user_id=user_id, granted_by_id=granted_by_id)


def _window(settings: JournalSettings, extension: Extension | None) -> Window:
    return Window(
        opens_at=settings.opens_at,
        due_at=_later(settings.due_at, extension.due_at if extension else None),
        closes_at=_later(settings.closes_at, extension.closes_at if extension else None),
    )


def _later(for_all: datetime | None, own: datetime | None) -> datetime | None:
    """Return the later of the two: an extension never takes time away, also when everybody is given more later."""
    return for_all if for_all is None or own is None else max(for_all, own)
