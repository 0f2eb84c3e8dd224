"""The reflective journal as an activity type; start reading here.

A teacher writes (`views`, `service`), a finished entry becomes a fact, `progress` counts the facts, and
`lti_app.gradebook` takes it from there.
"""

from lti_app.activities.journal.forms.settings import SettingsForm
from lti_app.activities.journal.progress import ENTRY_FINISHED, measure
from lti_app.activities.journal.service import extensions, records
from lti_app.activities.journal.service.upkeep import upkeep
from lti_app.activities.journal.settings import KEY, JournalSettings
from lti_app.activities.journal.views import (
    attachments,
    editor,
    export,
    own,
    progress,
    prompts,
    reading,
    responding,
    revisions,
    settings,
    sharing,
    timeline,
    withdrawing,
)
from lti_app.activities.journal.views.pages import journal
from lti_app.activity_type import ActivityType
from lti_app.errors import sentence

# Importing them gives the blueprint its routes.
PAGES = (
    attachments,
    editor,
    export,
    own,
    progress,
    prompts,
    reading,
    responding,
    revisions,
    settings,
    sharing,
    timeline,
    withdrawing,
)

JOURNAL = ActivityType(
    key=KEY,
    label=sentence("Reflective journal"),
    summary=sentence("Teachers write about their own practice. Each decides who else reads it."),
    blueprint=journal,
    settings=JournalSettings,
    form=SettingsForm,
    measure=measure,
    due_at=extensions.due_at,
    facts={ENTRY_FINISHED: sentence("Entry finished")},
    shared=reading.shared_by,
    forget=records.forget,
    export=records.export,
    count=records.count,
    upkeep=upkeep,
)
