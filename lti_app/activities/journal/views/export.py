"""Taking one's own journal away: HTML, PDF, JSON and everything as one ZIP, without asking anybody."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from flask import Response, current_app
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext
from markupsafe import Markup
from zipstream import ZipStream

from lti_app.access.records import open_own_record
from lti_app.activities.journal.service.attachments import FILES
from lti_app.activities.journal.service.export import as_json, as_pdf
from lti_app.activities.journal.service.export.as_zip import archive_of, chunks_of, files_of, size_of
from lti_app.activities.journal.service.export.entries import OwnEntry, links_of, read_all
from lti_app.activities.journal.service.markdown import to_html
from lti_app.activities.journal.views.pages import journal
from lti_app.activities.journal.views.told import day_of, state_of
from lti_app.clock import now
from lti_app.db import db
from lti_app.models.people import User
from lti_app.models.platform import Registration

_IN_MEMORY = 1024 * 1024
_LETTER_COUNTRIES = {"US", "CA", "MX", "CO", "CL", "VE", "PH"}
_STYLE = Path(__file__).resolve().parents[3] / "static" / "css" / "export.css"


@journal.get("/mine/<int:user_id>/journal.json")
def export_json(user_id: int) -> ResponseReturnValue:
    """Give somebody their entries as JSON, see docs/journal-export.md."""
    user = open_own_record(user_id)
    return _download(_json_of(user), name="journal.json", content_type="application/json; charset=utf-8")


@journal.get("/mine/<int:user_id>/journal.html")
def export_html(user_id: int) -> ResponseReturnValue:
    """Give somebody their entries as one page that needs nothing beside it."""
    user = open_own_record(user_id)
    return _download(_html_of(user), name="journal.html", content_type="application/octet-stream")


@journal.get("/mine/<int:user_id>/journal.pdf")
def export_pdf(user_id: int) -> ResponseReturnValue:
    """Give somebody their entries as PDF; a long journal comes in several, in one ZIP."""
    user = open_own_record(user_id)
    parts = _pdfs_of(user)
    if len(parts) == 1:
        return _download(parts["journal.pdf"], name="journal.pdf", content_type="application/pdf")
    stream = ZipStream(sized=True)
    for name, part in parts.items():
        stream.add(chunks_of(part), name, size=size_of(part))
    return _answer(
        stream, size=len(stream), name="journal-pdf.zip", content_type="application/zip", files=parts.values()
    )


@journal.get("/mine/<int:user_id>/journal.zip")
def export_zip(user_id: int) -> ResponseReturnValue:
    """Give somebody everything in one ZIP; its size is told first, so that the browser shows how far it is."""
    return zip_of(open_own_record(user_id))


def zip_of(user: User) -> Response:
    """Return the answer with everything of a person: documents made first, files read as they are sent."""
    documents = {**_pdfs_of(user), "journal.html": _html_of(user), "journal.json": _json_of(user)}
    files = files_of(db.session(), user, folder=FILES.path)
    archive = archive_of(documents=documents, files=files)
    return _answer(
        archive.chunks,
        size=archive.size,
        name="journal.zip",
        content_type="application/zip",
        files=documents.values(),
    )


def _json_of(user: User) -> IO[bytes]:
    entries = read_all(db.session(), user, translate=gettext)
    return _spooled(piece.encode() for piece in as_json.document(_head(user), entries))


def _html_of(user: User) -> IO[bytes]:
    """The page is written while the entries are read: neither is ever whole in memory."""
    template = current_app.jinja_env.get_template("activities/journal/mine_export.html")
    context: dict[str, Any] = {
        "head": _head(user),
        "entries": read_all(db.session(), user, translate=gettext),
        "to_html": to_html,
        "links_of": links_of,
        "state_of": state_of,
        "day_of": day_of,
        "path_in_zip": as_json.path_in_zip,
        "style": Markup("<style>{}</style>").format(Markup(_STYLE.read_text("utf-8"))),  # noqa: S704 - our own file
    }
    current_app.update_template_context(context)
    return _spooled(piece.encode() for piece in template.generate(context))


def _pdfs_of(user: User) -> dict[str, IO[bytes]]:
    """Return the parts by name; one, an empty one too, is called `journal.pdf`."""
    head, lang = _head(user), str(get_locale())
    given = {
        "title": gettext("My journal"),
        "author": user.name,
        "lang": lang.partition("_")[0],
        "paper": "us-letter" if user.locale[-2:].upper() in _LETTER_COUNTRIES else "a4",
        "note": gettext("Some letters of this journal have no font on the server, so they are missing here."
                        " The HTML and JSON downloads have them all."),
    }  # fmt: skip
    about = [f"{head['person']} · {head['lms']}", gettext("Downloaded on %(day)s", day=day_of(now()))]
    entries = read_all(db.session(), user, translate=gettext)
    made = [_set(given, about, part) for part in as_pdf.parts_of(entries)]
    if not made:
        made = [_set(given, [*about, gettext("Nothing is written yet.")], [])]
    names = ["journal.pdf"] if len(made) == 1 else [f"journal-{number:02}.pdf" for number in range(1, len(made) + 1)]
    return dict(zip(names, made, strict=True))


def _set(given: dict[str, Any], about: list[str], part: list[OwnEntry]) -> IO[bytes]:
    return _spooled(iter([as_pdf.typeset({**given, "about": about}, [_set_entry(entry) for entry in part])]))


def _set_entry(entry: OwnEntry) -> as_pdf.Node:
    content, named = entry.content, ", ".join
    facts = [" · ".join(part for part in (entry.activity or gettext("Journal"), entry.course) if part), state_of(entry)]
    if content.event_on:
        facts.append(gettext("Date of the event: %(day)s", day=day_of(content.event_on)))
    if entry.prompt_title:
        facts.append(gettext("Prompt: %(title)s", title=entry.prompt_title))
    if content.topics:
        facts.append(gettext("Topics: %(names)s", names=named(content.topics)))
    if content.goals:
        facts.append(gettext("Goals and standards: %(names)s", names=named(content.goals)))
    if entry.attachments:
        facts.append(gettext("Attached: %(names)s", names=named(each.name for each in entry.attachments)))
    return {
        "title": content.title or day_of(entry.written_at),
        "facts": facts,
        "answers": [{"question": each.question, "nodes": as_pdf.nodes_of(each.text)} for each in entry.answers],
        "links": [{"url": as_pdf.settable(url), "text": label} for url, label in links_of(content)],
    }


def _head(user: User) -> dict[str, Any]:
    registration = db.session.get_one(Registration, user.registration_id)
    return {"person": user.name, "lms": registration.name, "exported_at": now().isoformat()}


def _spooled(pieces: Iterator[bytes]) -> IO[bytes]:
    """Keep a document until it is sent: on disk, once it is large; it goes when it is closed."""
    with ExitStack() as undo:
        file = undo.enter_context(SpooledTemporaryFile(max_size=_IN_MEMORY))
        for piece in pieces:
            file.write(piece)
        file.seek(0)
        undo.pop_all()
    return file


def _download(file: IO[bytes], *, name: str, content_type: str) -> Response:
    size = size_of(file)
    return _answer(chunks_of(file), size=size, name=name, content_type=content_type, files=[file])


def _answer(
    chunks: Iterable[bytes], *, size: int, name: str, content_type: str, files: Iterable[IO[bytes]]
) -> Response:
    """Its length is told first: that is what a browser shows progress by. A broken-off download closes the files."""
    answer = Response(chunks, content_type=content_type)
    answer.content_length = size
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    for file in files:
        answer.call_on_close(file.close)
    return answer
