"""Writing an entry: begin, save, finish."""

import re
from uuid import uuid4

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from lti_app.access.opening import Opened, require_participant
from lti_app.activities.journal.models import EntryState, JournalEntry
from lti_app.activities.journal.service import drafts, finishing
from lti_app.activities.journal.service.drafts import Save, SaveState
from lti_app.activities.journal.service.finishing import CannotFinish
from lti_app.activities.journal.views.pages import journal, number, open_journal, open_own_entry, page_of
from lti_app.clock import now
from lti_app.db import db

# The browser's copy, where it is a cookie (static/js/kept_copy.js); the editor's id follows.
COPY_COOKIE = "__Secure-staffroom-copy-"

_COOKIE_NAME = re.compile(r"[\w-]+", re.ASCII)


@journal.app_template_global()
def new_editor_id() -> str:
    """Return a name for one opening of the editor, so that its saves are known as its own."""
    return uuid4().hex


@journal.post("/<int:activity_id>/entries")
def begin(activity_id: int) -> ResponseReturnValue:
    """Open the draft, or begin one."""
    opened = require_participant(open_journal(activity_id))
    draft = drafts.open_draft(db.session(), opened.activity, member=opened.member)
    entry_id = draft.id
    db.session.commit()
    return redirect(url_for(".edit", activity_id=activity_id, entry_id=entry_id), 303)


@journal.get("/<int:activity_id>/entries/<int:entry_id>/edit")
def edit(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Show the editor."""
    opened, own = open_own_entry(activity_id, entry_id)
    if own.state is EntryState.FINISHED:
        return redirect(url_for(".entry", activity_id=activity_id, entry_id=entry_id))
    return _editor(opened, own)


@journal.post("/<int:activity_id>/entries/<int:entry_id>/draft")
def save(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Save what the editor holds, and say what became of it: saved, or changed elsewhere meanwhile."""
    _, own = open_own_entry(activity_id, entry_id)
    state = drafts.save_draft(db.session(), own, save=_save_of_form(), at=now())
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
    opened, own = open_own_entry(activity_id, entry_id)
    if (conflict := _save_first(opened, own)) is not None:
        return conflict
    db.session.commit()
    return redirect(url_for(".show", activity_id=activity_id), 303)


@journal.post("/<int:activity_id>/entries/<int:entry_id>/finish")
def finish(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Save the text first, in a transaction of its own; then finish, if nothing speaks against it."""
    opened, own = open_own_entry(activity_id, entry_id)
    if (conflict := _save_first(opened, own)) is not None:
        return conflict
    db.session.commit()
    try:
        finishing.finish(db.session(), opened.activity, member=opened.member, entry=own, at=now())
    except CannotFinish as refused:
        db.session.rollback()
        return _editor(opened, own, refused=refused), refused.status
    db.session.commit()
    return _drop_copy(redirect(url_for(".show", activity_id=activity_id), 303), own)


def _save_first(opened: Opened, own: JournalEntry) -> ResponseReturnValue | None:
    """Save what the form holds; return the page with both texts where another window saved meanwhile."""
    sent = _save_of_form()
    if drafts.save_draft(db.session(), own, save=sent, at=now()) is SaveState.CONFLICT:
        return _editor(opened, own, mine=sent.text), 409
    return None


def _drop_copy(response: Response, own: JournalEntry) -> Response:
    """Remove the copy that the browser kept of what is in the finished entry now."""
    name = COPY_COOKIE + _save_of_form().editor_id
    if _COOKIE_NAME.fullmatch(name):
        path = url_for(".entry", activity_id=own.activity_id, entry_id=own.id)
        response.delete_cookie(name, path=path, secure=True, samesite="None", partitioned=True)
    return response


def _editor(opened: Opened, own: JournalEntry, *, mine: str | None = None, refused: CannotFinish | None = None) -> str:
    return render_template("activities/journal/edit.html", entry=own, mine=mine, refused=refused, **page_of(opened))


def _save_of_form() -> Save:
    form = request.form
    return Save(
        text=form.get("text", ""),
        based_on=form.get("based_on", default=0, type=number),
        editor_id=form.get("editor_id", "").replace("\x00", "")[:36],
        sequence=form.get("sequence", default=0, type=number),
    )


def _iso(own: JournalEntry) -> str | None:
    return own.saved_at.isoformat() if own.saved_at else None


def _is_finished(own: JournalEntry) -> bool:
    return own.state is EntryState.FINISHED
