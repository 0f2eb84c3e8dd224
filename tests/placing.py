"""Links that were placed by deep linking before a test begins: each carries a template, so each is a journal."""

from dataclasses import replace
from uuid import uuid4

from sqlalchemy.orm import Session

from lti_app.models.activity import ActivityTemplate
from lti_app.roster.beginnings import TEMPLATE
from practice_lms.server import RunningLms


def place_journals(session: Session, lms: RunningLms, *, registration_id: int) -> str:
    """Give all links of the LMS's course one template, a journal with default settings; return its public id."""
    template = ActivityTemplate(
        public_id=uuid4().hex, registration_id=registration_id, kind="journal", title="Journal", settings={}
    )
    session.add(template)
    session.commit()
    with lms.lms.changing() as state:
        for number, activity in state.activities.items():
            state.activities[number] = replace(activity, custom={**activity.custom, TEMPLATE: template.public_id})
    return template.public_id


def template_of(lms: RunningLms) -> dict[str, str]:
    """Return the custom parameter that the LMS's links carry."""
    with lms.lms.reading() as state:
        return {TEMPLATE: next(iter(state.activities.values())).custom[TEMPLATE]}


def unplace(lms: RunningLms) -> None:
    """Make the links plain ones again, as somebody places them who pastes the tool's address."""
    with lms.lms.changing() as state:
        for number, activity in state.activities.items():
            state.activities[number] = replace(activity, custom={})
