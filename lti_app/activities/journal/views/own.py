"""Where a launch lands, and what a teacher sees of their own journal."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_app.access.opening import Opened, require_participant
from lti_app.activities.journal.models import EntryState
from lti_app.activities.journal.service import revising
from lti_app.activities.journal.service.own_entries import own_entries
from lti_app.activities.journal.service.places import Place
from lti_app.activities.journal.service.prompting import prompts_of
from lti_app.activities.journal.service.shared import Shared, newest_shared
from lti_app.activities.journal.service.withdrawing import erased_at
from lti_app.activities.journal.views.pages import journal, open_journal, open_own_entry, page_of
from lti_app.activities.journal.views.progress import show_progress
from lti_app.activities.journal.views.reading import what_is_read
from lti_app.activities.journal.views.sharing import sharing_of
from lti_app.db import db
from lti_app.gradebook.course_progress import credit_of_member
from lti_app.models.people import Role


@journal.get("/<int:activity_id>")
def show(activity_id: int) -> ResponseReturnValue:
    """Show the journal: to a facilitator who has finished, to everybody else who takes part their own entries."""
    opened = open_journal(activity_id)
    if opened.member.role is Role.NONE:
        return render_template("activities/journal/no_part.html", opened=opened)
    if opened.member.role.looks_after_course:
        return show_progress(opened)
    return _show_own(opened)


@journal.get("/<int:activity_id>/entries/<int:entry_id>")
def entry(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Show its author an entry that is finished or was taken back; a draft opens in the editor."""
    opened, own = open_own_entry(activity_id, entry_id)
    if own.state is EntryState.DRAFT:
        return redirect(url_for(".edit", activity_id=activity_id, entry_id=entry_id))
    return render_template(
        "activities/journal/entry.html",
        erased_at=erased_at(own),
        may_revise=revising.may_revise(opened.activity),
        has_revision=revising.find_revision(db.session(), own) is not None,
        kept={},
        **page_of(opened),
        **what_is_read(opened, Shared(entry=own, excerpt=None, author="", is_own=True)),
        **sharing_of(opened, own),
    )


@journal.get("/<int:activity_id>/credit")
def credit(activity_id: int) -> ResponseReturnValue:
    """Show where the asking person's credit is; the journal's page asks while it is on its way."""
    opened = require_participant(open_journal(activity_id))
    _, present = credit_of_member(db.session(), opened.activity, opened.member)
    return render_template("activities/journal/_credit.html", credit=present, opened=opened)


def _show_own(opened: Opened) -> ResponseReturnValue:
    session, activity = db.session(), opened.activity
    before = Place.of(request.args.get("before", ""))
    completion, present = credit_of_member(session, activity, opened.member)
    return render_template(
        "activities/journal/show.html",
        entries=own_entries(session, activity, user_id=opened.member.user_id, before=before),
        is_first=before is None,
        prompts=prompts_of(session, activity),
        done=completion.done if completion else 0,
        credit=present,
        newest=newest_shared(session, activity, member=opened.member),
        **page_of(opened),
    )
