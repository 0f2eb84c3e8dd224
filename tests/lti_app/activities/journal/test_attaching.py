"""A file is attached to a draft, given back as it was, removed; and what is refused leaves nothing behind."""

import gc
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from flask import current_app

from lti_app.activities.journal.models import Attachment
from lti_app.activities.journal.service.attachments import MOST_BYTES, MOST_FILES
from tests.lti_app.activities.journal.files import (
    PDF,
    PNG,
    PROGRAM,
    SVG,
    TEXT,
    download,
    links,
    on_disk,
    send_body,
    upload,
    upload_body,
)
from tests.lti_app.activities.journal.writing import (
    SECRET,
    WORDS,
    Draft,
    autosave,
    begin,
    finish,
    reopen,
    stored,
    stored_entry,
    textareas,
)
from tests.visitor import FACILITATOR, OTHER_TEACHER, PRINCIPAL, TEACHER, Visitor

AT = datetime(2026, 9, 1, 9, 42, tzinfo=UTC)
# What was half read when the request failed is closed by whoever collects it.
half_read = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
NUMBERS = (1, 2, 2**31, 2**70)
NOT_TAKEN = "“%s” is no kind of file that an entry can take."


@contextmanager
def no_file_over(size: int) -> Iterator[None]:
    """Let this process write no file of more bytes: to it, the disk is full then."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def assert_nothing_kept(visitor: Visitor, draft: Draft, *, text: str) -> None:
    """Check that there is neither file nor row, and that the text is what it was."""
    assert (stored(Attachment), on_disk()) == ([], {})
    assert textareas(reopen(visitor, draft).page)["answer-text"] == text


def test_file_when_attached_then_is_kept_under_a_random_name_and_given_back_as_it_was(visitor: Visitor) -> None:
    with time_machine.travel(AT, tick=False):
        draft = begin(visitor)
        attached = upload(visitor, draft, PDF, "Lesson plan, “Säuren”.pdf")
        page = visitor.get(attached.headers["Location"])
        answer = download(visitor, links(page)["Lesson plan, “Säuren”.pdf"])

    row = stored(Attachment)[0]
    ((name, path),) = on_disk().items()
    assert (attached.status_code, attached.headers["Location"]) == (303, f"{draft.path}/edit")
    assert (row.entry_id, row.user_id, row.name) == (1, stored_entry().user_id, "Lesson plan, “Säuren”.pdf")
    assert (row.content_type, row.size, row.stored_as, row.created_at) == ("application/pdf", len(PDF), name, AT)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (PDF, 0o600)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert "· PDF · 1\N{NO-BREAK SPACE}kB" in page.text
    assert "“Lesson plan, “Säuren”.pdf” is attached." in page.text
    assert (answer.status_code, answer.data, answer.content_type) == (200, PDF, "application/pdf")
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="Lesson plan, Sauren.pdf";'
        " filename*=UTF-8''Lesson%20plan%2C%20%E2%80%9CS%C3%A4uren%E2%80%9D.pdf"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_file_when_the_script_sends_it_then_answers_with_the_new_list(visitor: Visitor) -> None:
    draft = begin(visitor)

    answer = upload(visitor, draft, PNG, 'a "b" <c>.png', as_script=True)
    refused = upload(visitor, draft, PROGRAM, "setup.exe", as_script=True)

    body = answer.get_json()
    assert (answer.status_code, body["state"], body["said"]) == (200, "done", '“a "b" <c>.png” is attached.')
    assert "<bdi>a &#34;b&#34; &lt;c&gt;.png</bdi>" in body["list"]
    assert (refused.status_code, refused.get_json()["state"]) == (422, "refused")
    assert refused.get_json()["said"].startswith(NOT_TAKEN % "setup.exe" + " Attach a picture (PNG")


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (PROGRAM, "setup.exe", NOT_TAKEN % "setup.exe"),
        (SVG, "drawing.svg", NOT_TAKEN % "drawing.svg"),
        (b"", "empty.pdf", NOT_TAKEN % "empty.pdf"),
        (PDF, "plan.png", "The name “plan.png” ends like another kind of file than it is."),
        (PDF, "", "No file was chosen."),
    ],
)
def test_file_when_it_is_not_taken_then_says_why_and_keeps_nothing(
    visitor: Visitor, content: bytes, name: str, sentence: str
) -> None:
    draft = begin(visitor)
    autosave(visitor, draft, SECRET)

    answer = upload(visitor, draft, content, name)

    assert answer.status_code == 422
    assert f"<h1>{sentence}</h1>" in answer.text
    assert_nothing_kept(visitor, draft, text=SECRET)


@pytest.mark.parametrize("size", [MOST_BYTES + 1, MOST_BYTES + 100_000])
def test_file_when_too_large_then_says_so_and_keeps_nothing(visitor: Visitor, size: int) -> None:
    draft = begin(visitor)
    autosave(visitor, draft, SECRET)

    answer = upload(visitor, draft, PNG + bytes(size - len(PNG)), "a.png")

    assert answer.status_code == 413
    assert "<h1>This file is larger than 10 MB, the most that one may have.</h1>" in answer.text
    assert_nothing_kept(visitor, draft, text=SECRET)


def test_file_when_of_the_largest_size_then_is_taken(visitor: Visitor) -> None:
    draft = begin(visitor)

    answer = upload(visitor, draft, PNG + bytes(MOST_BYTES - len(PNG)), "a.png")

    assert (answer.status_code, [file.size for file in stored(Attachment)]) == (303, [MOST_BYTES])
    assert "10.5\N{NO-BREAK SPACE}MB" in visitor.get(answer.headers["Location"]).text


@half_read
@pytest.mark.parametrize(
    ("size", "cut", "announced", "status"),
    [
        (MOST_BYTES + 2_000_000, 0, "", 413),
        (MOST_BYTES + 2_000_000, 0, "1000", 413),
        (1_000_000, 0, str(30 * 1024 * 1024), 413),
        (1_000_000, 500_000, "1000300", 401),
    ],
    ids=["none", "too-little", "far-too-much", "cut-off-on-the-way"],
)
def test_upload_when_its_announced_length_is_a_lie_then_nothing_is_kept(
    visitor: Visitor, size: int, cut: int, announced: str, status: int
) -> None:
    draft = begin(visitor)
    autosave(visitor, draft, SECRET)
    body = upload_body(draft, PNG + bytes(size), "a.png")
    lie = {"CONTENT_LENGTH": announced, "wsgi.input_terminated": not announced}

    answer = send_body(visitor, draft, body[: len(body) - cut], environ_overrides=lie)
    gc.collect()

    assert answer.status_code == status
    assert_nothing_kept(visitor, draft, text=SECRET)


def test_body_when_large_then_only_an_upload_to_an_own_entry_is_read(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    draft = begin(visitor)
    another_visitor.launch(OTHER_TEACHER)
    large = "x" * 3_000_000

    elsewhere = autosave(visitor, draft, large).status_code
    theirs = upload(another_visitor, draft, PNG + large.encode(), "a.png").status_code

    assert (elsewhere, theirs) == (413, 404)


def test_files_when_the_entry_has_ten_then_the_eleventh_is_refused(visitor: Visitor) -> None:
    draft = begin(visitor)

    statuses = [upload(visitor, draft, TEXT, f"{number}.txt").status_code for number in range(MOST_FILES + 1)]

    assert statuses == [303] * MOST_FILES + [422]
    assert (len(stored(Attachment)), len(on_disk())) == (MOST_FILES, MOST_FILES)


@half_read
@pytest.mark.parametrize("size", [400_000, 900_000], ids=["in-our-folder", "on-the-way-there"])
@pytest.mark.parametrize("as_script", [False, True])
def test_file_when_the_disk_is_full_then_says_so_and_nothing_of_it_is_kept(
    visitor: Visitor, size: int, as_script: bool
) -> None:
    draft = begin(visitor)
    autosave(visitor, draft, SECRET)

    with no_file_over(300_000):
        answer = upload(visitor, draft, PNG + bytes(size), "a.png", as_script=as_script)
    gc.collect()

    assert answer.status_code == 507
    if size == 400_000:
        assert "Staffroom could not keep this file: its disk is full, or cannot be written." in answer.text
    elif not as_script:
        assert "Staffroom cannot save anything just now." in answer.text
    assert_nothing_kept(visitor, draft, text=SECRET)
    assert upload(visitor, draft, PNG + bytes(size), "a.png").status_code == 303


def test_file_when_the_folder_cannot_be_written_then_says_so_and_the_text_is_as_it_was(visitor: Visitor) -> None:
    draft = begin(visitor)
    autosave(visitor, draft, SECRET)
    blocked = Path(current_app.config["STAFFROOM_ATTACHMENTS_PATH"])
    blocked.write_text("a file stands where the folder should be")

    answer = upload(visitor, draft)

    assert answer.status_code == 507
    assert stored(Attachment) == []
    assert textareas(reopen(visitor, draft).page)["answer-text"] == SECRET


def test_file_when_removed_from_a_draft_then_is_gone_from_page_and_disk(visitor: Visitor) -> None:
    draft = begin(visitor)
    upload(visitor, draft, PDF, "gone.pdf")
    upload(visitor, draft, TEXT, "stays.txt")
    page = reopen(visitor, draft).page
    gone = links(page)["gone.pdf"]

    removed = visitor.post(f"{gone}/remove", page)

    assert (removed.status_code, removed.headers["Location"]) == (303, f"{draft.path}/edit")
    assert list(links(visitor.get(removed.headers["Location"]))) == ["stays.txt"]
    assert list(on_disk()) == [file.stored_as for file in stored(Attachment)]
    assert visitor.get(gone).status_code == 404
    assert visitor.post(f"{gone}/remove", page).status_code == 404


def test_file_when_somebody_else_asks_then_there_is_none_for_them(visitor: Visitor, another_visitor: Visitor) -> None:
    draft = begin(visitor)
    upload(visitor, draft, PDF, "secret plan.pdf")
    address = links(reopen(visitor, draft).page)["secret plan.pdf"]
    finish(visitor, draft)

    for person in (OTHER_TEACHER, FACILITATOR, PRINCIPAL):
        page = another_visitor.launch(person)
        answers = [
            another_visitor.get(address),
            another_visitor.post(f"{address}/remove", page),
            upload(another_visitor, Draft(journal=draft.journal, path=draft.path, page=draft.page)),
        ]
        assert {answer.status_code for answer in answers} <= {401, 404}
        assert "secret plan" not in "".join(answer.text for answer in (page, *answers))
    assert download(visitor, address).data == PDF
    assert len(stored(Attachment)) == 1


def test_file_when_asked_for_under_another_entry_or_a_made_up_number_then_is_not_there(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    draft = begin(visitor)
    upload(visitor, draft)
    other = begin(another_visitor, OTHER_TEACHER)

    statuses = [
        another_visitor.get(f"{other.path}/attachments/{number}").status_code for number in (1, 2, 2**31, 2**70)
    ]

    assert statuses == [404] * 4
    assert download(visitor, f"{draft.path}/attachments/1").status_code == 200


def test_file_when_it_is_gone_from_the_disk_then_its_page_says_that_it_is_not_there(visitor: Visitor) -> None:
    draft = begin(visitor)
    upload(visitor, draft)
    for path in on_disk().values():
        path.unlink()

    answer = visitor.get(f"{draft.path}/attachments/1")

    assert (answer.status_code, "This entry has no such file." in answer.text) == (404, True)


def test_file_when_its_entry_is_finished_then_none_can_be_added_and_its_page_lists_it(visitor: Visitor) -> None:
    draft = begin(visitor)
    upload(visitor, draft, PDF, "plan.pdf")
    finish(visitor, draft, WORDS)

    refused = upload(visitor, draft, TEXT, "late.txt")

    assert (refused.status_code, "This entry is no draft any more" in refused.text) == (409, True)
    assert list(links(visitor.get(draft.path))) == ["plan.pdf"]
    assert len(on_disk()) == 1
    assert visitor.launch(TEACHER).status_code == 200
