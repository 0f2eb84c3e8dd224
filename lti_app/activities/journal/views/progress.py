"""The facilitator's pages: who has finished, and who may take longer; none shows a word that a teacher wrote."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lti_app.access.opening import Opened, require_facilitator
from lti_app.access.refusals import not_there
from lti_app.activities.journal.forms.extensions import ExtensionForm
from lti_app.activities.journal.service import extensions
from lti_app.activities.journal.service.prompting import prompts_of
from lti_app.activities.journal.service.shared import newest_shared
from lti_app.activities.journal.service.standing import standings
from lti_app.activities.journal.settings import JournalSettings
from lti_app.activities.journal.views.pages import journal, number, open_journal, page_of
from lti_app.clock import now
from lti_app.db import LARGEST_ID, db
from lti_app.gradebook.course_progress import course_progress, ungradable_people
from lti_app.gradebook.persons_facts import find_member
from lti_app.models.people import Membership
from lti_app.roster.beginnings import named_source
from lti_app.roster.groups import groups_of_course
from lti_app.roster.pull_members import ask_for_pull


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


@journal.route("/<int:activity_id>/people/<int:user_id>/extension", methods=["GET", "POST"])
def extension(activity_id: int, user_id: int) -> ResponseReturnValue:
    """Give one person longer than the others, or take that back."""
    opened = require_facilitator(open_journal(activity_id))
    member = _member_of(opened, user_id)
    form = ExtensionForm.showing(
        JournalSettings.from_json(opened.activity.settings),
        extensions.window_of(db.session(), opened.activity, member.user_id),
    )
    if not form.validate_on_submit():
        page = render_template("activities/journal/extension.html", form=form, member=member, **page_of(opened))
        return page, 422 if form.is_submitted() else 200
    extensions.extend(
        db.session(),
        opened.activity,
        user_id=member.user_id,
        window=form.window(),
        granted_by_id=opened.member.user_id,
        at=now(),
    )
    db.session.commit()
    flash(gettext("The dates are saved."))
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
        standings=standings(session, activity, people.people, at=now()),
        prompts=prompts_of(session, activity),
        ungradable=ungradable or (),
        staff=staff or (),
        groups=groups,
        group_id=group_id,
        source=named_source(session, activity),
        newest=newest_shared(session, activity, member=opened.member),
        **page_of(opened),
    )


def _member_of(opened: Opened, user_id: int) -> Membership:
    """Return the membership of somebody who does the work of this course; nobody else can be given longer."""
    member = find_member(db.session(), opened.activity, user_id=min(user_id, LARGEST_ID))
    if member is None:
        raise not_there()
    return member
