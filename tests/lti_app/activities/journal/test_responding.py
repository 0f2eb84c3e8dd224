"""Responses: to the whole or to a paragraph, seen by the author and who gave them, replied to, resolved, taken back."""

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask

from lti_app.activities.journal.models import EntryResponse, JournalEntry, ResponseKind
from lti_app.activities.journal.service.paragraphs import reading_of
from lti_app.activities.journal.service.responding import (
    MAX_RESPONSE,
    MOST_RESPONSES,
    CannotRespond,
    respond,
    threads_of,
)
from lti_app.activities.journal.service.shared import Shared, find_shared
from lti_app.clock import now
from lti_app.db import db
from lti_app.models.activity import Activity
from lti_app.models.people import Membership
from tests.lti_app.activities.journal.rows import a_finished_entry, a_journal, a_member
from tests.lti_app.activities.journal.sharing import a_share, an_excerpt, let_in
from tests.lti_app.activities.journal.test_course_page import counted_queries
from tests.lti_app.activities.journal.writing import stored
from tests.visitor import Visitor

PAGE = "/journal/1/shared/1"
# The activity with its member; the entry with its author; the shares; its tags; its files; the responses; the opening,
# noted again.
QUERIES = 7
TEXT = "We counted the lamps.\n\n- one\n- two\n\nThen we stopped."


@pytest.fixture
def people(app: Flask) -> tuple[Membership, Membership, Membership]:
    """An author with a finished entry, number 1 of journal 1, and two colleagues who may read it."""
    del app
    activity = a_journal()
    author, reader, other = (a_member(activity, name=name) for name in ("Amina", "Nora", "Oskar"))
    a_share(a_finished_entry(activity, author, TEXT), "writers")
    return author, reader, other


def _opened(member: Membership) -> Shared:
    return find_shared(db.session(), stored(Activity)[0], member=member, entry_id=1)


def _respond(member: Membership, text: str = "Mine.", *, paragraph: int | None = None) -> EntryResponse:
    shared = _opened(member)
    paragraphs = reading_of(db.session(), stored(Activity)[0], shared).paragraphs
    response = respond(
        db.session(),
        shared,
        member=member,
        kind="noticed",
        text=text,
        paragraph=None if paragraph is None else paragraphs[paragraph],
        at=now(),
    )
    db.session.commit()
    return response


def _rewrite(text: str) -> None:
    """Put another text in the entry's place, as a finished revision does."""
    entry = stored(JournalEntry)[0]
    entry.text, entry.answers = text, {"text": text}
    db.session.commit()


def _options(page: str) -> dict[str, str]:
    """Return what can be answered: the mark of each choice by how it is called."""
    return {unescape(label): mark for mark, label in re.findall(r'<option value="(\w*)"[^>]*>(.*?)</option>', page)}


def _threads(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'class="thread" id="response-(\d+)"', page)]


def test_response_when_given_to_a_paragraph_then_stands_there_for_the_author_and_its_writer_alone(
    app: Flask, visitor: Visitor, people: tuple[Membership, Membership, Membership]
) -> None:
    author, reader, other = people
    token = let_in(app, visitor, reader)
    options = _options(visitor.get(PAGE).text)

    answer = visitor.post(
        f"{PAGE}/responses",
        csrf_token=token,
        kind="wondered",
        text=" *Why* lamps? <b>\n",
        paragraph=options["Paragraph 2: one two"],
    )

    shown = visitor.get(answer.headers["Location"]).text
    (row,) = stored(EntryResponse)
    assert list(options) == [
        "The whole",
        "Paragraph 1: We counted the lamps.",
        "Paragraph 2: one two",
        "Paragraph 3: Then we stopped.",
    ]
    assert (row.kind, row.paragraph, row.quoted, row.text) == (
        ResponseKind.WONDERED,
        1,
        "- one\n- two",
        "*Why* lamps? <b>",
    )
    assert "<em>Why</em> lamps? &lt;b&gt;" in shown
    before, _, after = shown.partition('id="response-1"')
    assert ('id="paragraph-2"' in before, 'id="paragraph-3"' in after) == (True, True)
    let_in(app, visitor, other)
    assert _threads(visitor.get(PAGE).text) == []
    let_in(app, visitor, author)
    assert _threads(visitor.get(PAGE).text) == [1]


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"text": " "}, 422, "There is nothing written yet."),
        ({"text": "x" * 4001}, 422, "Your response has 4,001 characters; 4,000 is the most."),
        ({"kind": "reply"}, 422, "Your response does not say what it is."),
        ({"kind": "graded"}, 422, "Your response does not say what it is."),
        ({"paragraph": "0123456789abcdef"}, 409, "The author has changed this paragraph in the meantime."),
    ],
)
def test_response_when_it_cannot_be_kept_then_says_why_and_gives_the_words_back(
    app: Flask,
    visitor: Visitor,
    people: tuple[Membership, Membership, Membership],
    fields: dict[str, str],
    status: int,
    sentence: str,
) -> None:
    token = let_in(app, visitor, people[1])
    sent: dict[str, Any] = {"kind": "noticed", "text": "Words of mine.", "paragraph": "", **fields}

    answer = visitor.post(f"{PAGE}/responses", csrf_token=token, **sent)

    assert (answer.status_code, sentence in answer.text) == (status, True)
    assert f"{sent['text']}</textarea>" in answer.text
    assert stored(EntryResponse) == []


