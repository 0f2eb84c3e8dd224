"""Writing an entry: begin, save, look at it, finish."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.wrappers import Response

from lti_app.access.opening import Opened, require_participant
from lti_app.activities.journal.models import EntryState, JournalEntry
from lti_app.activities.journal.prompts.sets import PromptSet
from lti_app.activities.journal.service import drafts, finishing, revising
from lti_app.activities.journal.service.attachments import attached_to
from lti_app.activities.journal.service.content import Content, content_of, own_tags
from lti_app.activities.journal.service.drafts import SaveState
from lti_app.activities.journal.service.finishing import CannotFinish
from lti_app.activities.journal.service.markdown import to_html
from lti_app.activities.journal.service.prompting import prompt_of, prompts_of
from lti_app.activities.journal.service.sharing import count_readers
from lti_app.activities.journal.views.fields import (
    based_on_of_form,
    chosen_prompt,
    content_of_form,
    editor_id_of_form,
    save_of_form,
)
from lti_app.activities.journal.views.pages import journal, open_journal, open_own_entry, page_of
from lti_app.clock import now
from lti_app.db import db

# The browser's copy, where it is a cookie (static/js/kept_copy.js); the editor's id follows.
COPY_COOKIE = "__Secure-staffroom-copy-"

_COOKIE_NAME = re.compile(r"[\w-]+", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Writing:
    """An own entry that is open for writing, and the prompt that it answers."""

    opened: Opened
    own: JournalEntry
    prompt: PromptSet


@journal.app_template_global()
def new_editor_id() -> str:
    """Return a name for one opening of the editor, so that its saves are known as its own."""
    return uuid4().hex


@journal.app_template_filter()
def as_html(markdown: str) -> Markup:
    """Return Markdown as HTML that is safe to show."""
    return to_html(markdown)


@journal.post("/<int:activity_id>/entries")
def begin(activity_id: int) -> ResponseReturnValue:
    """Open the draft for the chosen prompt, or begin one."""
    opened = require_participant(open_journal(activity_id))
    session = db.session()
    drafts.require_open(session, opened.activity, member=opened.member, at=now())
    prompt = chosen_prompt(prompts_of(session, opened.activity))
    draft = drafts.open_draft(session, opened.activity, member=opened.member, prompt=prompt)
    entry_id = draft.id
    db.session.commit()
    return redirect(url_for(".edit", activity_id=activity_id, entry_id=entry_id), 303)


@journal.get("/<int:activity_id>/entries/<int:entry_id>/edit")
def edit(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Show the editor."""
    writing = _open_writing(activity_id, entry_id)
    if writing.own.state is not EntryState.DRAFT:
        return redirect(url_for(".entry", activity_id=activity_id, entry_id=entry_id))
    return _editor(writing)


@journal.post("/<int:activity_id>/entries/<int:entry_id>/draft")
def save(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Save what the editor holds, and say what became of it: saved, or changed elsewhere meanwhile."""
    writing = _open_writing(activity_id, entry_id)
    own = writing.own
    state = drafts.save_draft(db.session(), own, save=save_of_form(writing.prompt), at=now())
    answer: dict[str, Any] = {
        "state": state.value,
        "version": own.version,
        "saved_at": own.saved_at.isoformat() if own.saved_at else None,
        "is_finished": own.state is not EntryState.DRAFT,
    }
    if state is SaveState.CONFLICT:
        answer["fields"] = content_of(db.session(), own).to_fields()
    db.session.commit()
    return answer, 409 if state is SaveState.CONFLICT else 200


@journal.post("/<int:activity_id>/entries/<int:entry_id>/preview")
def preview(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Show what was typed as readers will see it, above the editor; nothing is saved, and nothing is lost."""
    writing = _open_writing(activity_id, entry_id)
    return _editor(writing, typed=content_of_form(writing.prompt), based_on=based_on_of_form(), is_preview=True)


@journal.post("/<int:activity_id>/entries/<int:entry_id>/keep")
def keep(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Save a draft without script, and go back to the journal."""
    writing = _open_writing(activity_id, entry_id)
    if (conflict := _save_first(writing)) is not None:
        return conflict
    db.session.commit()
    return redirect(url_for(".show", activity_id=activity_id), 303)


@journal.post("/<int:activity_id>/entries/<int:entry_id>/finish")
def finish(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Save the text first, in a transaction of its own; then finish, if nothing speaks against it."""
    writing = _open_writing(activity_id, entry_id)
    if (conflict := _save_first(writing)) is not None:
        return conflict
    db.session.commit()
    try:
        leads_to = _finish(writing)
    except CannotFinish as refused:
        db.session.rollback()
        return _editor(writing, refused=refused), refused.status
    db.session.commit()
    return _drop_copy(redirect(leads_to, 303), activity_id=activity_id, entry_id=entry_id)


def _finish(writing: Writing) -> str:
    """Finish the entry, or the revision of one, and return the address that this leads to."""
    session, activity = db.session(), writing.opened.activity
    if writing.own.revises_id is None:
        finishing.finish(session, activity, member=writing.opened.member, entry=writing.own, at=now())
        return url_for(".show", activity_id=activity.id)
    draft_id = writing.own.id
    entry = revising.finish_revision(session, activity, draft=writing.own, at=now())
    return url_for(".versions", activity_id=activity.id, entry_id=entry.id, revision=draft_id)


def _open_writing(activity_id: int, entry_id: int) -> Writing:
    opened, own = open_own_entry(activity_id, entry_id)
    prompt = prompt_of(db.session(), opened.activity, key=own.prompt_key, version=own.prompt_version)
    return Writing(opened=opened, own=own, prompt=prompt)


def _save_first(writing: Writing) -> ResponseReturnValue | None:
    """Save what the form holds; return the page with both texts where another window saved meanwhile."""
    sent = save_of_form(writing.prompt)
    if drafts.save_draft(db.session(), writing.own, save=sent, at=now()) is SaveState.CONFLICT:
        return _editor(writing, typed=sent.content, is_conflict=True), 409
    return None


def _drop_copy(response: Response, *, activity_id: int, entry_id: int) -> Response:
    """Remove the copy that the browser kept of what is in the finished entry now."""
    name = COPY_COOKIE + editor_id_of_form()
    if _COOKIE_NAME.fullmatch(name):
        path = url_for(".entry", activity_id=activity_id, entry_id=entry_id)
        response.delete_cookie(name, path=path, secure=True, samesite="None", partitioned=True)
    return response


def _editor(
    writing: Writing,
    *,
    typed: Content | None = None,
    based_on: int | None = None,
    is_conflict: bool = False,
    is_preview: bool = False,
    refused: CannotFinish | None = None,
) -> str:
    """Return the page with what was typed, or else what is saved; in a conflict with both."""
    session, opened, own = db.session(), writing.opened, writing.own
    saved = content_of(session, own)
    shared = page_of(opened)
    # A closed journal takes revisions, too.
    closed = own.revises_id is None and shared["is_closed"]
    return render_template(
        "activities/journal/edit.html",
        entry=own,
        prompt_set=writing.prompt,
        saved=saved.to_fields(),
        fields=(typed or saved).to_fields(),
        preview=typed if is_preview else None,
        based_on=own.version if based_on is None else based_on,
        is_conflict=is_conflict,
        refused=refused,
        suggestions=own_tags(session, user_id=own.user_id),
        attached=attached_to(session, own),
        readers=count_readers(
            session, opened.activity, author=opened.member, entry_id=own.revises_id or own.id, excerpt_id=None
        ),
        **{**shared, "is_closed": closed},
    )
