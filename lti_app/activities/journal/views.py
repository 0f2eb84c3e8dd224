"""The journal's pages: one for those who write, one for those who look after the course."""

import re
from typing import Any
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.wrappers import Response

from lti_app.access.opening import Opened, open_activity, require_facilitator, require_participant
from lti_app.access.reading import can_read
from lti_app.activities.journal import service
from lti_app.activities.journal.forms import SettingsForm
from lti_app.activities.journal.models import EntryState, JournalEntry
from lti_app.activities.journal.service import CannotFinish, Save, SaveState
from lti_app.activities.journal.settings import DEFAULT_PROMPT, KEY, JournalSettings
from lti_app.clock import now
from lti_app.db import LARGEST_ID, db
from lti_app.gradebook.course_progress import course_progress, credit_of_member, ungradable_people
from lti_app.models.people import Role
from lti_app.roster.beginnings import named_source
from lti_app.roster.groups import groups_of_course
from lti_app.roster.pull_members import ask_for_pull

# The browser's copy, where it is a cookie (static/js/kept_copy.js); the editor's id follows.
COPY_COOKIE = "__Secure-staffroom-copy-"

_COOKIE_NAME = re.compile(r"[\w-]+", re.ASCII)

journal = Blueprint("journal", __name__)
journal.add_app_template_filter(service.count_words)


@journal.app_template_global()
def new_editor_id() -> str:
    """Return a name for one opening of the editor, so that its saves are known as its own."""
    return uuid4().hex


@journal.get("/<int:activity_id>")
def show(activity_id: int) -> ResponseReturnValue:
    """Show the journal: to a facilitator who has finished, to everybody else who takes part their own entries."""
    opened = _open(activity_id)
    if opened.member.role is Role.NONE:
        return render_template("activities/journal/no_part.html", opened=opened)
    if opened.member.role.looks_after_course:
        return _show_progress(opened)
    return _show_own(opened)


@journal.post("/<int:activity_id>/entries")
def begin(activity_id: int) -> ResponseReturnValue:
    """Open the draft, or begin one."""
    opened = require_participant(_open(activity_id))
    draft = service.open_draft(db.session(), opened.activity, member=opened.member)
    entry_id = draft.id
    db.session.commit()
    return redirect(url_for(".edit", activity_id=activity_id, entry_id=entry_id), 303)


