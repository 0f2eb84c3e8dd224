"""Saves: which one is kept, which one is a conflict, and what a text looks like once it is stored."""

from datetime import UTC, datetime, timedelta

import pytest

from lti_app.activities.journal.models import JournalEntry
from lti_app.activities.journal.service.drafts import SaveState, save_draft
from lti_app.activities.journal.service.words import storable
from lti_app.db import db
from tests.lti_app.activities.journal.rows import a_draft, a_finished_entry, a_journal, a_member, a_save

pytestmark = pytest.mark.usefixtures("app")

AT = datetime(2026, 9, 1, 9, 42, tzinfo=UTC)
LATER = AT + timedelta(minutes=1)


@pytest.fixture
def draft() -> JournalEntry:
    """A draft that nobody saved yet."""
    activity = a_journal()
    return a_draft(activity, a_member(activity), saved_at=None)


def kept(entry: JournalEntry) -> tuple[str, int, datetime | None]:
    """Return text, version and moment as they are in the database."""
    db.session.commit()
    return entry.text, entry.version, entry.saved_at


def test_save_draft_when_based_on_the_present_version_then_is_saved(draft: JournalEntry) -> None:
    state = save_draft(db.session(), draft, save=a_save("one"), at=AT)

    assert state is SaveState.SAVED
    assert kept(draft) == ("one", 1, AT)
    assert (draft.editor_id, draft.editor_sequence) == ("page-a", 1)


def test_save_draft_when_another_page_saved_meanwhile_then_is_a_conflict_and_nothing_changes(
    draft: JournalEntry,
) -> None:
    save_draft(db.session(), draft, save=a_save("theirs", editor="page-b"), at=AT)

    state = save_draft(db.session(), draft, save=a_save("mine"), at=LATER)

    assert state is SaveState.CONFLICT
    assert kept(draft) == ("theirs", 1, AT)


def test_save_draft_when_ones_own_earlier_save_was_never_answered_then_is_saved(draft: JournalEntry) -> None:
    save_draft(db.session(), draft, save=a_save("one", sequence=1), at=AT)

    state = save_draft(db.session(), draft, save=a_save("one two", sequence=2), at=LATER)

    assert state is SaveState.SAVED
    assert kept(draft) == ("one two", 2, LATER)


def test_save_draft_when_an_older_save_arrives_late_then_does_not_replace_the_newer(draft: JournalEntry) -> None:
    save_draft(db.session(), draft, save=a_save("one two", sequence=2), at=AT)

    state = save_draft(db.session(), draft, save=a_save("one", sequence=1), at=LATER)

    assert state is SaveState.CONFLICT
    assert kept(draft) == ("one two", 1, AT)


def test_save_draft_when_sent_twice_then_is_saved_once(draft: JournalEntry) -> None:
    save_draft(db.session(), draft, save=a_save("one"), at=AT)

    state = save_draft(db.session(), draft, save=a_save("one"), at=LATER)

    assert state is SaveState.SAVED
    assert kept(draft) == ("one", 1, AT)


def test_save_draft_when_both_pages_hold_the_same_text_then_there_is_no_conflict(draft: JournalEntry) -> None:
    save_draft(db.session(), draft, save=a_save("same", editor="page-b"), at=AT)

    state = save_draft(db.session(), draft, save=a_save("same"), at=LATER)

    assert state is SaveState.SAVED
    assert kept(draft) == ("same", 1, AT)


def test_save_draft_when_somebody_elses_save_lies_between_then_ones_own_order_does_not_help(
    draft: JournalEntry,
) -> None:
    save_draft(db.session(), draft, save=a_save("mine", sequence=1), at=AT)
    save_draft(db.session(), draft, save=a_save("theirs", based_on=1, editor="page-b"), at=AT)

    state = save_draft(db.session(), draft, save=a_save("mine, more", based_on=1, sequence=2), at=LATER)

    assert state is SaveState.CONFLICT
    assert kept(draft) == ("theirs", 2, AT)


def test_save_draft_when_the_conflict_was_settled_then_is_saved(draft: JournalEntry) -> None:
    save_draft(db.session(), draft, save=a_save("theirs", editor="page-b"), at=AT)
    save_draft(db.session(), draft, save=a_save("mine", sequence=1), at=AT)

    state = save_draft(db.session(), draft, save=a_save("theirs, mine", based_on=1, sequence=2), at=LATER)

    assert state is SaveState.SAVED
    assert kept(draft) == ("theirs, mine", 2, LATER)


def test_save_draft_when_based_on_a_version_that_never_was_then_is_a_conflict(draft: JournalEntry) -> None:
    state = save_draft(db.session(), draft, save=a_save("mine", based_on=7), at=AT)

    assert state is SaveState.CONFLICT
    assert kept(draft) == ("", 0, None)


def test_save_draft_when_the_entry_is_finished_then_is_a_conflict_and_the_entry_stays() -> None:
    activity = a_journal()
    entry = a_finished_entry(activity, a_member(activity), "Finished.", saved_at=AT)

    state = save_draft(db.session(), entry, save=a_save("Overwritten."), at=LATER)

    assert state is SaveState.CONFLICT
    assert kept(entry) == ("Finished.", 0, AT)


def test_save_draft_when_the_text_is_emptied_then_keeps_it_empty(draft: JournalEntry) -> None:
    save_draft(db.session(), draft, save=a_save("one"), at=AT)

    state = save_draft(db.session(), draft, save=a_save("", based_on=1, sequence=2), at=LATER)

    assert state is SaveState.SAVED
    assert kept(draft) == ("", 2, LATER)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("nul\x00byte", "nulbyte"),
        ("half \ud83d pair", "half \ufffd pair"),
        ("other half \ude42", "other half \ufffd"),
        ("🙂 whole \ud83d\ude42", "🙂 whole 🙂"),
        ("\u202eright to left\u202c שלום", "\u202eright to left\u202c שלום"),
        ("\n  leading and trailing  \n", "\n  leading and trailing  \n"),
        ("", ""),
    ],
    ids=ascii,
)
def test_storable_when_given_any_text_then_is_what_every_database_takes(
    typed: str, stored: str, draft: JournalEntry
) -> None:
    state = save_draft(db.session(), draft, save=a_save(typed), at=AT)

    assert storable(typed) == stored
    assert state is SaveState.SAVED
    assert kept(draft) == (stored, 1, AT)


def test_save_draft_when_text_holds_every_kind_of_character_then_keeps_each_of_them(draft: JournalEntry) -> None:
    text = "".join(chr(code) for code in (*range(1, 0x800, 7), 0x2028, 0xFEFF, 0xFFFE, 0x1F642, 0x10FFFF) if code != 13)

    save_draft(db.session(), draft, save=a_save(text), at=AT)

    assert kept(draft) == (text, 1, AT)
