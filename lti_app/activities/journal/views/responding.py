"""Answering what is shared: responses of readers, replies, what is dealt with, and what is taken back."""

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lti_app.access.opening import Opened
from lti_app.activities.journal.service import openings, responding, shared
from lti_app.activities.journal.service.paragraphs import reading_of
from lti_app.activities.journal.service.responding import CannotRespond
from lti_app.activities.journal.service.shared import Shared
from lti_app.activities.journal.views.pages import journal, open_journal
from lti_app.activities.journal.views.reading import address_of, open_shared, reading_page
from lti_app.clock import now
from lti_app.db import db


@journal.post("/<int:activity_id>/shared/<int:entry_id>/responses")
def respond_to_entry(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Keep a response to an entry, or to one paragraph of it."""
    answer = _respond(activity_id, entry_id=entry_id)
    db.session.commit()
    return answer


@journal.post("/<int:activity_id>/excerpts/<int:excerpt_id>/responses")
def respond_to_excerpt(activity_id: int, excerpt_id: int) -> ResponseReturnValue:
    """Keep a response to an excerpt, or to one paragraph of it."""
    open_journal(activity_id)
    entry_id = shared.entry_of_excerpt(db.session(), excerpt_id)
    answer = _respond(activity_id, entry_id=entry_id, excerpt_id=excerpt_id)
    db.session.commit()
    return answer


@journal.post("/<int:activity_id>/responses/<int:response_id>/replies")
def reply(activity_id: int, response_id: int) -> ResponseReturnValue:
    """Keep a reply of the author, or of who gave the response."""
    opened = open_journal(activity_id)
    session, member, text = db.session(), opened.member, request.form.get("text", "")
    found, response = responding.find_thread(session, opened.activity, member=member, response_id=response_id)
    try:
        responding.reply(session, found, response, member=member, text=text, at=now())
    except CannotRespond as refused:
        kept = {"reply_to": response_id, "text": text}
        page = _refused_page(opened, found, refused, kept)
        db.session.commit()
        return page, refused.status
    db.session.commit()
    flash(gettext("Your reply is there."))
    return redirect(f"{address_of(activity_id, found)}#response-{response_id}", 303)


@journal.post("/<int:activity_id>/responses/<int:response_id>/resolve")
def resolve(activity_id: int, response_id: int) -> ResponseReturnValue:
    """Let the author put a response aside, or take it up again."""
    opened = open_journal(activity_id)
    found, response = responding.find_thread(
        db.session(), opened.activity, member=opened.member, response_id=response_id
    )
    responding.resolve(found, response, is_resolved=request.form.get("is_resolved") == "1", at=now())
    db.session.commit()
    return redirect(f"{address_of(activity_id, found)}#response-{response_id}", 303)


@journal.post("/<int:activity_id>/responses/<int:response_id>/withdraw")
def withdraw_response(activity_id: int, response_id: int) -> ResponseReturnValue:
    """Take back a response or a reply of one's own."""
    opened = open_journal(activity_id)
    response = responding.own_response(db.session(), opened.activity, member=opened.member, response_id=response_id)
    responding.withdraw(db.session(), response)
    db.session.commit()
    flash(gettext("Your words are taken back."))
    return redirect(_back(activity_id), 303)


def _respond(activity_id: int, *, entry_id: int, excerpt_id: int | None = None) -> ResponseReturnValue:
    """Keep a response, uncommitted, or give the page back with what was typed and why it was refused."""
    opened, found = open_shared(activity_id, entry_id=entry_id, excerpt_id=excerpt_id)
    session, kept = db.session(), {name: request.form.get(name, "") for name in ("kind", "text", "paragraph")}
    paragraphs = reading_of(session, opened.activity, found).paragraphs
    try:
        response = responding.respond(
            session,
            found,
            member=opened.member,
            kind=kept["kind"],
            text=kept["text"],
            paragraph=responding.marked(paragraphs, kept["paragraph"]),
            at=now(),
        )
    except CannotRespond as refused:
        return _refused_page(opened, found, refused, kept), refused.status
    flash(gettext("Your response is there, for the author and for you."))
    return redirect(f"{address_of(activity_id, found)}#response-{response.id}", 303)


def _refused_page(opened: Opened, found: Shared, refused: CannotRespond, kept: dict[str, Any]) -> str:
    """Return the page with what was typed; it shows every word, so it is a reading like any other."""
    openings.record_opening(db.session(), found, reader=opened.member, at=now())
    return reading_page(opened, found, refused=refused, kept=kept)


def _back(activity_id: int) -> str:
    """Return the page that the form was on, if it is one of this journal's; else the list of what is shared."""
    path, journal_path = request.form.get("back", ""), url_for(".show", activity_id=activity_id)
    is_ours = path.startswith(f"{journal_path}/") and path.isprintable()
    return path if is_ours else url_for(".shared_with_me", activity_id=activity_id)
