"""Files of an entry: attach one, give it back, remove it. The editor's script asks for JSON, and stays on its page."""

from typing import IO, Any

from flask import flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal, gettext

from lti_app.activities.journal.models import Attachment, EntryState, JournalEntry
from lti_app.activities.journal.service import attachments, openings
from lti_app.activities.journal.service.file_kinds import ENDINGS, CannotAttach, label_of
from lti_app.activities.journal.views.pages import journal, open_own_entry
from lti_app.activities.journal.views.reading import open_shared
from lti_app.clock import now
from lti_app.db import db
from lti_app.errors import NotThere, ToolError, sentence

# The file, and around it the form's token and the parts' headers.
MOST_REQUEST_BYTES = attachments.MOST_BYTES + 64 * 1024


@journal.app_template_filter()
def file_size(size: int) -> str:
    """Return a number of bytes as people say it, in their language's way of writing numbers."""
    if size < 1_000_000:
        said: str = gettext("%(number)s\N{NO-BREAK SPACE}kB", number=format_decimal(max(1, round(size / 1000))))
    else:
        said = gettext("%(number)s\N{NO-BREAK SPACE}MB", number=format_decimal(round(size / 1_000_000, 1)))
    return said


@journal.app_template_filter()
def file_kind(content_type: str) -> str:
    """Return what people call a stored type."""
    label: str = gettext(label_of(content_type))
    return label


@journal.app_template_global()
def attachment_limits() -> dict[str, Any]:
    """Return what the upload's form says and checks beforehand: `endings`, `bytes` and `files`."""
    return {"endings": ",".join(ENDINGS), "bytes": attachments.MOST_BYTES, "files": attachments.MOST_FILES}


@journal.url_value_preprocessor
def _let_file_in(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Let the body of an upload be larger than others, for the author of the entry and nobody else.

    This comes before the check of the form's token, which reads the body.
    """
    if endpoint != f"{journal.name}.attach":
        return
    open_own_entry(**(values or {}))
    if (request.content_length or 0) > MOST_REQUEST_BYTES:
        raise attachments.file_too_large()
    request.max_content_length = MOST_REQUEST_BYTES


@journal.post("/<int:activity_id>/entries/<int:entry_id>/attachments")
def attach(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Attach the sent file to the draft."""
    _, own = open_own_entry(activity_id, entry_id)
    try:
        name, stream = _sent_file()
        attachment = attachments.attach(db.session(), own, name=name, stream=stream, at=now())
    except CannotAttach as refused:
        db.session.rollback()
        if not _asks_for_json():
            raise
        return {"state": "refused", "said": _sentences(refused)}, refused.status
    said = gettext("“%(name)s” is attached.", name=attachment.name)
    db.session.commit()
    return _done(activity_id, own, said=said)


@journal.get("/<int:activity_id>/entries/<int:entry_id>/attachments/<int:attachment_id>")
def attachment(activity_id: int, entry_id: int, attachment_id: int) -> ResponseReturnValue:
    """Give a file back, to be saved and never to be shown as a page of ours."""
    found = _open_attachment(activity_id, entry_id, attachment_id)
    path = attachments.FILES.find(found.stored_as)
    if path is None:
        raise attachments.no_such_file()
    answer = send_file(path, mimetype=found.content_type, as_attachment=True, download_name=found.name, etag=False)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@journal.post("/<int:activity_id>/entries/<int:entry_id>/attachments/<int:attachment_id>/remove")
def detach(activity_id: int, entry_id: int, attachment_id: int) -> ResponseReturnValue:
    """Remove a file; the page asks before it posts here."""
    opened, own = open_own_entry(activity_id, entry_id)
    found = attachments.find_attachment(db.session(), own, attachment_id)
    said = gettext("“%(name)s” is removed.", name=found.name)
    attachments.remove_attachment(db.session(), opened.activity, entry=own, attachment=found)
    db.session.commit()
    return _done(activity_id, own, said=said)


def _open_attachment(activity_id: int, entry_id: int, attachment_id: int) -> Attachment:
    """Return a file of an own entry, or of one that the asking person may read whole; then it is on record."""
    session = db.session()
    try:
        opened, found = open_shared(activity_id, entry_id=entry_id)
    except NotThere:
        _, own = open_own_entry(activity_id, entry_id)
        return attachments.find_attachment(session, own, attachment_id)
    attachment = attachments.find_attachment(session, found.entry, attachment_id)
    openings.record_opening(session, found, reader=opened.member, at=now())
    session.commit()
    return attachment


def _sent_file() -> tuple[str, IO[bytes]]:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise CannotAttach(sentence("No file was chosen."), sentence("Choose a file, then attach it."))
    return sent.filename, sent.stream


def _asks_for_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _sentences(error: ToolError) -> str:
    return " ".join(gettext(text, **error.values) for text in (error.happened, error.advice))


def _done(activity_id: int, own: JournalEntry, *, said: str) -> ResponseReturnValue:
    """Answer the script with the new list, anybody else with the page that they came from."""
    if _asks_for_json():
        attached = attachments.attached_to(db.session(), own)
        listed = render_template("activities/journal/_attachment_list.html", attached=attached, activity_id=activity_id)
        return {"state": "done", "said": said, "list": listed}
    flash(said)
    page = ".edit" if own.state is EntryState.DRAFT else ".entry"
    return redirect(url_for(page, activity_id=activity_id, entry_id=own.id), 303)
