"""Taking one's journal away: as JSON, HTML, PDF and one ZIP; complete, in order, and safe to open."""

import io
import json
import re
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import pytest
from flask import Flask

from lti_app.activities.journal.models import (
    Attachment,
    EntryResponse,
    EntryState,
    EntryTag,
    EntryVersion,
    Excerpt,
    JournalEntry,
    ResponseKind,
    Share,
    ShareScope,
    TagKind,
)
from lti_app.activities.journal.service.content import Content, Link
from lti_app.activities.journal.service.export import as_pdf
from lti_app.activities.journal.service.export.as_zip import archive_of
from lti_app.activities.journal.service.export.entries import READ_AT_ONCE
from lti_app.db import db
from tests.lti_app.activities.journal.owning import NOON, many, signed_in, write
from tests.lti_app.activities.journal.schema import faults
from tests.lti_app.activities.journal.test_course_page import counted_queries
from tests.lti_app.activities.journal.writing import SECRET
from tests.visitor import OTHER_TEACHER, Visitor

ROOT = Path(__file__).resolve().parents[4]
SCHEMA = json.loads((ROOT / "docs" / "journal-export.schema.json").read_text())
HEAD = {"title": "T", "author": "A", "lang": "en", "paper": "a4", "note": "letters are missing", "about": ["A"]}
HOSTILE = '#panic("no") #read("/etc/passwd") $x$ *b* <script>alert(1)</script> </style> "]} \\ //'


@pytest.fixture
def user_id(visitor: Visitor, app: Flask) -> int:
    """A teacher with a rich entry, a draft and a withdrawn one; a colleague wrote a secret."""
    colleague = signed_in(visitor, OTHER_TEACHER)
    write(colleague, SECRET)
    found = signed_in(visitor)
    (rich,) = write(
        found, HOSTILE, title=HOSTILE, prompt_key="what-so-what-now-what",
        answers={"so-what": "It *mattered*.", "gone": "A step that is no more.", "what": HOSTILE},
        links=[{"url": "https://example.org", "label": "Source"}, {"url": "javascript:alert(1)", "label": "Bad"}],
    )  # fmt: skip
    write(found, "Half a thought", state=EntryState.DRAFT, finished_at=None)
    write(found, "", state=EntryState.WITHDRAWN, withdrawn_at=NOON, purged_at=NOON, answers={})
    write(found, "Taken back", state=EntryState.WITHDRAWN, withdrawn_at=NOON)
    write(found, "Said better", state=EntryState.DRAFT, finished_at=None, revises_id=rich)
    folder = Path(app.instance_path) / "attachments" / "journal"
    folder.mkdir(parents=True)
    (folder / "aaaa").write_bytes(b"picture")
    earlier = Content(title="At first", answers={"what": "*Earlier*"}, goals=("Standard 2",), links=(Link(url="x"),))
    db.session.add_all(
        [
            EntryTag(entry_id=rich, name="rivers"),
            EntryTag(entry_id=rich, kind=TagKind.GOAL, name="Standard 3"),
            EntryVersion(entry_id=rich, number=1, content=earlier.to_json(), finished_at=NOON, replaced_at=NOON),
            Excerpt(entry_id=rich, title="A passage", text="It mattered."),
            Share(entry_id=rich, scope=ShareScope.PERSON, user_id=colleague),
            EntryResponse(entry_id=rich, user_id=colleague, kind=ResponseKind.WONDERED, text="How did they take it?"),
            _attachment(rich, found, name="../../a\\b.png", stored_as="aaaa"),
            _attachment(rich, found, name="lost.pdf", stored_as="bbbb"),
        ]
    )
    db.session.commit()
    return found


def _attachment(entry_id: int, user_id: int, **values: Any) -> Attachment:
    return Attachment(entry_id=entry_id, user_id=user_id, content_type="image/png", size=7, **values)


