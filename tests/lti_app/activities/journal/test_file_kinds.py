"""What a file is, by its content; which names fit it; and what is refused, whatever it is called."""

import io
import tracemalloc
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_app.activities.journal.service.file_kinds import LONGEST_NAME, CannotAttach, name_as, recognise
from tests.lti_app.activities.journal.files import (
    GIF,
    HEIC,
    HTML,
    JPEG,
    PDF,
    PNG,
    PROGRAM,
    SVG,
    TEXT,
    WEBP,
    archive,
    office,
    open_document,
)

OFFICE, OPEN = "application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument."
WORD = office("word/document.xml")
BEGINNINGS = [
    PNG,
    JPEG,
    GIF,
    WEBP,
    HEIC,
    PDF,
    TEXT,
    PROGRAM,
    SVG,
    HTML,
    WORD,
    b"PK\x03\x04",
    b"",
]


@pytest.mark.parametrize(
    ("content", "name", "content_type"),
    [
        (PNG, "a.png", "image/png"),
        (JPEG, "IMG_0001.JPG", "image/jpeg"),
        (JPEG, "a.jpeg", "image/jpeg"),
        (GIF, "a.gif", "image/gif"),
        (WEBP, "a.webp", "image/webp"),
        (HEIC, "IMG_0001.HEIC", "image/heif"),
        (PDF, "a.pdf", "application/pdf"),
        (PDF, "program.exe.pdf", "application/pdf"),
        (office("word/document.xml"), "a.docx", f"{OFFICE}wordprocessingml.document"),
        (office("xl/workbook.xml"), "a.xlsx", f"{OFFICE}spreadsheetml.sheet"),
        (office("ppt/presentation.xml"), "a.pptx", f"{OFFICE}presentationml.presentation"),
        (open_document("text"), "a.odt", f"{OPEN}text"),
        (open_document("spreadsheet"), "a.ods", f"{OPEN}spreadsheet"),
        (open_document("presentation"), "a.odp", f"{OPEN}presentation"),
        (TEXT, "a.txt", "text/plain"),
        (b"name;points\r\nM\xfcller;3\r\n", "a.csv", "text/csv"),
        (b"BMW, ID3 and MZ begin like other files.", "a.txt", "text/plain"),
        (b"# A title\n", "a.md", "text/markdown"),
        (TEXT, "no ending", "text/plain"),
        (PNG, "no ending", "image/png"),
        (PDF, "a.", "application/pdf"),
    ],
)
def test_file_when_of_a_kind_that_is_taken_then_is_recognised_by_its_content(
    content: bytes, name: str, content_type: str
) -> None:
    stream = io.BytesIO(content)

    kind = recognise(stream, name)

    assert (kind.content_type, stream.tell()) == (content_type, 0)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (PROGRAM, "setup.exe"),
        (PROGRAM, "photo.png"),
        (b"\x7fELF\x02" + b"\x00" * 50, "a.txt"),
        (SVG, "a.svg"),
        (SVG, "a.txt"),
        (HTML, "a.html"),
        (b"\xef\xbb\xbf\n " + HTML, "a.md"),
        (b"#!/bin/sh\nrm -r .\n", "a.txt"),
        (TEXT, "run.bat"),
        (b"alert(1)", "a.js"),
        (archive({"a.txt": b"x"}), "a.zip"),
        (archive({"a.txt": b"x"}), "a.docx"),
        (archive({"META-INF/MANIFEST.MF": b"x"}), "a.jar"),
        (office("word/document.xml", "word/vbaProject.bin"), "a.docx"),
        (archive({"mimetype": b"application/epub+zip"}), "a.odt"),
        (b"PK\x03\x04 and then nothing", "a.docx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "a.doc"),
        (b"", "empty.txt"),
        (b" \n", "blank.txt"),
        (b"half\x00text", "a.txt"),
    ],
)
def test_file_when_of_another_kind_then_refused_with_the_kinds_that_are_taken(content: bytes, name: str) -> None:
    with pytest.raises(CannotAttach) as refused:
        recognise(io.BytesIO(content), name)

    assert refused.value.happened == "“%(name)s” is no kind of file that an entry can take."
    assert refused.value.values == {"name": name}
    assert "a picture (PNG, JPEG, GIF, WebP, HEIC), a PDF, a Word" in refused.value.advice


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (PDF, "a.png"),
        (PNG, "a.pdf"),
        (PNG, "a.exe"),
        (office("xl/workbook.xml"), "a.docx"),
        (JPEG, "a.png"),
        (PDF, "turned \u202efdp.exe"),
    ],
)
def test_file_when_its_name_ends_like_another_kind_then_refused(content: bytes, name: str) -> None:
    with pytest.raises(CannotAttach) as refused:
        recognise(io.BytesIO(content), name)

    assert refused.value.happened == "The name “%(name)s” ends like another kind of file than it is."


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Lesson plan.pdf", "Lesson plan.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\me\\plan.PDF", "plan.pdf"),
        ("two\r\nlines\x00.pdf", "twolines.pdf"),
        ("turned \u202efdp.pdf", "turned fdp.pdf"),
        ("  spaced \t out .pdf ", "spaced out .pdf"),
        (".pdf", "pdf.pdf"),
        ("...", "file.pdf"),
        ("\ud83d lone", "lone.pdf"),
        ("plan", "plan.pdf"),
        ("می‌خواهم.pdf", "می‌خواهم.pdf"),
        ("x" * 300 + ".pdf", "x" * 190 + ".pdf"),
    ],
)
def test_name_when_sent_then_is_shown_without_path_and_what_cannot_be_seen(sent: str, shown: str) -> None:
    kind = recognise(io.BytesIO(PDF), sent)

    assert name_as(kind, sent) == shown


@given(beginning=st.sampled_from(BEGINNINGS), rest=st.binary(max_size=300), name=st.text(max_size=300))
def test_file_when_made_up_then_is_recognised_or_refused_and_its_name_fits_its_column(
    beginning: bytes, rest: bytes, name: str
) -> None:
    try:
        kind = recognise(io.BytesIO(beginning + rest), name)
    except CannotAttach:
        return

    shown = name_as(kind, name)
    assert shown.lower().endswith(kind.endings)
    assert 1 <= len(shown) <= LONGEST_NAME


def test_file_when_its_declared_kind_is_packed_to_burst_then_is_refused_unread() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_BZIP2) as packed:
        packed.writestr("mimetype", bytes(50_000_000))
    tracemalloc.start()

    with pytest.raises(CannotAttach):
        recognise(file, "plan.odt")

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_file_when_an_archive_is_broken_inside_then_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("mimetype", b"application/vnd.oasis.opendocument.text")
    content = bytearray(file.getvalue())
    start = content.index(b"mimetype") + len(b"mimetype")
    content[start : start + 4] = b"\xff\xff\xff\xff"

    with pytest.raises(CannotAttach):
        recognise(io.BytesIO(bytes(content)), "plan.odt")
