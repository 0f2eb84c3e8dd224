"""Rows of a journal and its people, made in one line."""

from typing import Any
from uuid import uuid4

from lti_app.activities.journal.models import EntryState, JournalEntry
from lti_app.activities.journal.prompts.sets import single_prompt
from lti_app.activities.journal.service.content import Content
from lti_app.activities.journal.service.drafts import Save
from lti_app.clock import now
from lti_app.db import db
from lti_app.models.activity import Activity
from lti_app.models.gradebook import ScoreDelivery
from lti_app.models.people import Context, Membership
from lti_app.models.platform import Deployment
from tests.factories import ActivityFactory, EntryFactory, MembershipFactory, UserFactory

OWN_PROMPT = single_prompt("What happened?", is_shipped=False)


def a_journal(**settings: Any) -> Activity:
    """Return a journal with these settings, as kept in JSON."""
    activity: Activity = ActivityFactory(settings=settings)
    return activity


def a_member(activity: Activity, **values: Any) -> Membership:
    """Return a member of the journal's course; a teacher, unless told otherwise."""
    context = db.session.get_one(Context, activity.context_id)
    deployment = db.session.get_one(Deployment, context.deployment_id)
    user = values.pop("user", None) or UserFactory(
        registration_id=deployment.registration_id,
        sub=f"row-{uuid4().hex}",  # the LMS has numbers of its own
        **({"name": values.pop("name")} if "name" in values else {}),
    )
    member: Membership = MembershipFactory(context=context, user=user, **values)
    return member


def a_draft(activity: Activity, member: Membership, text: str = "", **values: Any) -> JournalEntry:
    """Return the member's draft, committed."""
    entry: JournalEntry = EntryFactory(activity_id=activity.id, user_id=member.user_id, text=text, **values)
    db.session.commit()
    return entry


def a_finished_entry(activity: Activity, member: Membership, text: str = "Done.", **values: Any) -> JournalEntry:
    """Return an entry that was finished just now, unless told otherwise; no fact comes with it."""
    return a_draft(activity, member, text, **{"state": EntryState.FINISHED, "finished_at": now(), **values})


def a_delivery(activity: Activity, user_id: int, **values: Any) -> ScoreDelivery:
    """Return the score that is owed for a person, committed."""
    row = ScoreDelivery(activity_id=activity.id, user_id=user_id, epoch=1, **values)
    db.session.add(row)
    db.session.commit()
    return row


def a_save(text: str, *, based_on: int = 0, editor: str = "page-a", sequence: int = 1) -> Save:
    """Return a save of an open editor page."""
    return Save(content=a_content(text), based_on=based_on, editor_id=editor, sequence=sequence)


def a_content(text: str, **fields: str) -> Content:
    """Return what an editor's page sends that answers the journal's own prompt."""
    return Content.from_fields({"answer-text": text, **fields}, OWN_PROMPT)
