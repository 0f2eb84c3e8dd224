"""Error pages: what happened, what to do now, a reference number, and any text that was being sent."""

import errno

import structlog
from flask import Flask, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from lti_app.db import db
from lti_app.errors import NotThere, SignInEnded, ToolError, sentence

log = structlog.get_logger()

_OPEN_AGAIN = sentence("Open the activity again from your course.")
_SENTENCES = {
    403: (sentence("This page was asked for from somewhere else."), _OPEN_AGAIN),
    404: (sentence("There is nothing here for you."), _OPEN_AGAIN),
    405: (sentence("This page cannot be opened this way."), _OPEN_AGAIN),
    413: (
        sentence("This is more than Staffroom can take at once (2 MB)."),
        sentence("Go back, split your text into two entries, and send them one after the other."),
    ),
}
_UNEXPECTED = (
    sentence("Something went wrong on our side."),
    sentence("What you wrote is still in this browser. Wait a minute and try again."),
)
# The fields in which people write at length, beside those that begin with "answer-".
_WRITTEN = {"title", "topics", "goals", "links", "text"}
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DATABASE_AWAY = (
    sentence("Staffroom cannot save anything just now."),
    sentence("What you wrote is still in this browser. Wait a minute and try again."),
)


def show_error(error: ToolError) -> ResponseReturnValue:
    """Return the page for an error, or JSON where a script asked."""
    log.warning(
        "error_shown",
        reference=error.reference,
        status=error.status,
        endpoint=request.endpoint,
        error=type(error).__name__,
    )
    if request.accept_mimetypes.best == "application/json":
        state = "session_ended" if isinstance(error, SignInEnded) else "refused"
        answer = make_response({"state": state, "reference": error.reference}, error.status)
    else:
        page = render_template("errors/page.html", error=error, kept_text=_kept_text())
        answer = make_response(page, error.status)
    answer.retry_after = error.retry_after
    return answer


def register(app: Flask) -> None:
    """Give every error its page."""
    app.register_error_handler(ToolError, show_error)
    app.register_error_handler(CSRFError, _session_ended)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(InterfaceError, _database_away)
    app.register_error_handler(OSError, _system_error)
    app.register_error_handler(Exception, _unexpected)


def _session_ended(_error: CSRFError) -> ResponseReturnValue:
    """A missing or foreign form token means, for a person: the session that made the page is over."""
    return show_error(SignInEnded(sentence("Your session has ended."), _OPEN_AGAIN))


def _http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    if status == 404:
        return show_error(NotThere(*_SENTENCES[404]))
    default = _UNEXPECTED if status >= 500 else (sentence("This request cannot be understood."), _OPEN_AGAIN)
    happened, advice = _SENTENCES.get(status, default)
    answer = make_response(show_error(ToolError(happened, advice, status=status)))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.allow.update(error.valid_methods)
    return answer


def _database_away(error: Exception) -> ResponseReturnValue:
    return _logged(error, *_DATABASE_AWAY, status=503)


def _system_error(error: OSError) -> ResponseReturnValue:
    """A full disk is told as such: a larger upload is written to one before any page of ours sees it."""
    return _logged(error, *_DATABASE_AWAY, status=507) if error.errno in _DISK_FULL else _unexpected(error)


def _unexpected(error: Exception) -> ResponseReturnValue:
    return _logged(error, *_UNEXPECTED, status=500)


def _logged(error: Exception, happened: str, advice: str, *, status: int) -> ResponseReturnValue:
    db.session.rollback()
    shown = ToolError(happened, advice, status=status)
    # The kind and place of the error only: its text may carry what a person wrote.
    log.error("error_unexpected", reference=shown.reference, error=type(error).__name__, where=_where(error))
    return show_error(shown)


def _where(error: Exception) -> str:
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return "" if place is None else f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}"


def _kept_text() -> str:
    """Return the text that a refused form carried, so that the page can give it back."""
    if request.method != "POST" or request.blueprint in {"lti", "notices"}:
        return ""
    try:
        written = (text for name, text in request.form.items() if name in _WRITTEN or name.startswith("answer-"))
        return "\n\n".join(text for text in written if text)
    except HTTPException:
        return ""  # larger than is read; the browser has its own copy
