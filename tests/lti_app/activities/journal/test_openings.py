"""Who opened it: on record for the author at each reading by somebody else, and after sharing stopped."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from lti_app.activities.journal.models import (
    EntryOpening,
    EntryResponse,
    Excerpt,
    JournalEntry,
    ResponseKind,
    Share,
    ShareScope,
)
from lti_app.activities.journal.service.openings import openings_of, record_opening
from lti_app.activities.journal.service.records import export, forget
from lti_app.activities.journal.service.shared import find_shared
from lti_app.activities.journal.service.sharing import stop_sharing
from lti_app.activities.journal.service.sharing_records import purge_sharing
from lti_app.db import db
from lti_app.models.activity import Activity
from lti_app.models.people import Membership, Role, User
from tests.lti_app.activities.journal.rows import a_finished_entry, a_journal, a_member
from tests.lti_app.activities.journal.sharing import a_share, an_excerpt, let_in
from tests.lti_app.activities.journal.writing import stored
from tests.visitor import Visitor

MOMENT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def people(app: Flask) -> tuple[Membership, Membership]:
    """An author with a finished entry, number 1 of journal 1, and a colleague who may read it."""
    del app
    activity = a_journal()
    author, reader = a_member(activity, name="Amina"), a_member(activity, name="Nora")
    a_share(a_finished_entry(activity, author, "Lamps."), "person", user_id=reader.user_id)
    return author, reader


def test_opening_when_by_somebody_else_then_counted_once_in_ten_minutes_and_kept_after_stopping(
    app: Flask, visitor: Visitor, people: tuple[Membership, Membership]
) -> None:
    author, reader = people
    for minutes in (0, 9, 18, 40):
        with time_machine.travel(MOMENT + timedelta(minutes=minutes), tick=False):
            let_in(app, visitor, reader)
            assert visitor.get("/journal/1/shared/1").status_code == 200
    entry = stored(JournalEntry)[0]

    stop_sharing(db.session(), entry, excerpt_id=None, at=MOMENT + timedelta(minutes=50))
    db.session.commit()

    (opening,) = openings_of(db.session(), entry)
    assert (opening.name, opening.times, opening.first_at, opening.last_at) == (
        "Nora",
        2,
        MOMENT,
        MOMENT + timedelta(minutes=40),
    )
    let_in(app, visitor, author)
    assert "<bdi>Nora</bdi>" in visitor.get("/journal/1/entries/1/sharing").text


def test_opening_when_by_the_author_then_not_noted(
    app: Flask, visitor: Visitor, people: tuple[Membership, Membership]
) -> None:
    let_in(app, visitor, people[0])

    visitor.get("/journal/1/shared/1")

    assert stored(EntryOpening) == []


def test_opening_when_of_entry_and_excerpt_then_each_for_itself(people: tuple[Membership, Membership]) -> None:
    _, reader = people
    entry, activity = stored(JournalEntry)[0], stored(Activity)[0]
    a_share(entry, "person", excerpt=an_excerpt(entry, "Lamps.", title="Bright"), user_id=reader.user_id)

    for excerpt_id in (None, 1, 1):
        found = find_shared(db.session(), activity, member=reader, entry_id=1, excerpt_id=excerpt_id)
        record_opening(db.session(), found, reader=reader, at=MOMENT)
    db.session.commit()

    assert [(each.excerpt, each.times) for each in openings_of(db.session(), entry)] == [("Bright", 1), ("", 1)]


def test_review_when_a_facilitator_may_read_something_then_leads_there(
    app: Flask, visitor: Visitor, people: tuple[Membership, Membership]
) -> None:
    author, _ = people
    activity = stored(Activity)[0]
    facilitator = a_member(activity, role=Role.FACILITATOR)
    hidden = a_finished_entry(activity, author, "Hidden.", title="Not for you")
    shared = a_finished_entry(activity, author, "Open.", title="For <you>")
    excerpt = an_excerpt(hidden, "Hidden.", title="A part")
    a_share(shared, "facilitators")
    a_share(hidden, "person", excerpt=excerpt, user_id=facilitator.user_id)
    let_in(app, visitor, facilitator)

    page = visitor.get(f"/review/1/{author.user_id}").text

    assert f'<a href="/journal/1/shared/{shared.id}">For &lt;you&gt;</a>' in page
    assert f'<a href="/journal/1/excerpts/{excerpt.id}">A part</a>' in page
    assert "Not for you" not in page
    assert "Shared with you" not in visitor.get(f"/review/1/{people[1].user_id}").text


def test_records_when_a_reader_is_forgotten_then_nothing_of_theirs_is_left_but_what_others_said(
    people: tuple[Membership, Membership],
) -> None:
    author, reader = people
    alone, answered = (
        EntryResponse(entry_id=1, user_id=reader.user_id, kind=ResponseKind.NOTICED, text=text, quoted="Lamps.")
        for text in ("Alone", "Answered")
    )
    db.session.add_all([alone, answered, EntryOpening(entry_id=1, user_id=reader.user_id)])
    db.session.flush()
    db.session.add(
        EntryResponse(entry_id=1, user_id=author.user_id, kind=ResponseKind.REPLY, text="Why?", answers_id=answered.id)
    )
    db.session.commit()

    forget(db.session.get_one(User, reader.user_id))
    db.session.commit()

    assert [(row.text, row.quoted) for row in stored(EntryResponse)] == [("", ""), ("Why?", "")]
    assert (stored(EntryOpening), stored(Share)) == ([], [])
    assert len(stored(JournalEntry)) == 1


def test_records_when_an_author_is_forgotten_then_all_around_their_entries_goes(
    people: tuple[Membership, Membership],
) -> None:
    author, reader = people
    excerpt = an_excerpt(stored(JournalEntry)[0], "Lamps.")
    for target in (None, excerpt.id):
        db.session.add(EntryOpening(entry_id=1, excerpt_id=target, user_id=reader.user_id))
        db.session.add(
            EntryResponse(entry_id=1, excerpt_id=target, user_id=reader.user_id, kind=ResponseKind.NOTICED, text="Mine")
        )
    db.session.commit()

    forget(db.session.get_one(User, author.user_id))
    db.session.commit()

    left = [len(stored(model)) for model in (JournalEntry, Share, Excerpt, EntryOpening, EntryResponse)]
    assert left == [0, 0, 0, 0, 0]


def test_export_when_asked_then_holds_what_was_shared_answered_and_opened_and_no_word_of_others(
    people: tuple[Membership, Membership],
) -> None:
    author, reader = people
    an_excerpt(stored(JournalEntry)[0], "Lamps.", title="Bright")
    response = EntryResponse(
        entry_id=1, user_id=reader.user_id, kind=ResponseKind.NOTICED, text="Mine", paragraph=0, quoted="Lamps."
    )
    db.session.add_all([response, EntryOpening(entry_id=1, user_id=reader.user_id, first_at=MOMENT, last_at=MOMENT)])
    db.session.commit()

    of_author, of_reader = (export(db.session.get_one(User, member.user_id)) for member in people)

    assert [row.get("kind") for row in of_author] == [None, "excerpt", "share", "was_opened"]
    assert [row.get("kind") for row in of_reader] == ["response", "opened"]
    assert (of_author[1]["title"], of_author[2]["scope"], of_author[2]["user_id"]) == (
        "Bright",
        ShareScope.PERSON.value,
        reader.user_id,
    )
    assert of_author[3]["first_at"] == "2026-11-21T12:00:00+00:00"
    assert of_reader[0]["text"] == "Mine"
    assert "Lamps." not in str(of_reader)
    assert "Mine" not in str(of_author)
    assert author.user_id != reader.user_id


def test_words_when_an_entry_is_purged_then_stand_nowhere_else(people: tuple[Membership, Membership]) -> None:
    reader = people[1]
    an_excerpt(stored(JournalEntry)[0], "Lamps.", title="Bright")
    db.session.add(
        EntryResponse(
            entry_id=1, user_id=reader.user_id, kind=ResponseKind.NOTICED, text="Mine", paragraph=0, quoted="Lamps."
        )
    )
    db.session.commit()

    purge_sharing(db.session(), [1])
    db.session.commit()

    assert [(row.title, row.text) for row in stored(Excerpt)] == [("", "")]
    assert db.session.execute(select(EntryResponse.text, EntryResponse.quoted)).all() == [("Mine", "")]
