"""How far a teacher is in a journal: a pure query over facts."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TypeVarTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lti_app.activities.journal.models import JournalEntry
from lti_app.activities.journal.settings import JournalSettings, Mode
from lti_app.db import db
from lti_app.gradebook.completion import Progress
from lti_app.models.activity import Activity
from lti_app.models.gradebook import Fact
from lti_app.models.people import Membership

ENTRY_FINISHED = "entry_finished"
Columns = TypeVarTuple("Columns")


def measure(activity: Activity, member: Membership) -> Progress:
    """Count the member's finished entries of this epoch by the journal's mode, against the number required.

    An entry that was withdrawn counts: its fact stays.
    """
    settings = JournalSettings.from_json(activity.settings)
    match settings.mode:
        case Mode.X_OF_Y:
            done = _different_prompts(activity, member)
        case Mode.N_WEEKS:
            done = _different_weeks(activity, member, settings)
        case Mode.ONE_PROMPT | Mode.N_ENTRIES:
            done = db.session.scalar(_finished(select(func.count(Fact.id)), activity, member)) or 0
    return Progress(done=done, required=settings.entries_required)


def last_finished(session: Session, activity: Activity, user_ids: Collection[int]) -> Mapping[int, datetime]:
    """Return when each of these people last finished an entry in this epoch; who has not is left out. One query."""
    last = (
        select(Fact.user_id, func.max(Fact.occurred_at).label("at"))
        .where(
            Fact.activity_id == activity.id,
            Fact.epoch == activity.epoch,
            Fact.kind == ENTRY_FINISHED,
            Fact.user_id.in_(user_ids),
        )
        .group_by(Fact.user_id)
    )
    return {row.user_id: row.at for row in session.execute(last)}


def _different_prompts(activity: Activity, member: Membership) -> int:
    """Count the prompt sets that were answered; two versions of one are the same prompt."""
    query = select(func.count(JournalEntry.prompt_key.distinct())).select_from(Fact)
    of_entry = query.join(JournalEntry, JournalEntry.id == Fact.subject_id)
    return db.session.scalar(_finished(of_entry, activity, member)) or 0


def _different_weeks(activity: Activity, member: Membership, settings: JournalSettings) -> int:
    """Count the weeks (ISO 8601, Monday to Sunday, in the journal's time zone) in which something was finished."""
    moments = db.session.scalars(_finished(select(Fact.occurred_at), activity, member))
    return len({moment.astimezone(settings.zone).isocalendar()[:2] for moment in moments})


def _finished(query: Select[*Columns], activity: Activity, member: Membership) -> Select[*Columns]:
    return query.where(
        Fact.activity_id == activity.id,
        Fact.user_id == member.user_id,
        Fact.epoch == activity.epoch,
        Fact.kind == ENTRY_FINISHED,
    )
