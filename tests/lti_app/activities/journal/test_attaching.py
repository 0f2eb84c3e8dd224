"""A file is attached to a draft, given back as it was, removed; and what is refused leaves nothing behind."""

import stat
from datetime import UTC, datetime

import time_machine

from lti_app.activities.journal.models import Attachment
from tests.lti_app.activities.journal.files import PDF, download, links, on_disk, upload
from tests.lti_app.activities.journal.writing import begin, stored, stored_entry
from tests.visitor import Visitor

AT = datetime(2026, 9, 1, 9, 42, tzinfo=UTC)


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
    assert "· PDF · 1 kB" in page.text
    assert (answer.status_code, answer.data, answer.content_type) == (200, PDF, "application/pdf")
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="Lesson plan, Sauren.pdf";'
        " filename*=UTF-8''Lesson%20plan%2C%20%E2%80%9CS%C3%A4uren%E2%80%9D.pdf"
    )
    assert {name: answer.headers[name] for name in ("X-Content-Type-Options", "Cache-Control")} == {
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
