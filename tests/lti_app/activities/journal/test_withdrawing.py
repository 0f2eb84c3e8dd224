"""A finished entry is taken back: its credit stays, its words go 30 days later, and until then it can be restored."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text

from lti_app import tasks
from lti_app.activities.journal.models import Attachment, EntryState, EntryTag, EntryVersion, JournalEntry
from lti_app.activities.journal.progress import measure
from lti_app.activities.journal.service import withdrawing
from lti_app.activities.journal.service.content import Content, content_of, put_tags
from lti_app.activities.journal.service.withdrawing import CannotRestore, CannotWithdraw, purge, restore, withdraw
from lti_app.clock import now
from lti_app.db import db
from lti_app.models.gradebook import Completion, Fact, ScoreDelivery
from tests.lti_app.activities.journal.files import on_disk, upload
from tests.lti_app.activities.journal.rows import a_content, a_draft, a_finished_entry, a_journal, a_member
from tests.lti_app.activities.journal.writing import (
    SECRET,
    WORDS,
    Draft,
    autosave,
    begin,
    finish,
    reopen,
    revise,
    stored,
    stored_entry,
    write_entry,
)
from tests.visitor import FACILITATOR, OTHER_TEACHER, TEACHER, Visitor

AT = datetime(2026, 9, 1, 9, 42, tzinfo=UTC)
THIRTY_DAYS = timedelta(days=30)
INSTANT = timedelta(microseconds=1)


def press(visitor: Visitor, draft: Draft, deed: str) -> int:
    """Press a button of the entry's page; return the answer's status."""
    status: int = visitor.post(f"{draft.path}/{deed}", visitor.get(draft.journal)).status_code
    return status


def facts_and_scores() -> list[tuple[object, ...]]:
    """Return what was counted, credited and sent, as it is in the database."""
    return [
        *((fact.kind, fact.subject_id, fact.occurred_at) for fact in stored(Fact)),
        *((row.done, row.required, row.completed_at) for row in stored(Completion)),
        *((row.state, row.user_id) for row in stored(ScoreDelivery)),
    ]


def test_withdraw_when_pressed_then_says_until_when_it_can_be_restored_and_keeps_the_credit(visitor: Visitor) -> None:
    with time_machine.travel(AT, tick=False):
        draft = write_entry(visitor, text=SECRET + WORDS)
        before = facts_and_scores()
        status = press(visitor, draft, "withdraw")
        page = visitor.get(draft.path).text

    assert (status, stored_entry().state, stored_entry().withdrawn_at) == (303, EntryState.WITHDRAWN, AT)
    assert facts_and_scores() == before
    assert "You withdrew this entry" in page
    assert (AT + THIRTY_DAYS).isoformat() in page
    assert SECRET in page
    assert "/withdraw" not in page


def test_withdraw_when_done_then_the_journal_shows_it_as_withdrawn_and_nobody_else_gets_it(visitor: Visitor) -> None:
    draft = write_entry(visitor, text=SECRET + WORDS)
    press(visitor, draft, "withdraw")

    own = visitor.get(draft.journal).text

    assert "withdrawn" in own
    assert SECRET in own
    for person in (OTHER_TEACHER, FACILITATOR):
        assert SECRET not in visitor.launch(person).text
        assert visitor.get(draft.path).status_code in {403, 404}


def test_withdraw_when_the_entry_is_a_draft_then_is_refused_and_nothing_changes(visitor: Visitor) -> None:
    draft = begin(visitor)
    autosave(visitor, draft, SECRET)

    status = visitor.post(f"{draft.path}/withdraw", reopen(visitor, draft).page).status_code

    assert (status, stored_entry().state, stored_entry().text) == (409, EntryState.DRAFT, SECRET)


def test_restore_when_pressed_then_the_entry_is_finished_again_with_the_same_words(visitor: Visitor) -> None:
    draft = write_entry(visitor, text=SECRET + WORDS)
    before = facts_and_scores()
    press(visitor, draft, "withdraw")

    statuses = press(visitor, draft, "restore"), press(visitor, draft, "restore")

    entry = stored_entry()
    assert statuses == (303, 303)
    assert (entry.state, entry.withdrawn_at, entry.text) == (EntryState.FINISHED, None, SECRET + WORDS)
    assert facts_and_scores() == before
    assert "You withdrew this entry" not in visitor.get(draft.path).text


@pytest.mark.parametrize("deed", ["withdraw", "restore"])
def test_deed_when_somebody_else_asks_then_finds_no_entry(visitor: Visitor, deed: str) -> None:
    draft = write_entry(visitor)

    for person in (OTHER_TEACHER, FACILITATOR):
        page = visitor.launch(person)
        assert visitor.post(f"{draft.path}/{deed}", page).status_code in {403, 404}

    assert stored_entry().state is EntryState.FINISHED


def test_night_when_thirty_days_have_passed_then_erases_the_words_and_keeps_the_credit(
    visitor: Visitor, app: Flask
) -> None:
    with time_machine.travel(AT, tick=False):
        draft = write_entry(visitor, text=SECRET + WORDS)
        before = facts_and_scores()
        press(visitor, draft, "withdraw")
    with time_machine.travel(AT + THIRTY_DAYS - INSTANT, tick=False), app.app_context():
        tasks.look_after_activities()
    a_moment_early = stored_entry().text

    with time_machine.travel(AT + THIRTY_DAYS, tick=False), app.app_context():
        tasks.look_after_activities()

    entry = stored_entry()
    visitor.launch(TEACHER)
    page, journal = visitor.get(draft.path), visitor.get(draft.journal)
    assert a_moment_early == SECRET + WORDS
    assert (entry.text, entry.answers, entry.purged_at) == ("", {}, AT + THIRTY_DAYS)
    assert facts_and_scores() == before
    assert "Its text was erased" in page.text
    assert "text erased" in journal.text
    assert SECRET not in page.text + journal.text
    assert press(visitor, draft, "restore") == 409


@pytest.mark.parametrize("database", ["sqlite"])
def test_night_when_the_words_are_erased_then_the_index_does_not_hold_them_either(visitor: Visitor, app: Flask) -> None:
    with time_machine.travel(AT, tick=False):
        draft = write_entry(visitor, text="qqheronqq " + WORDS)
        press(visitor, draft, "withdraw")
    before = _bytes_of_index()

    with time_machine.travel(AT + THIRTY_DAYS, tick=False), app.app_context():
        tasks.look_after_activities()

    assert b"qqheronqq" in before
    assert b"qqheronqq" not in _bytes_of_index()


def _bytes_of_index() -> bytes:
    blocks = db.session.scalars(text("SELECT block FROM journal_search_data")).all()
    db.session.rollback()
    return b"".join(blocks)


def test_night_when_the_words_are_erased_then_the_files_go_too_also_those_of_a_begun_revision(
    visitor: Visitor, app: Flask
) -> None:
    with time_machine.travel(AT, tick=False):
        draft = begin(visitor)
        upload(visitor, draft)
        finish(visitor, draft)
        upload(visitor, revise(visitor, draft), name="Second plan.pdf")
        press(visitor, draft, "withdraw")
    with app.app_context():
        before = len(on_disk())

    with time_machine.travel(AT + THIRTY_DAYS, tick=False), app.app_context():
        tasks.look_after_activities()

    assert (before, len(on_disk()), stored(Attachment)) == (2, 0, [])


@pytest.mark.usefixtures("app")
def test_purge_when_due_then_nothing_that_was_written_is_left_and_the_prompt_still_counts() -> None:
    activity = a_journal(mode="x_of_y", entries_required=2)
    member = a_member(activity)
    kept = a_finished_entry(activity, member, "Kept.")
    entry = a_finished_entry(
        activity,
        member,
        "Gone.",
        title="Gone",
        event_on=AT.date(),
        links=[{"url": "https://example.org", "label": "Gone"}],
        prompt_key="four-lenses",
    )
    put_tags(db.session(), entry.id, a_content("", topics="gone"))
    for each in (kept, entry):
        db.session.add(EntryVersion(entry_id=each.id, number=1, content={"title": "Old"}, finished_at=AT))
        db.session.add(
            Fact(
                activity_id=activity.id,
                user_id=member.user_id,
                epoch=1,
                kind="entry_finished",
                subject_id=each.id,
                occurred_at=AT,
            )
        )
    a_draft(activity, member, "Gone too.", revises_id=entry.id, prompt_key="four-lenses")
    withdraw(db.session(), entry, at=AT)
    db.session.commit()

    purged = purge(db.session(), at=AT + THIRTY_DAYS)
    db.session.commit()

    rows = stored(JournalEntry)
    assert purged == 1
    assert [(row.text, row.prompt_key) for row in rows] == [("Kept.", ""), ("", "four-lenses")]
    assert content_of(db.session(), rows[1]) == Content(answers={})
    assert [version.entry_id for version in stored(EntryVersion)] == [kept.id]
    assert stored(EntryTag) == []
    assert measure(activity, member).done == 2


@pytest.mark.usefixtures("app")
def test_upkeep_when_more_is_due_than_one_step_takes_then_all_is_erased() -> None:
    activity = a_journal()
    member = a_member(activity)
    for number in range(withdrawing.BATCH + 1):
        withdrawn = {"state": EntryState.WITHDRAWN, "withdrawn_at": now() - THIRTY_DAYS}
        a_finished_entry(activity, member, f"Gone {number}.", **withdrawn)

    tasks.look_after_activities()

    assert {entry.text for entry in stored(JournalEntry)} == {""}


@pytest.mark.usefixtures("app")
def test_revision_when_its_entry_was_withdrawn_meanwhile_then_stays_until_the_entry_is_restored(
    visitor: Visitor,
) -> None:
    draft = write_entry(visitor)
    revision = revise(visitor, draft)
    autosave(visitor, revision, SECRET)
    press(visitor, draft, "withdraw")

    refused = finish(visitor, reopen(visitor, revision), WORDS + "2")

    assert refused.status_code == 404
    press(visitor, draft, "restore")
    assert "Go on revising" in visitor.get(draft.path).text


@pytest.mark.usefixtures("app")
def test_withdraw_and_restore_when_the_state_does_not_fit_then_say_so() -> None:
    activity = a_journal()
    member = a_member(activity)
    draft = a_draft(activity, member)
    purged = a_finished_entry(activity, member, "", state=EntryState.WITHDRAWN, withdrawn_at=AT, purged_at=AT)

    with pytest.raises(CannotWithdraw):
        withdraw(db.session(), draft, at=AT)
    with pytest.raises(CannotRestore):
        restore(db.session(), draft)
    with pytest.raises(CannotRestore):
        restore(db.session(), purged)
