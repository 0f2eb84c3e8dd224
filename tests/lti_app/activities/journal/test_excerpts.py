"""Excerpts: a passage that stands in the entry, under a title of its own, until it is deleted."""

import pytest
from flask import Flask

from lti_app.activities.journal.models import EntryOpening, EntryResponse, Excerpt, JournalEntry, ResponseKind, Share
from lti_app.activities.journal.service.excerpts import (
    MOST_EXCERPTS,
    CannotExcerpt,
    delete_excerpt,
    excerpts_of,
    make_excerpt,
)
from lti_app.clock import now
from lti_app.db import db
from lti_app.models.activity import Activity
from lti_app.models.people import Membership
from tests.lti_app.activities.journal.rows import a_finished_entry, a_journal, a_member
from tests.lti_app.activities.journal.sharing import a_share, an_excerpt, let_in
from tests.lti_app.activities.journal.writing import stored
from tests.visitor import Visitor

TEXT = "We counted  the *lamps*\ntwice.\n\n- one\n- two\n\nThen we stopped."


@pytest.fixture
def author(app: Flask) -> Membership:
    """Somebody with a finished entry: entry 1 of journal 1."""
    del app
    activity = a_journal()
    member = a_member(activity)
    a_finished_entry(activity, member, TEXT)
    return member


@pytest.mark.parametrize(
    "passage",
    [
        "the *lamps*",
        "We counted the *lamps* twice.",
        "We counted the lamps twice.",
        "  twice.\r\n\r\n- one\r\n- two ",
        "one\n\ntwo",
        "lamps twice. one",
    ],
    ids=["as typed", "white space differs", "as read", "line ends differ", "list as read", "over paragraphs"],
)
def test_passage_when_it_stands_in_the_entry_then_taken(author: Membership, passage: str) -> None:
    del author

    excerpt = make_excerpt(db.session(), stored(JournalEntry)[0], title="  The \n lamps ", passage=passage)

    assert (excerpt.title, excerpt.text) == ("The lamps", passage.replace("\r\n", "\n").strip())


@pytest.mark.parametrize(
    ("title", "passage", "sentence"),
    [
        ("Lamps", "We counted the candles", "This passage does not stand in your entry word for word."),
        ("", "Then we stopped.", "An excerpt needs a title and a passage."),
        ("Lamps", " \n", "An excerpt needs a title and a passage."),
        ("x" * 201, "Then we stopped.", "The title has %(characters)s characters; %(limit)s is the most."),
        ("Lamps", "x" * 10_001, "The passage has %(characters)s characters; %(limit)s is the most."),
    ],
)
def test_passage_when_it_cannot_be_taken_then_says_why(
    author: Membership, title: str, passage: str, sentence: str
) -> None:
    del author

    with pytest.raises(CannotExcerpt) as caught:
        make_excerpt(db.session(), stored(JournalEntry)[0], title=title, passage=passage)

    assert (caught.value.happened, caught.value.status) == (sentence, 422)
    assert stored(Excerpt) == []


def test_passage_when_it_stands_in_one_step_then_taken_from_there(app: Flask) -> None:
    del app
    activity = a_journal()
    answers = {"what": "It rained.", "so_what": "Nobody came."}
    entry = a_finished_entry(activity, a_member(activity), "It rained.\n\nNobody came.", answers=answers)

    assert make_excerpt(db.session(), entry, title="Rain", passage="Nobody came.").text == "Nobody came."


def test_excerpts_when_there_are_fifty_then_one_more_is_refused(author: Membership) -> None:
    del author
    entry = stored(JournalEntry)[0]
    for _ in range(MOST_EXCERPTS):
        make_excerpt(db.session(), entry, title="Lamps", passage="twice.")

    with pytest.raises(CannotExcerpt):
        make_excerpt(db.session(), entry, title="Lamps", passage="twice.")


def test_excerpt_when_deleted_then_its_words_are_gone_and_who_opened_it_stays(author: Membership) -> None:
    entry = stored(JournalEntry)[0]
    excerpt, kept = an_excerpt(entry, "twice."), an_excerpt(entry, "Then we stopped.", title="Kept")
    reader_id = a_member(a_journal()).user_id
    for each in (excerpt, kept):
        a_share(entry, "writers", excerpt=each)
    db.session.add(EntryOpening(entry_id=entry.id, excerpt_id=excerpt.id, user_id=reader_id))
    response = EntryResponse(
        entry_id=entry.id,
        excerpt_id=excerpt.id,
        user_id=reader_id,
        kind=ResponseKind.NOTICED,
        paragraph=0,
        quoted="twice.",
        text="Mine.",
    )
    db.session.add(response)
    db.session.commit()

    delete_excerpt(db.session(), excerpt, at=now())
    db.session.commit()

    assert [(each.title, each.text) for each in stored(Excerpt)] == [("", ""), ("Kept", "Then we stopped.")]
    assert excerpts_of(db.session(), entry) == [kept]
    assert [share.stopped_at is None for share in stored(Share)] == [False, True]
    assert [(row.quoted, row.text) for row in stored(EntryResponse)] == [("", "Mine.")]
    assert len(stored(EntryOpening)) == 1
    assert author.user_id == entry.user_id


def test_page_when_an_excerpt_is_made_shared_and_deleted_then_its_readers_see_it_and_nothing_else(
    app: Flask, visitor: Visitor, another_visitor: Visitor, author: Membership
) -> None:
    reader = a_member(stored(Activity)[0])
    db.session.commit()
    token, _ = let_in(app, visitor, author), let_in(app, another_visitor, reader)
    own = "/journal/1/entries/1"

    made = visitor.post(f"{own}/excerpts", csrf_token=token, title="Lamps", passage="Then we stopped.")
    visitor.post(f"{own}/sharing/people", csrf_token=token, excerpt="1", user_id=str(reader.user_id))
    read = another_visitor.get("/journal/1/excerpts/1")
    whole = another_visitor.get("/journal/1/shared/1").status_code
    deleted = visitor.post(f"{own}/excerpts/1/delete", csrf_token=token)
    after = another_visitor.get("/journal/1/excerpts/1").status_code

    assert (made.headers["Location"], deleted.headers["Location"]) == (f"{own}/sharing?excerpt=1", f"{own}/sharing")
    assert ("Then we stopped." in read.text, "counted" in read.text) == (True, False)
    assert (read.status_code, whole, after) == (200, 404, 404)
    assert "an excerpt that you deleted" in visitor.get(f"{own}/sharing").text


def test_page_when_a_passage_is_refused_then_keeps_what_was_typed(
    app: Flask, visitor: Visitor, author: Membership
) -> None:
    token = let_in(app, visitor, author)

    answer = visitor.post("/journal/1/entries/1/excerpts", csrf_token=token, title="My <i>", passage="no such words")

    assert answer.status_code == 422
    assert 'value="My &lt;i&gt;"' in answer.text
    assert "no such words</textarea>" in answer.text
