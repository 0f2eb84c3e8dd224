"""How far a teacher is in a journal: a pure query over facts."""

from sqlalchemy import func, select

from lti_app.activities.journal.settings import JournalSettings
from lti_app.db import db
from lti_app.gradebook.completion import Progress
from lti_app.models.activity import Activity
from lti_app.models.gradebook import Fact
from lti_app.models.people import Membership

ENTRY_FINISHED = "entry_finished"


def measure(activity: Activity, member: Membership) -> Progress:
    """Count the member's finished entries of this epoch against the number required."""
    done = db.session.scalar(
        select(func.count())
        .select_from(Fact)
        .where(
            Fact.activity_id == activity.id,
            Fact.user_id == member.user_id,
            Fact.epoch == activity.epoch,
            Fact.kind == ENTRY_FINISHED,
        )
    )
    return Progress(done=done or 0, required=JournalSettings.from_json(activity.settings).entries_required)
