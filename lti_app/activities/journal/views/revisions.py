"""Revising a finished entry, and what it said before; for its author alone."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lti_app.activities.journal.models import JournalEntry
from lti_app.activities.journal.service import revising
from lti_app.activities.journal.service.content import Content
from lti_app.activities.journal.service.prompting import prompt_of
from lti_app.activities.journal.views.pages import journal, number, open_own_entry, page_of
from lti_app.db import db


@journal.post("/<int:activity_id>/entries/<int:entry_id>/revise")
def revise(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Open the draft of a revision in the editor; the entry stays as it is until that is finished."""
    opened, own = open_own_entry(activity_id, entry_id)
    draft = revising.open_revision(db.session(), opened.activity, entry=own)
    draft_id = draft.id
    db.session.commit()
    return redirect(url_for(".edit", activity_id=activity_id, entry_id=draft_id), 303)


@journal.post("/<int:activity_id>/entries/<int:entry_id>/discard")
def discard(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Drop the draft of a revision; the page asks before it posts here."""
    _, own = open_own_entry(activity_id, entry_id)
    revised_id = revising.discard_revision(db.session(), draft=own)
    db.session.commit()
    flash(gettext("The revision is discarded; the entry is as it was."))
    return redirect(url_for(".entry", activity_id=activity_id, entry_id=revised_id), 303)


@journal.get("/<int:activity_id>/entries/<int:entry_id>/versions")
def versions(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Show what an entry said before each revision, newest first."""
    opened, own = open_own_entry(activity_id, entry_id)
    session = db.session()
    kept = revising.versions_of(session, own)
    return render_template(
        "activities/journal/versions.html",
        entry=own,
        prompt_set=prompt_of(session, opened.activity, key=own.prompt_key, version=own.prompt_version),
        versions=[(version, Content.from_json(version.content)) for version in kept],
        revision=_finished_revision(),
        **page_of(opened),
    )


def _finished_revision() -> int | None:
    """Return the id of the revision that has just been finished, so that the browser drops its copy of it."""
    draft_id = request.args.get("revision", default=None, type=number)
    is_gone = draft_id is not None and db.session.get(JournalEntry, draft_id) is None
    return draft_id if is_gone else None