@journal.get("/<int:activity_id>/entries/<int:entry_id>")
def entry(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Show a finished entry to its author; a draft opens in the editor."""
    opened, own = _open_entry(activity_id, entry_id)
    if own.state is EntryState.DRAFT:
        return redirect(url_for(".edit", activity_id=activity_id, entry_id=entry_id))
    return render_template("activities/journal/entry.html", entry=own, **_page(opened))


@journal.get("/<int:activity_id>/entries/<int:entry_id>/edit")
def edit(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Show the editor."""
    opened, own = _open_entry(activity_id, entry_id)
    if own.state is EntryState.FINISHED:
        return redirect(url_for(".entry", activity_id=activity_id, entry_id=entry_id))
    return _editor(opened, own)


@journal.post("/<int:activity_id>/entries/<int:entry_id>/draft")
def save(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Save what the editor holds, and say what became of it: saved, or changed elsewhere meanwhile."""
    _, own = _open_entry(activity_id, entry_id)
    state = service.save_draft(db.session(), own, save=_save_of_form(), at=now())
    answer = {
        "state": state.value,
        "version": own.version,
        "saved_at": _iso(own),
        "is_finished": _is_finished(own),
    }
    if state is SaveState.CONFLICT:
        answer["text"] = own.text
    db.session.commit()
    return answer, 409 if state is SaveState.CONFLICT else 200


@journal.post("/<int:activity_id>/entries/<int:entry_id>/keep")
def keep(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Save a draft without script, and go back to the journal."""
    opened, own = _open_entry(activity_id, entry_id)
    if (conflict := _save_first(opened, own)) is not None:
        return conflict
    db.session.commit()
    return redirect(url_for(".show", activity_id=activity_id), 303)


@journal.post("/<int:activity_id>/entries/<int:entry_id>/finish")
def finish(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Save the text first, in a transaction of its own; then finish, if nothing speaks against it."""
    opened, own = _open_entry(activity_id, entry_id)
    if (conflict := _save_first(opened, own)) is not None:
        return conflict
    db.session.commit()
    try:
        service.finish(db.session(), opened.activity, member=opened.member, entry=own, at=now())
    except CannotFinish as refused:
        db.session.rollback()
        return _editor(opened, own, refused=refused), refused.status
    db.session.commit()
    return _drop_copy(redirect(url_for(".show", activity_id=activity_id), 303), own)


@journal.get("/<int:activity_id>/credit")
def credit(activity_id: int) -> ResponseReturnValue:
    """Show where the asking person's credit is; the journal's page asks while it is on its way."""
    opened = require_participant(_open(activity_id))
    _, present = credit_of_member(db.session(), opened.activity, opened.member)
    return render_template("activities/journal/_credit.html", credit=present, opened=opened)


@journal.route("/<int:activity_id>/settings", methods=["GET", "POST"])
def settings(activity_id: int) -> ResponseReturnValue:
    """Show the settings to a facilitator, and keep changed ones."""
    opened = require_facilitator(_open(activity_id))
    present = JournalSettings.from_json(opened.activity.settings)
    form = SettingsForm.showing(present)
    if form.validate_on_submit():
        service.change_settings(db.session(), opened.activity, settings=form.settings(), at=now())
        db.session.commit()
        flash(gettext("The settings are saved."))
        return redirect(url_for(".show", activity_id=activity_id), 303)
    status = 422 if form.is_submitted() else 200
    return render_template("activities/journal/settings.html", form=form, **_page(opened)), status


@journal.post("/<int:activity_id>/people")
def refresh_people(activity_id: int) -> ResponseReturnValue:
    """Have the course's list of people read from the platform again; a worker does it in the background."""
    opened = require_facilitator(_open(activity_id))
    is_new = ask_for_pull(db.session(), opened.activity.context_id, at=now())
    db.session.commit()
    if is_new:
        flash(gettext("Staffroom is reading the list of people from your LMS. Open this page again in a minute."))
    else:
        flash(gettext("The list of people was asked for a moment ago. You can ask again after five minutes."))
    return redirect(url_for(".show", activity_id=activity_id), 303)


def _open(activity_id: int) -> Opened:
    return open_activity(activity_id, kind=KEY)


def _save_first(opened: Opened, own: JournalEntry) -> ResponseReturnValue | None:
    """Save what the form holds; return the page with both texts where another window saved meanwhile."""
    sent = _save_of_form()
    if service.save_draft(db.session(), own, save=sent, at=now()) is SaveState.CONFLICT:
        return _editor(opened, own, mine=sent.text), 409
    return None


def _show_own(opened: Opened) -> ResponseReturnValue:
    entries = service.own_entries(db.session(), opened.activity, user_id=opened.member.user_id)
    completion, present = credit_of_member(db.session(), opened.activity, opened.member)
    done = completion.done if completion else 0
    return render_template("activities/journal/show.html", entries=entries, done=done, credit=present, **_page(opened))


def _show_progress(opened: Opened) -> ResponseReturnValue:
    session, activity = db.session(), opened.activity
    groups = groups_of_course(session, activity.context_id)
    wanted = request.args.get("group", default=0, type=_number)
    # A group of another course, or one that is gone, is no filter at all.
    group_id = wanted if wanted in {group.id for group in groups} else 0
    after = request.args.get("after", default=0, type=_number)
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
        **_page(opened),
    )


def _open_entry(activity_id: int, entry_id: int) -> tuple[Opened, JournalEntry]:
    """Return the asking person's own entry; `can_read` has the last word, as for every text."""
    opened = require_participant(_open(activity_id))
    own = service.find_entry(db.session(), opened.activity, member=opened.member, entry_id=entry_id)
    if not can_read(opened.member, own):
        raise service.no_such_entry()
    return opened, own


def _drop_copy(response: Response, own: JournalEntry) -> Response:
    """Remove the copy that the browser kept of what is in the finished entry now."""
    name = COPY_COOKIE + _save_of_form().editor_id
    if _COOKIE_NAME.fullmatch(name):
        path = url_for(".entry", activity_id=own.activity_id, entry_id=own.id)
        response.delete_cookie(name, path=path, secure=True, samesite="None", partitioned=True)
    return response


def _editor(opened: Opened, own: JournalEntry, *, mine: str | None = None, refused: CannotFinish | None = None) -> str:
    return render_template("activities/journal/edit.html", entry=own, mine=mine, refused=refused, **_page(opened))


def _page(opened: Opened) -> dict[str, Any]:
    """Return what each of the journal's pages shows in its header."""
    present = JournalSettings.from_json(opened.activity.settings)
    return {
        "opened": opened,
        "settings_": present,
        "prompt": present.prompt or gettext(DEFAULT_PROMPT),
        "is_closed": present.is_closed(now()),
    }


def _number(text: str) -> int:
    """Return a number as our pages send them; a forged one counts as absent."""
    number = int(text) if len(text) <= 10 else -1
    if not 0 <= number <= LARGEST_ID:
        raise ValueError("no number of ours")
    return number


def _save_of_form() -> Save:
    form = request.form
    return Save(
        text=form.get("text", ""),
        based_on=form.get("based_on", default=0, type=_number),
        editor_id=form.get("editor_id", "").replace("\x00", "")[:36],
        sequence=form.get("sequence", default=0, type=_number),
    )


def _iso(own: JournalEntry) -> str | None:
    return own.saved_at.isoformat() if own.saved_at else None


def _is_finished(own: JournalEntry) -> bool:
    return own.state is EntryState.FINISHED