def _inflated(pdf: bytes) -> bytes:
    """Return a PDF with its compressed streams opened."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    opened = [zlib.decompressobj().decompress(stream) for stream in streams if stream[:1] == b"\x78"]
    return pdf + b"".join(opened)


def test_json_when_downloaded_then_has_all_of_it_as_the_schema_says(visitor: Visitor, user_id: int) -> None:
    answer = visitor.get(f"/journal/mine/{user_id}/journal.json")

    document = json.loads(answer.text)
    first, draft, purged, withdrawn, revision = document["entries"]
    assert answer.content_length == len(answer.data)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="journal.json"'
    assert list(faults(document, SCHEMA, whole=SCHEMA)) == []
    assert (first["text"], first["topics"], first["goals"]) == (HOSTILE, ["rivers"], ["Standard 3"])
    assert [(step["question"], step["text"]) for step in first["answers"]] == [
        ("What happened?", HOSTILE),
        ("What does it mean to you?", "It *mattered*."),
        ("", "A step that is no more."),
    ]
    (earlier,) = first["versions"]
    assert (earlier["title"], earlier["goals"]) == ("At first", ["Standard 2"])
    assert [step["text"] for step in earlier["answers"]] == ["*Earlier*"]
    assert [first[name][0]["text"] for name in ("excerpts", "responses")] == ["It mattered.", "How did they take it?"]
    assert (draft["state"], draft["answers"][0]["text"]) == ("draft", "Half a thought")
    assert (purged["state"], purged["answers"], purged["text"]) == ("withdrawn", [], "")
    assert (withdrawn["text"], withdrawn["erased_at"]) == ("Taken back", "2026-04-03T12:00:00+00:00")
    assert (revision["revises_id"], revision["text"]) == (first["id"], "Said better")
    assert SECRET not in answer.text


def test_html_when_downloaded_then_stands_alone_and_runs_nothing(visitor: Visitor, user_id: int) -> None:
    answer = visitor.get(f"/journal/mine/{user_id}/journal.html")

    page = answer.text
    assert answer.headers["Content-Disposition"] == 'attachment; filename="journal.html"'
    assert page.index("It <em>mattered</em>.") < page.index("A step that is no more.") < page.index("Half a thought")
    assert (page.count("<h1"), page.count("<h2"), page.count("</article>")) == (1, 5, 5)
    assert "<h3><bdi>What does it mean to you?</bdi></h3>" in page
    assert "<h3>Version 1: <bdi>At first</bdi></h3>" in page
    assert "<em>Earlier</em>" in page
    assert [
        said in page
        for said in (
            "withdrawn, its text can be restored until April 3, 2026",
            "withdrawn, and its text erased March 4, 2026",
            "A revision that is not finished, begun March 4, 2026",
        )
    ] == [True] * 3
    assert '<html lang="en">' in page
    assert [word in page for word in ("<script", "javascript:", "stylesheet", "src=", SECRET)] == [False] * 5
    assert "https://example.org" in page


def test_pdf_when_downloaded_then_is_tagged_titled_and_in_its_language(visitor: Visitor, user_id: int) -> None:
    answer = visitor.get(f"/journal/mine/{user_id}/journal.pdf")

    pdf = _inflated(answer.data)
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert pdf.startswith(b"%PDF-")
    assert re.search(rb"/MarkInfo\s*<<[^>]*/Marked true", pdf)
    assert [mark in pdf for mark in (b"/StructTreeRoot", b"/Lang", b"/DisplayDocTitle true")] == [True] * 3
    assert b"pdfuaid:part>1<" in pdf
    assert b"My journal" in pdf


@pytest.mark.parametrize(
    ("written", "is_ua"),
    [
        (HOSTILE, True),
        ("# One\n\n### Three\n\n- a\n  1. b\n\n> q\n\n```\ncode\n```\n\n---\n\nx  \ny", True),
        (">" * 500 + "deep", True),
        ("- " * 200 + "deep", True),
        ("", True),
        ("[](https://example.org) [x]() ![alt](https://example.org/a.png)", True),
        ("Здравствуйте, καλημέρα", True),
        ("\U00013000 a sign that no font here has", False),
    ],
)
def test_pdf_when_texts_are_strange_then_is_made_and_says_where_letters_lack(written: str, is_ua: bool) -> None:
    entry = {"title": HOSTILE, "facts": [HOSTILE], "links": [{"url": "", "text": HOSTILE}]}
    answers = [{"question": HOSTILE, "nodes": as_pdf.nodes_of(written)}, {"question": "", "nodes": []}]

    pdf = _inflated(as_pdf.typeset(HEAD, [{**entry, "answers": answers}]))

    assert b"/StructTreeRoot" in pdf
    assert (b"pdfuaid:part>1<" in pdf) is is_ua


def test_zip_when_downloaded_then_holds_documents_and_files_and_names_what_is_lost(
    visitor: Visitor, user_id: int
) -> None:
    answer = visitor.get(f"/journal/mine/{user_id}/journal.zip")

    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    (row,) = [entry for entry in json.loads(archive.read("journal.json"))["entries"] if entry["attachments"]]
    kept, lost = (each["path_in_zip"] for each in row["attachments"])
    assert answer.content_length == len(answer.data)
    assert archive.testzip() is None
    assert archive.namelist() == ["journal.pdf", "journal.html", "journal.json", kept, "attachments/missing.txt"]
    assert archive.read(kept) == b"picture"
    assert (".." in Path(kept).parts, kept.count("/"), kept.endswith("_.._a_b.png")) == (False, 3, True)
    assert archive.read("attachments/missing.txt").decode() == f"{lost}\n"


def test_downloads_when_nothing_is_written_then_are_whole_all_the_same(visitor: Visitor) -> None:
    user_id = signed_in(visitor)

    answers = [visitor.get(f"/journal/mine/{user_id}/journal.{kind}") for kind in ("json", "html", "pdf", "zip")]

    assert [(answer.status_code, len(answer.data)) for answer in answers] == [
        (200, answer.content_length) for answer in answers
    ]
    assert json.loads(answers[0].text)["entries"] == []
    assert "Nothing is written yet." in answers[1].text


def test_pdf_when_the_journal_is_long_then_comes_in_parts(visitor: Visitor) -> None:
    user_id = signed_in(visitor)
    many(as_pdf.ENTRIES_IN_ONE + 1, user_id)

    answer = visitor.get(f"/journal/mine/{user_id}/journal.pdf")

    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert answer.content_length == len(answer.data)
    assert archive.namelist() == ["journal-01.pdf", "journal-02.pdf"]
    assert all(archive.read(name).startswith(b"%PDF-") for name in archive.namelist())


QUERIES = 10  # the person; their LMS; a page of entries; its journals; six kinds of rows that belong to them


@pytest.mark.parametrize("count", [1, READ_AT_ONCE - 1])
def test_json_when_one_or_many_entries_are_taken_then_asks_the_database_as_often(visitor: Visitor, count: int) -> None:
    user_id = signed_in(visitor)
    many(count, user_id)

    with counted_queries() as statements:
        answer = visitor.get(f"/journal/mine/{user_id}/journal.json")

    assert len(json.loads(answer.text)["entries"]) == count
    assert len(statements) == QUERIES + 1, statements  # and whether there is another page


def test_archive_when_given_names_and_paths_then_takes_the_files_from_there(tmp_path: Path) -> None:
    there, gone = tmp_path / "0a1b", tmp_path / "2c3d"
    there.write_bytes(b"\x89PNG picture")
    documents: dict[str, IO[bytes]] = {"journal.json": io.BytesIO(b"{}")}

    archive = archive_of(documents=documents, files=iter([("a/one.png", there), ("a/two.png", gone)]))

    chunks = b"".join(archive.chunks)
    held = zipfile.ZipFile(io.BytesIO(chunks))
    assert len(chunks) == archive.size
    assert {name: held.read(name) for name in held.namelist()} == {
        "journal.json": b"{}",
        "a/one.png": b"\x89PNG picture",
        "attachments/missing.txt": b"a/two.png\n",
    }


_TAKE_AWAY = """
import resource, sys
from pathlib import Path
from config import Config
from lti_app.app import create_app
from lti_app.db import db
from lti_app.models.people import User
from lti_app.activities.journal.views import export
url, instance, keys, user_id = sys.argv[1:]
app = create_app(Config(database_url=url, instance_path=Path(instance), keys_path=Path(keys)))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with app.test_request_context():
    answer = export.zip_of(db.session.get(User, int(user_id)))
    size = sum(len(chunk) for chunk in answer.response)