def test_responses_when_there_are_two_hundred_then_one_more_is_refused(
    people: tuple[Membership, Membership, Membership],
) -> None:
    author, reader, _ = people
    rows = [
        EntryResponse(entry_id=1, user_id=author.user_id, kind=ResponseKind.NOTICED, text="Mine.")
        for _ in range(MOST_RESPONSES)
    ]
    db.session.add_all(rows)
    db.session.commit()

    with pytest.raises(CannotRespond):
        _respond(reader)


def test_response_when_the_author_answers_themselves_then_not_there(
    app: Flask, visitor: Visitor, people: tuple[Membership, Membership, Membership]
) -> None:
    token = let_in(app, visitor, people[0])

    answer = visitor.post(f"{PAGE}/responses", csrf_token=token, kind="noticed", text="How good I am.")

    assert (answer.status_code, stored(EntryResponse)) == (404, [])


@pytest.mark.parametrize(
    ("revised", "paragraph", "is_earlier"),
    [
        (TEXT, 2, False),
        ("A new beginning.\n\n" + TEXT, 3, False),
        ("Then we stopped.", 0, False),
        ("We counted the lamps.\n\nThen we went on.", None, True),
    ],
    ids=["unchanged", "moved down", "moved up", "gone"],
)
def test_response_when_the_entry_is_revised_then_follows_its_paragraph_or_tells_of_the_earlier_version(
    people: tuple[Membership, Membership, Membership], revised: str, paragraph: int | None, is_earlier: bool
) -> None:
    author, reader, _ = people
    _respond(reader, paragraph=2)
    _rewrite(revised)

    shared = _opened(author)
    paragraphs = reading_of(db.session(), stored(Activity)[0], shared).paragraphs
    (thread,) = threads_of(db.session(), shared, member=author, paragraphs=paragraphs)

    assert (thread.paragraph, thread.is_to_earlier_version) == (paragraph, is_earlier)


def test_page_when_a_paragraph_is_gone_then_shows_what_it_said(
    app: Flask, visitor: Visitor, people: tuple[Membership, Membership, Membership]
) -> None:
    _respond(people[1], paragraph=2)
    _rewrite("All new.")
    let_in(app, visitor, people[0])

    page = visitor.get(PAGE).text

    assert "To an earlier version, which said:" in page
    assert page.count("Then we stopped.") == 1


def test_reply_when_given_by_either_then_seen_by_both_and_by_nobody_else(
    app: Flask, visitor: Visitor, people: tuple[Membership, Membership, Membership]
) -> None:
    author, reader, other = people
    response_id = _respond(reader, "First.").id
    path = f"/journal/1/responses/{response_id}"

    statuses, seen = [], []
    for number, member in enumerate((author, reader, other)):
        token = let_in(app, visitor, member)
        statuses.append(visitor.post(f"{path}/replies", csrf_token=token, text=f"Reply {number}").status_code)
    for member in (author, reader, other):
        let_in(app, visitor, member)
        page = visitor.get(PAGE).text
        seen.append([text for text in ("First.", "Reply 0", "Reply 1", "Reply 2") if text in page])

    assert statuses == [303, 303, 404]
    assert seen == [["First.", "Reply 0", "Reply 1"], ["First.", "Reply 0", "Reply 1"], []]


def test_reply_when_too_long_then_gives_the_words_back_where_they_were(
    app: Flask, visitor: Visitor, people: tuple[Membership, Membership, Membership]
) -> None:
    response_id = _respond(people[1]).id
    token, text = let_in(app, visitor, people[0]), "y" * (MAX_RESPONSE + 1)

    answer = visitor.post(f"/journal/1/responses/{response_id}/replies", csrf_token=token, text=text)

    assert (answer.status_code, f"{text}</textarea>" in answer.text) == (422, True)
    assert "<details open>" in answer.text


def test_response_when_dealt_with_then_said_so_by_the_author_alone_and_taken_up_again(
    app: Flask, visitor: Visitor, people: tuple[Membership, Membership, Membership]
) -> None:
    author, reader, _ = people
    path = f"/journal/1/responses/{_respond(reader).id}/resolve"

    token = let_in(app, visitor, reader)
    refused = visitor.post(path, csrf_token=token, is_resolved="1").status_code
    token = let_in(app, visitor, author)
    visitor.post(path, csrf_token=token, is_resolved="1")
    resolved = stored(EntryResponse)[0].resolved_at is not None
    shown = "dealt with" in visitor.get(PAGE).text
    visitor.post(path, csrf_token=token, is_resolved="0")

    assert (refused, resolved, shown) == (404, True, True)
    assert stored(EntryResponse)[0].resolved_at is None


