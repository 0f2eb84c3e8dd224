"""A finished entry is revised apart, replaced when that is finished, and its earlier versions stay with its author."""

from datetime import UTC, datetime, timedelta

import pytest

from lti_app.activities.journal.models import Attachment, EntryState, EntryTag, EntryVersion, JournalEntry
from lti_app.activities.journal.service.content import content_of, put_tags
from lti_app.activities.journal.service.drafts import save_draft
from lti_app.activities.journal.service.finishing import CannotFinish
from lti_app.activities.journal.service.own_entries import own_entries
from lti_app.activities.journal.service.revising import CannotRevise, discard_revision, finish_revision, open_revision
from lti_app.db import db
from lti_app.errors import NotThere
from lti_app.models.activity import Activity
from lti_app.models.gradebook import Fact
from tests.lti_app.activities.journal.rows import a_content, a_draft, a_finished_entry, a_journal, a_member, a_save
from tests.lti_app.activities.journal.writing import (
    SECRET,
    WORDS,
    autosave,
    finish,
    revise,
    set_journal,
    stored,
    textareas,
    write_entry,
)
from tests.visitor import FACILITATOR, OTHER_TEACHER, Visitor

AT = datetime(2026, 9, 1, 9, 42, tzinfo=UTC)
LATER = AT + timedelta(days=3)


def a_tagged_entry(activity: Activity) -> JournalEntry:
    """Return an entry that was finished with a topic."""
    entry = a_finished_entry(activity, a_member(activity), "Before.", finished_at=AT)
    put_tags(db.session(), entry.id, a_content("", topics="labs"))
    db.session.commit()
    return entry


@pytest.mark.usefixtures("app")
def test_open_revision_when_pressed_twice_then_there_is_one_draft_with_what_the_entry_holds() -> None:
    activity = a_journal()
    entry = a_tagged_entry(activity)

    first, second = (open_revision(db.session(), activity, entry=entry) for _ in range(2))

    db.session.commit()
    assert first is second
    assert (first.revises_id, first.state, first.version) == (entry.id, EntryState.DRAFT, 0)
    assert content_of(db.session(), first) == content_of(db.session(), entry)
    page = own_entries(db.session(), activity, user_id=entry.user_id)
    assert ([row.id for row in page.finished], page.drafts) == ([entry.id], [])


@pytest.mark.usefixtures("app")
def test_open_revision_when_the_entry_is_a_draft_or_nothing_may_be_revised_then_is_refused() -> None:
    activity, strict = a_journal(), a_journal(may_revise=False)
    draft = a_draft(activity, a_member(activity))
    finished = a_finished_entry(strict, a_member(strict))

    for place, entry in ((activity, draft), (strict, finished)):
        with pytest.raises(CannotRevise):
            open_revision(db.session(), place, entry=entry)


@pytest.mark.usefixtures("app")
def test_finish_revision_when_done_then_replaces_the_entry_keeps_the_old_and_counts_nothing() -> None:
    activity = a_journal(minimum_words=0, closes_at=AT.isoformat())
    entry = a_tagged_entry(activity)
    draft = open_revision(db.session(), activity, entry=entry)
    save_draft(db.session(), draft, save=a_save("After."), at=LATER)
    put_tags(db.session(), draft.id, a_content("", topics="drills"))
    db.session.add(
        Attachment(entry_id=draft.id, user_id=entry.user_id, name="a", content_type="b", size=1, stored_as="c")
    )
    db.session.commit()

    revised = finish_revision(db.session(), activity, draft=draft, at=LATER)

    db.session.commit()
    assert stored(JournalEntry) == [revised] == [entry]
    assert (entry.text, entry.answers, entry.state) == ("After.", {"text": "After."}, EntryState.FINISHED)
    assert (entry.finished_at, entry.revised_at, entry.version) == (AT, LATER, 1)
    assert [(tag.entry_id, tag.name) for tag in stored(EntryTag)] == [(entry.id, "drills")]
    assert [file.entry_id for file in stored(Attachment)] == [entry.id]
    kept = a_content("Before.", topics="labs").to_json()
    versions = [(v.entry_id, v.number, v.content, v.finished_at, v.replaced_at) for v in stored(EntryVersion)]
    assert versions == [(entry.id, 1, kept, AT, LATER)]
    assert stored(Fact) == []


@pytest.mark.usefixtures("app")
def test_finish_revision_when_too_short_then_the_entry_stays_as_it_is() -> None:
    activity = a_journal(minimum_words=5)
    entry = a_tagged_entry(activity)
    draft = open_revision(db.session(), activity, entry=entry)
    db.session.commit()

    with pytest.raises(CannotFinish):
        finish_revision(db.session(), activity, draft=draft, at=LATER)

    assert (entry.text, entry.revised_at, stored(EntryVersion)) == ("Before.", None, [])


@pytest.mark.usefixtures("app")
def test_discard_revision_when_asked_then_only_the_draft_goes() -> None:
    activity = a_journal()
    entry = a_tagged_entry(activity)
    draft = open_revision(db.session(), activity, entry=entry)
    db.session.commit()

    entry_id = discard_revision(db.session(), draft=draft)

    db.session.commit()
    assert (entry_id, stored(JournalEntry)) == (entry.id, [entry])
    with pytest.raises(NotThere):
        discard_revision(db.session(), draft=entry)


def test_revision_when_written_and_finished_then_leads_to_the_earlier_versions(visitor: Visitor) -> None:
    written = write_entry(visitor, text=f"{SECRET} {WORDS}")
    revision = revise(visitor, written)
    autosave(visitor, revision, "Half revised")
    before = stored(JournalEntry)[0].text

    finished = finish(visitor, revision, f"**Better** {WORDS}", sequence=9)

    page = visitor.get(finished.headers["Location"])
    assert textareas(revision.page)["answer-text"] == f"{SECRET} {WORDS}"
    assert before == f"{SECRET} {WORDS}"
    assert [entry.text for entry in stored(JournalEntry)] == [f"**Better** {WORDS}"]
    assert (finished.status_code, page.status_code) == (303, 200)
    assert SECRET in page.text
    assert f'data-finished="{revision.path.rpartition("/")[2]}"' in page.text
    assert len(stored(Fact)) == 1


def test_revision_when_discarded_then_leads_back_to_the_entry(visitor: Visitor) -> None:
    written = write_entry(visitor)
    revision = revise(visitor, written)

    discarded = visitor.post(f"{revision.path}/discard", revision.page)

    assert (discarded.status_code, discarded.headers["Location"]) == (303, written.path)
    assert [entry.text for entry in stored(JournalEntry)] == [WORDS]


def test_versions_when_somebody_else_asks_then_there_are_none_for_them(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    written = write_entry(visitor, text=f"{SECRET} {WORDS}")
    finish(visitor, revise(visitor, written), WORDS)
    own = visitor.get(f"{written.path}/versions")

    seen = []
    for person in (OTHER_TEACHER, FACILITATOR):
        another_visitor.launch(person)
        page = another_visitor.get(f"{written.path}/versions")
        seen.append((page.status_code in {403, 404}, SECRET in page.text))

    assert SECRET in own.text
    assert seen == [(True, False)] * 2


def test_revise_when_nothing_may_be_revised_then_says_so(visitor: Visitor) -> None:
    written = write_entry(visitor)
    set_journal(may_revise=False)

    refused = visitor.post(f"{written.path}/revise", visitor.get(written.journal))

    assert refused.status_code == 409
    assert "This entry cannot be revised." in refused.text
