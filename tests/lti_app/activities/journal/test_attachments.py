"""To whom a file belongs: an entry, the draft of a revision; and how it goes with what it belongs to."""

import io
import os
from datetime import timedelta

import pytest
from flask import Flask
from structlog.testing import capture_logs

from lti_app import tasks
from lti_app.activities.journal.models import Attachment, EntryState, JournalEntry
from lti_app.activities.journal.service.attachments import (
    FILES,
    MOST_FILES,
    ORPHANS_KEPT,
    attach,
    attached_to,
    attachments_of,
    delete_attachments,
)
from lti_app.activities.journal.service.file_kinds import CannotAttach
from lti_app.activities.journal.service.records import export, forget
from lti_app.activities.journal.service.revising import discard_revision, finish_revision, open_revision
from lti_app.clock import now
from lti_app.db import db
from lti_app.models.activity import Activity
from lti_app.models.people import Membership, User
from tests.lti_app.activities.journal.files import PDF, TEXT, a_file, links, on_disk, upload
from tests.lti_app.activities.journal.rows import a_draft, a_finished_entry, a_journal, a_member
from tests.lti_app.activities.journal.test_races import at_once
from tests.lti_app.activities.journal.writing import (
    WORDS,
    begin,
    finish,
    revise,
    set_journal,
    stored,
)
from tests.visitor import Visitor


def an_entry_with_a_revision() -> tuple[Activity, JournalEntry, JournalEntry]:
    """Return a journal, a finished entry in it with a file, and the draft of its revision with another."""
    activity = a_journal(minimum_words=0)
    entry = a_finished_entry(activity, a_member(activity), "Before.")
    a_file(entry, "before.pdf")
    draft = open_revision(db.session(), activity, entry=entry)
    a_file(draft, "after.pdf")
    return activity, entry, draft


def names_of(entry_id: int) -> list[str]:
    """Return the names of an entry's files."""
    return [file.name for file in attachments_of(db.session(), entry_id)]


def assert_rows_and_files_match() -> None:
    """Check that every row has its file, and every file its row."""
    assert sorted(on_disk()) == sorted(file.stored_as for file in stored(Attachment))


@pytest.mark.usefixtures("app")
def test_revision_when_open_then_has_its_own_files_and_shows_those_that_stay() -> None:
    _, entry, draft = an_entry_with_a_revision()

    attached = attached_to(db.session(), draft)

    assert [file.name for file in attached.own] == ["after.pdf"]
    assert [file.name for file in attached.staying] == ["before.pdf"]
    assert names_of(entry.id) == ["before.pdf"]


@pytest.mark.usefixtures("app")
def test_revision_when_finished_then_the_entry_has_the_files_of_both() -> None:
    activity, entry, draft = an_entry_with_a_revision()

    finish_revision(db.session(), activity, draft=draft, at=now())
    db.session.commit()

    assert names_of(entry.id) == ["before.pdf", "after.pdf"]
    assert_rows_and_files_match()


@pytest.mark.usefixtures("app")
def test_revision_when_discarded_then_its_own_files_go_and_the_entrys_stay() -> None:
    _, entry, draft = an_entry_with_a_revision()

    discard_revision(db.session(), draft=draft)
    before_commit = len(on_disk())
    db.session.commit()

    assert before_commit == 2
    assert [file.name for file in stored(Attachment)] == ["before.pdf"] == names_of(entry.id)
    assert_rows_and_files_match()


@pytest.mark.usefixtures("app")
def test_revision_when_entry_and_draft_have_ten_files_together_then_takes_no_more() -> None:
    _, entry, draft = an_entry_with_a_revision()
    for number in range(MOST_FILES - 2):
        a_file(entry, f"{number}.pdf")

    with pytest.raises(CannotAttach):
        attach(db.session(), draft, name="one too many.pdf", stream=io.BytesIO(PDF), at=now())
    db.session.rollback()

    assert len(stored(Attachment)) == MOST_FILES
    assert_rows_and_files_match()


def test_revision_when_its_page_is_open_then_the_entrys_files_are_listed_without_a_way_to_remove_them(
    visitor: Visitor,
) -> None:
    draft = begin(visitor)
    upload(visitor, draft, PDF, "before.pdf")
    finish(visitor, draft, WORDS)
    revision = revise(visitor, draft)

    upload(visitor, revision, TEXT, "after.txt")

    page = visitor.get(f"{revision.path}/edit")
    listed = links(page)
    assert list(listed) == ["before.pdf", "after.txt"]
    assert f"{listed['after.txt']}/remove" in page.text
    assert f"{listed['before.pdf']}/remove" not in page.text


def test_file_of_a_finished_entry_when_removed_on_its_page_then_is_gone(visitor: Visitor) -> None:
    draft = begin(visitor)
    upload(visitor, draft, PDF, "plan.pdf")
    finish(visitor, draft, WORDS)
    page = visitor.get(draft.path)
    address = links(page)["plan.pdf"]

    removed = visitor.post(f"{address}/remove", page)

    assert f"{address}/remove" in page.text
    assert (removed.status_code, removed.headers["Location"]) == (303, draft.path)
    assert (stored(Attachment), on_disk()) == ([], {})
    assert "“plan.pdf” is removed." in visitor.get(draft.path).text


def test_file_of_a_finished_entry_when_nothing_may_be_revised_then_stays(visitor: Visitor) -> None:
    draft = begin(visitor)
    upload(visitor, draft, PDF, "plan.pdf")
    finish(visitor, draft, WORDS)
    set_journal(may_revise=False)
    page = visitor.get(draft.path)
    address = links(page)["plan.pdf"]

    refused = visitor.post(f"{address}/remove", page)

    assert f"{address}/remove" not in page.text
    assert refused.status_code == 409
    assert_rows_and_files_match()
    assert len(on_disk()) == 1