def test_response_when_taken_back_then_gone_but_a_reply_to_it_keeps_its_place(
    app: Flask, visitor: Visitor, people: tuple[Membership, Membership, Membership]
) -> None:
    author, reader, _ = people
    alone, answered = _respond(reader, "Alone."), _respond(reader, "Answered.", paragraph=0)
    token = let_in(app, visitor, author)
    visitor.post(f"/journal/1/responses/{answered.id}/replies", csrf_token=token, text="Why so?")
    refused = visitor.post(f"/journal/1/responses/{alone.id}/withdraw", csrf_token=token).status_code
    # Sharing has stopped: their own words they may take back all the same.
    visitor.post("/journal/1/entries/1/sharing/stop", csrf_token=token)

    token = let_in(app, visitor, reader)
    listed = visitor.get("/journal/1/shared").text
    answers = [
        visitor.post(f"/journal/1/responses/{each.id}/withdraw", csrf_token=token, back=back)
        for each, back in ((alone, "https://evil.example/"), (answered, PAGE))
    ]

    let_in(app, visitor, author)
    page = visitor.get(PAGE).text
    assert refused == 404
    assert ("Alone." in listed, "Answered." in listed, "Why so?" in listed) == (True, True, False)
    assert [answer.headers["Location"] for answer in answers] == ["/journal/1/shared", PAGE]
    assert [(row.text, row.quoted) for row in stored(EntryResponse)] == [("", ""), ("Why so?", "")]
    assert ("Taken back by its writer." in page, "Why so?" in page, "Answered." in page) == (True, True, False)


def test_excerpt_when_answered_then_its_paragraphs_count_for_themselves(
    app: Flask, visitor: Visitor, people: tuple[Membership, Membership, Membership]
) -> None:
    excerpt = an_excerpt(stored(JournalEntry)[0], "- one\n- two\n\nThen we stopped.", title="Lamps")
    a_share(stored(JournalEntry)[0], "writers", excerpt=excerpt)
    token = let_in(app, visitor, people[1])
    options = _options(visitor.get("/journal/1/excerpts/1").text)

    visitor.post(
        "/journal/1/excerpts/1/responses",
        csrf_token=token,
        kind="celebrate",
        text="Yes!",
        paragraph=options["Paragraph 2: Then we stopped."],
    )

    (row,) = stored(EntryResponse)
    assert (row.excerpt_id, row.paragraph, row.quoted) == (excerpt.id, 1, "Then we stopped.")
    # It is not shown with the whole entry.
    assert (_threads(visitor.get("/journal/1/excerpts/1").text), _threads(visitor.get(PAGE).text)) == ([1], [])


def test_page_when_an_entry_has_steps_then_paragraphs_are_counted_through(
    app: Flask, visitor: Visitor, people: tuple[Membership, Membership, Membership]
) -> None:
    entry = stored(JournalEntry)[0]
    entry.prompt_key, entry.prompt_version = "what-so-what-now-what", 1
    entry.answers = {"gone": "From an older set.", "what": "It rained.\n\nHard.", "so-what": "", "now-what": "Boots."}
    db.session.commit()
    let_in(app, visitor, people[1])

    page = visitor.get(PAGE).text

    paragraphs = re.findall(r'id="paragraph-(\d)">\s*<div class="prose"><p>(.*?)</p>', page)
    assert paragraphs == [("1", "It rained."), ("2", "Hard."), ("3", "Boots."), ("4", "From an older set.")]
    assert len(re.findall(r'<h2 class="prompt">', page)) == 2


def test_page_when_the_prompt_is_gone_then_shows_the_answers_all_the_same(
    app: Flask, visitor: Visitor, people: tuple[Membership, Membership, Membership]
) -> None:
    entry = stored(JournalEntry)[0]
    entry.prompt_key, entry.answers = "no such set", {"a": "It rained."}
    db.session.commit()
    let_in(app, visitor, people[1])

    page = visitor.get(PAGE)

    assert (page.status_code, "It rained." in page.text) == (200, True)


@pytest.mark.parametrize("count", [1, 30])
def test_page_when_one_or_thirty_responses_then_asks_the_database_as_often(
    app: Flask, visitor: Visitor, people: tuple[Membership, Membership, Membership], count: int
) -> None:
    for number in range(count):
        _respond(people[1], paragraph=number % 3)
    let_in(app, visitor, people[1])
    visitor.get(PAGE)

    with counted_queries() as statements:
        page = visitor.get(PAGE).text

    assert len(_threads(page)) == count
    assert len(statements) == QUERIES, statements