print(size, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_zip_when_there_are_200_megabytes_then_memory_stays_bounded(
    visitor: Visitor, app: Flask, keys_path: Path, database_url: str, tmp_path: Path
) -> None:
    user_id = signed_in(visitor)
    many(2000, user_id)
    folder = Path(app.instance_path) / "attachments" / "journal"
    folder.mkdir(parents=True)
    first = db.session.query(JournalEntry.id).order_by(JournalEntry.id).first()
    assert first
    for number in range(200):
        (folder / f"file{number}").write_bytes(bytes(1024 * 1024))
        db.session.add(_attachment(first.id, user_id, name=f"{number}.bin", stored_as=f"file{number}"))
    db.session.commit()

    done = subprocess.run(
        [sys.executable, "-c", _TAKE_AWAY, database_url, str(tmp_path), str(keys_path), str(user_id)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip

    size, grown = (int(number) for number in done.stdout.split()[-2:])
    assert size > 200 * 1024 * 1024
    assert grown < 60, f"{grown} MB"


def test_pdf_when_an_address_is_too_long_to_be_set_then_its_text_stays() -> None:
    (paragraph,) = as_pdf.nodes_of(f"[a source](https://example.org/{'x' * 9000})")

    assert paragraph["c"] == [{"t": "a", "href": "", "c": [{"t": "text", "s": "a source"}]}]