@pytest.mark.usefixtures("app")
def test_delete_attachments_when_asked_then_takes_those_of_the_entries_and_of_their_revisions() -> None:
    _, entry, _ = an_entry_with_a_revision()
    activity = a_journal()
    other = a_draft(activity, a_member(activity))
    a_file(other, "stays.pdf")

    delete_attachments(db.session(), [entry.id])
    db.session.commit()

    assert [file.name for file in stored(Attachment)] == ["stays.pdf"]
    assert_rows_and_files_match()


@pytest.mark.usefixtures("app")
def test_delete_attachments_when_the_transaction_is_rolled_back_then_the_files_stay() -> None:
    _, entry, _ = an_entry_with_a_revision()

    delete_attachments(db.session(), [entry.id])
    db.session.rollback()

    assert len(on_disk()) == 2
    assert_rows_and_files_match()


@pytest.mark.usefixtures("app")
def test_forget_when_asked_then_no_file_of_that_person_is_left() -> None:
    _, entry, _ = an_entry_with_a_revision()
    activity = a_journal()
    a_file(a_draft(activity, a_member(activity)), "somebody else's.pdf")

    forget(db.session.get_one(User, entry.user_id))
    db.session.commit()

    assert [file.name for file in stored(Attachment)] == ["somebody else's.pdf"]
    assert_rows_and_files_match()


@pytest.mark.usefixtures("app")
def test_export_when_asked_then_names_each_file_with_its_entry() -> None:
    _, entry, _ = an_entry_with_a_revision()

    exported = export(db.session.get_one(User, entry.user_id))

    assert [(file["name"], file["content_type"], file["size"]) for row in exported for file in row["attachments"]] == [
        (name, "application/pdf", len(PDF)) for name in ("before.pdf", "after.pdf")
    ]


@pytest.mark.usefixtures("app")
def test_night_when_files_have_no_row_then_removes_those_of_before_yesterday_and_nothing_else() -> None:
    activity = a_journal()
    kept = a_file(a_draft(activity, a_member(activity)))
    folder, old = FILES.path, (now() - ORPHANS_KEPT - timedelta(minutes=1)).timestamp()
    for name in ("a" * 32, "b" * 32 + ".part", "notes of the operator.txt", "C" * 32):
        (folder / name).write_bytes(PDF)
    for path in folder.iterdir():
        os.utime(path, (old, old))
    (folder / ("d" * 32)).write_bytes(PDF)

    with capture_logs() as logged:
        tasks.look_after_activities()

    assert set(on_disk()) == {kept.stored_as, "notes of the operator.txt", "C" * 32, "d" * 32}
    assert [line for line in logged if line["event"] == "orphan_files_removed"] == [
        {"event": "orphan_files_removed", "log_level": "info", "count": 2}
    ]


@pytest.mark.usefixtures("app")
def test_night_when_a_row_has_no_file_then_logs_it_and_keeps_the_row() -> None:
    activity = a_journal()
    draft = a_draft(activity, a_member(activity))
    lost, kept = a_file(draft, "lost.pdf"), a_file(draft, "kept.pdf")
    on_disk()[lost.stored_as].unlink()

    with capture_logs() as logged:
        tasks.look_after_activities()

    assert logged == [
        {"event": "attached_files_missing", "log_level": "error", "count": 1, "attachment_ids": [lost.id]}
    ]
    assert stored(Attachment) == [lost, kept]


@pytest.mark.usefixtures("app")
def test_night_when_nothing_was_ever_attached_then_does_nothing() -> None:
    with capture_logs() as logged:
        tasks.look_after_activities()

    assert (logged, FILES.path.exists()) == ([], False)


@pytest.mark.parametrize("attempt", range(2))
def test_attach_when_several_windows_do_at_once_then_there_are_never_more_than_ten(app: Flask, attempt: int) -> None:
    del attempt
    activity = a_journal()
    draft_id = a_draft(activity, a_member(activity)).id
    for number in range(MOST_FILES - 1):
        a_file(db.session.get_one(JournalEntry, draft_id), f"{number}.pdf")

    def deed(_activity: Activity, _member: Membership, number: int) -> object:
        draft = db.session.get_one(JournalEntry, draft_id)
        try:
            attach(db.session(), draft, name=f"last {number}.pdf", stream=io.BytesIO(PDF), at=now())
        except CannotAttach:
            db.session.rollback()
            return False
        return True

    taken = at_once(app, deed)

    assert sorted(map(bool, taken)) == [False, False, False, True]
    assert len(stored(Attachment)) == MOST_FILES
    assert_rows_and_files_match()


@pytest.mark.usefixtures("app")
def test_attach_when_the_revision_was_discarded_meanwhile_then_nothing_is_kept() -> None:
    _, _, draft = an_entry_with_a_revision()
    stale = draft.id, draft.revises_id
    discard_revision(db.session(), draft=draft)
    db.session.commit()
    gone = JournalEntry(id=stale[0], revises_id=stale[1], user_id=1, state=EntryState.DRAFT)

    with pytest.raises(CannotAttach):
        attach(db.session(), gone, name="late.pdf", stream=io.BytesIO(PDF), at=now())
    db.session.rollback()

    assert [file.name for file in stored(Attachment)] == ["before.pdf"]
    assert_rows_and_files_match()
