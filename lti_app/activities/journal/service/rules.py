"""Changing what a journal asks for."""

from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from lti_app.activities.journal.progress import measure
from lti_app.activities.journal.settings import JournalSettings
from lti_app.gradebook.completion import incomplete_members, record_progress
from lti_app.models.activity import Activity

log = structlog.get_logger()


def change_settings(session: Session, activity: Activity, *, settings: JournalSettings, at: datetime) -> None:
    """Keep new settings; a changed rule counts as a new version and is applied to those not yet complete."""
    # Whoever is finishing commits first, so that the new rule sees it; see `finish`.
    session.refresh(activity, with_for_update=True)
    before = JournalSettings.from_json(activity.settings)
    activity.settings = settings.to_json()
    if before.rule != settings.rule:
        activity.rule_version += 1
        session.flush()
        for member in incomplete_members(session, activity):
            record_progress(session, activity, member=member, progress=measure(activity, member), at=at)
    log.info("settings_changed", activity_id=activity.id, rule_version=activity.rule_version)
