"""The facilitator's pages: who has finished, and the settings; none shows a word that a teacher wrote."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lti_app.access.opening import Opened, require_facilitator
from lti_app.activities.journal.forms import SettingsForm
from lti_app.activities.journal.service import rules
from lti_app.activities.journal.settings import JournalSettings
from lti_app.activities.journal.views.pages import journal, number, open_journal, page_of
from lti_app.clock import now
from lti_app.db import db
from lti_app.gradebook.course_progress import course_progress, ungradable_people
from lti_app.roster.beginnings import named_source
from lti_app.roster.groups import groups_of_course
from lti_app.roster.pull_members import ask_for_pull


@journal.route("/<int:activity_id>/settings", methods=["GET", "POST"])
def settings(activity_id: int) -> ResponseReturnValue:
    """Show the settings to a facilitator, and keep changed ones."""
    opened = require_facilitator(open_journal(activity_id))
    present = JournalSettings.from_json(opened.activity.settings)
    form = SettingsForm.showing(present)
    if form.validate_on_submit():
        rules.change_settings(db.session(), opened.activity, settings=form.settings(), at=now())
        db.session.commit()
        flash(gettext("The settings are saved."))
        return redirect(url_for(".show", activity_id=activity_id), 303)
    status = 422 if form.is_submitted() else 200
    return render_template("activities/journal/settings.html", form=form, **page_of(opened)), status


@journal.post("/<int:activity_id>/people")
def refresh_people(activity_id: int) -> ResponseReturnValue:
    """Have the course's list of people read from the platform again; a worker does it in the background."""
    opened = require_facilitator(open_journal(activity_id))
    is_new = ask_for_pull(db.session(), opened.activity.context_id, at=now())
    db.session.commit()
    if is_new:
        flash(gettext("Staffroom is reading the list of people from your LMS. Open this page again in a minute."))
    else:
        flash(gettext("The list of people was asked for a moment ago. You can ask again after five minutes."))
    return redirect(url_for(".show", activity_id=activity_id), 303)


def show_progress(opened: Opened) -> ResponseReturnValue:
    """Show who has finished, of all or of one group; facts only."""
    session, activity = db.session(), opened.activity
    groups = groups_of_course(session, activity.context_id)
    wanted = request.args.get("group", default=0, type=number)
    # A group of another course, or one that is gone, is no filter at all.
    group_id = wanted if wanted in {group.id for group in groups} else 0
    after = request.args.get("after", default=0, type=number)
    people = course_progress(session, activity, after=after, group_id=group_id)
    # Where no score is ever sent, it does not matter who could get one.
    ungradable = (
        activity.line_item_url
        and people.ungradable
        and ungradable_people(session, activity, staff=False, group_id=group_id)
    )
    staff = activity.line_item_url and people.staff and ungradable_people(session, activity, staff=True)
    return render_template(
        "activities/journal/progress.html",
        people=people,
        ungradable=ungradable or (),
        staff=staff or (),
        groups=groups,
        group_id=group_id,
        source=named_source(session, activity),
        **page_of(opened),
    )
