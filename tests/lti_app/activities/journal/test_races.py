"""Two at once: threads with connections of their own meet at the same row."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select

from lti_app.activities.journal.models import EntryState, JournalEntry
from lti_app.activities.journal.service.drafts import open_draft, save_draft
from lti_app.activities.journal.service.finishing import finish
from lti_app.clock import now
from lti_app.db import db
from lti_app.models.activity import Activity
from lti_app.models.gradebook import Completion, Fact, ScoreDelivery
from lti_app.models.people import Membership
from tests.lti_app.activities.journal.rows import OWN_PROMPT, a_draft, a_journal, a_member, a_save
from tests.lti_app.activities.journal.writing import WORDS, begin, hidden_fields, stored
from tests.visitor import Visitor

THREADS = 4
Deed = Callable[[Activity, Membership, int], object]


def at_once(app: Flask, deed: Deed) -> list[object]:
    """Do the deed in several threads, which load what they need, wait for each other, and then go."""
    together = threading.Barrier(THREADS, timeout=20)

    def in_thread(number: int) -> object:
        with app.app_context():
            activity = db.session.scalars(select(Activity)).one()
            member = db.session.scalars(select(Membership)).one()
            together.wait()
            result = deed(activity, member, number)
            db.session.commit()
            return result

    db.session.commit()
    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(in_thread, range(THREADS)))


@pytest.mark.parametrize("attempt", range(3))
def test_finish_when_pressed_in_several_windows_at_once_then_counts_once(app: Flask, attempt: int) -> None:
    del attempt
    activity = a_journal(minimum_words=0)
    entry_id = a_draft(activity, a_member(activity), "once").id

    def deed(activity: Activity, member: Membership, _number: int) -> object:
        entry = db.session.get_one(JournalEntry, entry_id)
        finish(db.session(), activity, member=member, entry=entry, at=now())
        return entry.state

    states = at_once(app, deed)

    assert states == [EntryState.FINISHED] * THREADS
    assert [(entry.state, entry.version) for entry in stored(JournalEntry)] == [(EntryState.FINISHED, 1)]
    assert [fact.subject_id for fact in stored(Fact)] == [entry_id]
    assert [(row.done, row.is_complete) for row in stored(Completion)] == [(1, True)]
    assert len(stored(ScoreDelivery)) == 1


@pytest.mark.parametrize("attempt", range(3))
def test_open_draft_when_pressed_several_times_at_once_then_all_get_the_same(app: Flask, attempt: int) -> None:
    del attempt
    a_member(a_journal())

    def deed(activity: Activity, member: Membership, _number: int) -> object:
        return open_draft(db.session(), activity, member=member, prompt=OWN_PROMPT).id

    entry_ids = at_once(app, deed)

    (draft,) = stored(JournalEntry)
    assert entry_ids == [draft.id] * THREADS


@pytest.mark.parametrize("attempt", range(3))
def test_save_draft_when_several_windows_save_at_once_then_one_is_saved_and_no_other_is_lost(
    app: Flask, attempt: int
) -> None:
    del attempt
    activity = a_journal()
    entry_id = a_draft(activity, a_member(activity)).id

    def deed(_activity: Activity, _member: Membership, number: int) -> object:
        entry = db.session.get_one(JournalEntry, entry_id)
        save = a_save(f"text {number}", editor=f"page-{number}")
        return save_draft(db.session(), entry, save=save, at=now()).value

    states = at_once(app, deed)

    assert sorted(map(str, states)) == ["conflict", "conflict", "conflict", "saved"]
    (entry,) = stored(JournalEntry)
    assert (entry.text, entry.version) == (f"text {states.index('saved')}", 1)


@pytest.mark.parametrize("attempt", range(3))
def test_finish_when_posted_several_times_at_once_then_each_leads_on_and_it_counts_once(
    app: Flask, visitor: Visitor, attempt: int
) -> None:
    del attempt
    draft = begin(visitor)
    session = visitor.client.get_cookie("__Host-staffroom")
    assert session is not None
    together = threading.Barrier(THREADS, timeout=20)

    def press(_number: int) -> tuple[int, str | None]:
        client = app.test_client()
        client.set_cookie(session.key, session.value, secure=True)
        together.wait()
        form = {**hidden_fields(draft.page), "answer-text": WORDS}
        answer = client.post(f"{draft.path}/finish", data=form, base_url=visitor.base_url)
        return answer.status_code, answer.headers.get("Location")

    with ThreadPoolExecutor(THREADS) as threads:
        answers = list(threads.map(press, range(THREADS)))

    assert answers == [(303, draft.journal)] * THREADS
    assert [(entry.state, entry.version) for entry in stored(JournalEntry)] == [(EntryState.FINISHED, 2)]
    assert [len(stored(model)) for model in (Fact, Completion, ScoreDelivery)] == [1, 1, 1]
