"""Every kind of activity there is."""

from lti_app.activities.journal.activity import JOURNAL
from lti_app.activity_type import ActivityType

ACTIVITY_TYPES: dict[str, ActivityType] = {kind.key: kind for kind in (JOURNAL,)}
