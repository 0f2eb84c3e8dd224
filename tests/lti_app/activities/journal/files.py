"""Small files of every kind, made in one line, and a teacher who attaches them."""

import io
import re
import zipfile
from pathlib import Path
from typing import Any

from flask import current_app
from werkzeug.test import TestResponse

from lti_app.activities.journal.models import Attachment, EntryState, JournalEntry
from lti_app.activities.journal.service.attachments import attach
from lti_app.clock import now
from lti_app.db import db
from tests.lti_app.activities.journal.writing import Draft, hidden_fields
from tests.visitor import Visitor

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 40
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 40
GIF = b"GIF89a" + b"\x00" * 40
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 " + b"\x00" * 40
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 40
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
TEXT = "What the class said: “we stopped at the third flask”.\n".encode()
PROGRAM = b"MZ\x90\x00" + b"\x00" * 60 + b"PE\x00\x00"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


def office(main: str, *others: str) -> bytes:
    """Return an Office Open XML file with this main part."""
    return archive({"[Content_Types].xml": b"<Types/>", main: b"<x/>", **dict.fromkeys(others, b"x")})


def open_document(kind: str) -> bytes:
    """Return an OpenDocument file of this kind."""
    declared = f"application/vnd.oasis.opendocument.{kind}".encode()
    return archive({"mimetype": declared, "content.xml": b"<x/>"})


def archive(parts: dict[str, bytes]) -> bytes:
    """Return a ZIP archive with these parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        for name, content in parts.items():
            opened.writestr(name, content)
    return file.getvalue()


def a_file(entry: JournalEntry, name: str = "plan.pdf", *, content: bytes = PDF) -> Attachment:
    """Attach a file to the row as if it were a draft; committed."""
    state, entry.state = entry.state, EntryState.DRAFT
    db.session.flush()
    attachment = attach(db.session(), entry, name=name, stream=io.BytesIO(content), at=now())
    entry.state = state
    db.session.commit()
    return attachment


def upload(
    visitor: Visitor, draft: Draft, content: bytes = PDF, name: str = "Lesson plan.pdf", *, as_script: bool = False
) -> TestResponse:
    """Press "Attach", or do what the page's script does then."""
    return send_body(visitor, draft, upload_body(draft, content, name), as_script=as_script)


def upload_body(draft: Draft, content: bytes, name: str) -> bytes:
    """Return what a browser sends for the upload's form."""
    token = hidden_fields(draft.page)["csrf_token"]
    head = f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
    file = name.replace('"', "%22")
    head += f'--x\r\nContent-Disposition: form-data; name="file"; filename="{file}"\r\n\r\n'
    return head.encode() + content + b"\r\n--x--\r\n"


def send_body(visitor: Visitor, draft: Draft, body: bytes, *, as_script: bool = False, **request: Any) -> TestResponse:
    """Post this body to the draft's files."""
    return visitor.client.post(
        f"{draft.path}/attachments",
        input_stream=io.BytesIO(body),
        content_type="multipart/form-data; boundary=x",
        base_url=visitor.base_url,
        headers={"Origin": visitor.origin, "Accept": "application/json" if as_script else "text/html"},
        **request,
    )


def download(visitor: Visitor, address: str) -> TestResponse:
    """Return the answer whole; the server's file is closed, as a server closes it."""
    answer = visitor.get(address)
    answer.get_data()
    answer.close()
    return answer


def links(page: TestResponse) -> dict[str, str]:
    """Return the address of each file on the page, by its name."""
    found = re.findall(r'<a href="([^"]+/attachments/\d+)"><bdi>([^<]*)</bdi></a>', page.text)
    return {name: address for address, name in found}


def on_disk() -> dict[str, Path]:
    """Return what is in the journal's folder, by its name there."""
    folder = Path(current_app.config["STAFFROOM_ATTACHMENTS_PATH"]) / "journal"
    return {path.name: path for path in folder.iterdir()} if folder.is_dir() else {}
