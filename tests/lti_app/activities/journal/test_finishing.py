"""Finishing an entry: the fact, the progress and the score that is owed, or the sentence that says why not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lti_app.activities.journal.models import EntryState, JournalEntry
from lti_app.activities.journal.progress import ENTRY_FINISHED
from lti_app.activities.journal.service.finishing import CannotFinish, finish
from lti_app.db import db
from lti_app.models.activity import Activity
from lti_app.models.gradebook import Completion, DeliveryState, Fact, ScoreDelivery
from lti_app.models.people import Membership
from tests.lti_app.activities.journal.rows import a_draft, a_journal, a_member
from tests.lti_app.activities.journal.writing import stored

pytestmark = pytest.mark.usefixtures("app")

AT = datetime(2026, 9, 1, 9, 42, tzinfo=UTC)


def finish_text(activity: Activity, member: Membership, text: str, *, at: datetime = AT) -> JournalEntry:
    """Draft the text and finish it."""
    entry = a_draft(activity, member, text)
    finish(db.session(), activity, member=member, entry=entry, at=at)
    db.session.commit()
    return entry


def refusal_of(activity: Activity, text: str, *, at: datetime = AT) -> tuple[int, str, str]:
    """Draft the text, fail to finish it, and return status and sentences; nothing may have been counted."""
    member = a_member(activity)
    entry = a_draft(activity, member, text)
    with pytest.raises(CannotFinish) as raised:
        finish(db.session(), activity, member=member, entry=entry, at=at)
    db.session.rollback()
    error = raised.value
    assert (entry.state, entry.text, entry.finished_at) == (EntryState.DRAFT, text, None)
    assert (stored(Fact), stored(Completion), stored(ScoreDelivery)) == ([], [], [])
    return error.status, error.happened % error.values, error.advice % error.values


def test_finish_when_long_enough_then_leaves_fact_completion_and_an_owed_score() -> None:
    activity = a_journal(minimum_words=3)
    member = a_member(activity)

    entry = finish_text(activity, member, "one two three")

    assert (entry.state, entry.text, entry.finished_at, entry.version) == (
        EntryState.FINISHED,
        "one two three",
        AT,
        1,
    )
    facts = [(f.activity_id, f.user_id, f.epoch, f.kind, f.subject_id, f.occurred_at) for f in stored(Fact)]
    assert facts == [(activity.id, member.user_id, 1, ENTRY_FINISHED, entry.id, AT)]
    completions = [(c.user_id, c.epoch, c.done, c.required, c.rule_version, c.completed_at) for c in stored(Completion)]
    assert completions == [(member.user_id, 1, 1, 1, 1, AT)]
    deliveries = [(d.activity_id, d.user_id, d.epoch, d.state, d.due_at, d.attempts) for d in stored(ScoreDelivery)]
    assert deliveries == [(activity.id, member.user_id, 1, DeliveryState.WAITING, AT, 0)]


def test_finish_when_done_twice_then_counts_once() -> None:
    activity = a_journal(minimum_words=0)
    member = a_member(activity)
    entry = finish_text(activity, member, "once")

    finish(db.session(), activity, member=member, entry=entry, at=AT + timedelta(minutes=5))
    db.session.commit()

    assert (entry.finished_at, entry.version) == (AT, 1)
    assert [fact.occurred_at for fact in stored(Fact)] == [AT]
    assert [(row.done, row.completed_at) for row in stored(Completion)] == [(1, AT)]
    assert len(stored(ScoreDelivery)) == 1


def test_finish_when_more_entries_are_required_then_completes_with_the_last() -> None:
    activity = a_journal(minimum_words=0, entries_required=3)
    member = a_member(activity)
    progress: list[tuple[int, int, datetime | None, int]] = []

    for day in range(4):
        finish_text(activity, member, f"entry {day}", at=AT + timedelta(days=day))
        (completion,) = stored(Completion)
        progress.append((completion.done, completion.required, completion.completed_at, len(stored(ScoreDelivery))))

    third = AT + timedelta(days=2)
    assert progress == [(1, 3, None, 0), (2, 3, None, 0), (3, 3, third, 1), (4, 3, third, 1)]


def test_finish_when_words_are_just_enough_then_is_finished() -> None:
    activity = a_journal()

    entry = finish_text(activity, a_member(activity), "word " * 50)

    assert entry.state is EntryState.FINISHED


def test_finish_when_one_word_is_missing_then_says_how_many_are_needed() -> None:
    refusal = refusal_of(a_journal(), "word " * 49)

    assert refusal == (
        422,
        "This entry has 49 of the 50 words it needs.",
        "Your text is saved as a draft. Write a little more, then finish it.",
    )


@pytest.mark.parametrize("text", ["", " \n\t ", "\u00a0\u2003"], ids=ascii)
@pytest.mark.parametrize("minimum_words", [0, 50])
def test_finish_when_nothing_is_written_then_says_so(text: str, minimum_words: int) -> None:
    refusal = refusal_of(a_journal(minimum_words=minimum_words), text)

    assert refusal == (422, "There is nothing written yet.", "Write your entry, then finish it.")


def test_finish_when_any_length_will_do_then_one_character_is_enough() -> None:
    activity = a_journal(minimum_words=0)

    entry = finish_text(activity, a_member(activity), "🙂")

    assert entry.state is EntryState.FINISHED


def test_finish_when_the_text_is_as_long_as_can_be_then_is_finished() -> None:
    activity = a_journal()

    entry = finish_text(activity, a_member(activity), "ab " * 16_666 + "🙂!")

    assert (entry.state, len(entry.text)) == (EntryState.FINISHED, 50_000)


def test_finish_when_the_text_is_one_character_too_long_then_says_so() -> None:
    refusal = refusal_of(a_journal(), "ab " * 16_667)

    assert refusal == (
        422,
        "This entry has 50,001 characters; 50,000 is the most that one entry can hold.",
        "Your text is saved as a draft. Move a part of it into a second entry.",
    )


def test_finish_when_the_journal_closed_after_the_draft_was_begun_then_says_so() -> None:
    refusal = refusal_of(a_journal(closes_at=AT.isoformat(), minimum_words=0), "in time", at=AT)

    assert refusal == (
        422,
        "This journal has closed, so the entry cannot be finished.",
        "Your text is saved as a draft. Ask your facilitator to open the journal again.",
    )


@pytest.mark.parametrize(
    "settings",
    [{"due_at": (AT - timedelta(days=9)).isoformat()}, {"closes_at": (AT + timedelta(seconds=1)).isoformat()}],
    ids=["late", "just before it closes"],
)
def test_finish_when_late_or_in_the_last_second_then_counts(settings: dict[str, Any]) -> None:
    activity = a_journal(minimum_words=0, **settings)

    finish_text(activity, a_member(activity), "still counts")

    assert [(row.done, row.completed_at) for row in stored(Completion)] == [(1, AT)]


def test_finish_when_a_test_user_finishes_then_counts_and_owes_nothing() -> None:
    activity = a_journal(minimum_words=0)
    member = a_member(activity, is_test_user=True)

    finish_text(activity, member, "trying it out")

    assert [(row.user_id, row.completed_at) for row in stored(Completion)] == [(member.user_id, AT)]
    assert stored(ScoreDelivery) == []


def test_finish_when_two_people_finish_then_each_has_their_own_credit() -> None:
    activity = a_journal(minimum_words=0)
    members = [a_member(activity), a_member(activity)]

    for member in members:
        finish_text(activity, member, "mine")

    people = [member.user_id for member in members]
    assert [row.user_id for row in stored(Completion)] == people
    assert [row.user_id for row in stored(ScoreDelivery)] == people
