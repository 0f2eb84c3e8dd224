"""Entries: begun once, found by their author only, listed, forgotten and exported."""

from datetime import UTC, datetime, timedelta

import pytest

from lti_app.activities.journal.models import EntryState, JournalEntry
from lti_app.activities.journal.service.drafts import find_entry, open_draft
from lti_app.activities.journal.service.records import export, forget
from lti_app.db import db
from lti_app.errors import NotThere
from lti_app.models.gradebook import Fact
from lti_app.models.people import User
from tests.factories import CompletionFactory
from tests.lti_app.activities.journal.rows import OWN_PROMPT, a_draft, a_finished_entry, a_journal, a_member
from tests.lti_app.activities.journal.writing import stored

pytestmark = pytest.mark.usefixtures("app")


def test_open_draft_when_there_is_none_then_begins_an_empty_one() -> None:
    activity = a_journal()
    activity.epoch = 3
    member = a_member(activity)

    draft = open_draft(db.session(), activity, member=member, prompt=OWN_PROMPT)

    db.session.commit()
    assert stored(JournalEntry) == [draft]
    assert (draft.activity_id, draft.user_id, draft.epoch) == (activity.id, member.user_id, 3)
    assert (draft.state, draft.text, draft.version) == (EntryState.DRAFT, "", 0)
    assert (draft.saved_at, draft.finished_at) == (None, None)


def test_open_draft_when_there_is_one_then_returns_it() -> None:
    activity = a_journal()
    member = a_member(activity)
    first = a_draft(activity, member, "begun")

    second = open_draft(db.session(), activity, member=member, prompt=OWN_PROMPT)

    assert second is first
    assert len(stored(JournalEntry)) == 1


def test_open_draft_when_somebody_else_has_one_then_begins_another() -> None:
    activity = a_journal()
    theirs = a_draft(activity, a_member(activity))
    member = a_member(activity)

    mine = open_draft(db.session(), activity, member=member, prompt=OWN_PROMPT)

    db.session.commit()
    assert [(entry.id, entry.user_id) for entry in stored(JournalEntry)] == [
        (theirs.id, theirs.user_id),
        (mine.id, member.user_id),
    ]


def test_open_draft_when_the_last_entry_is_finished_then_begins_another() -> None:
    activity = a_journal()
    member = a_member(activity)
    finished = a_finished_entry(activity, member)

    draft = open_draft(db.session(), activity, member=member, prompt=OWN_PROMPT)

    db.session.commit()
    assert stored(JournalEntry) == [finished, draft]


def test_find_entry_when_it_is_mine_then_returns_it() -> None:
    activity = a_journal()
    member = a_member(activity)
    entry = a_draft(activity, member)

    found = find_entry(db.session(), activity, member=member, entry_id=entry.id)

    assert found is entry


def test_find_entry_when_it_is_not_mine_or_not_there_then_says_the_same() -> None:
    activity, other_activity = a_journal(), a_journal()
    member = a_member(activity)
    elsewhere = a_member(other_activity, user=member.user)
    entry_ids = {
        "somebody else's": a_draft(activity, a_member(activity)).id,
        "another journal's": a_draft(other_activity, elsewhere).id,
        "nobody's": 10_000,
    }

    said = []
    for entry_id in entry_ids.values():
        with pytest.raises(NotThere) as raised:
            find_entry(db.session(), activity, member=member, entry_id=entry_id)
        said.append((raised.value.status, raised.value.happened, raised.value.advice))

    assert said == [(404, "There is no such entry of yours.", "Open the activity again from your course.")] * 3


def test_forget_when_asked_then_erases_what_the_person_wrote_and_keeps_facts() -> None:
    activity = a_journal()
    member, other = a_member(activity), a_member(activity)
    mine, theirs = a_finished_entry(activity, member), a_draft(activity, other)
    a_draft(activity, member)
    completion = CompletionFactory(activity_id=activity.id, user_id=member.user_id)
    fact = Fact(activity_id=activity.id, user_id=member.user_id, epoch=1, kind="entry_finished", subject_id=mine.id)
    db.session.add(fact)
    db.session.commit()

    forget(db.session.get_one(User, member.user_id))
    db.session.commit()

    assert stored(JournalEntry) == [theirs]
    assert stored(Fact) == [fact]
    assert completion.is_complete


def test_export_when_asked_then_gives_all_of_the_person_oldest_first() -> None:
    activity, other_activity = a_journal(), a_journal()
    member = a_member(activity)
    at = datetime(2026, 9, 1, 12, 30, tzinfo=UTC)
    a_finished_entry(activity, member, "First\nline", created_at=at, finished_at=at + timedelta(hours=1))
    a_draft(other_activity, member, "Later", created_at=at + timedelta(days=1))
    a_draft(activity, a_member(activity), "Somebody else's")

    exported = export(db.session.get_one(User, member.user_id))

    assert [
        (each["activity_id"], each["state"], each["text"], each["created_at"], each["finished_at"]) for each in exported
    ] == [
        (activity.id, "finished", "First\nline", "2026-09-01T12:30:00+00:00", "2026-09-01T13:30:00+00:00"),
        (other_activity.id, "draft", "Later", "2026-09-02T12:30:00+00:00", None),
    ]


def test_export_when_nothing_was_written_then_is_empty() -> None:
    member = a_member(a_journal())

    exported = export(db.session.get_one(User, member.user_id))

    assert exported == []
