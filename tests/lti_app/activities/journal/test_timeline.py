"""*My journal*: one's own entries over all courses, newest first, narrowed down, page by page."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import event, text, update

from lti_app.activities.journal.models import EntryState, EntryTag, EntryVersion, JournalEntry, TagKind
from lti_app.activities.journal.service.content import Content
from lti_app.activities.journal.service.timeline import PAGE_SIZE, Wanted, read_page
from lti_app.clock import now
from lti_app.db import db
from lti_app.models.people import Membership, User
from tests.factories import ActivityFactory, ContextFactory
from tests.lti_app.activities.journal.owning import NOON, many, signed_in, write
from tests.lti_app.activities.journal.test_course_page import counted_queries
from tests.lti_app.activities.journal.writing import SECRET
from tests.lti_app.lti.launching import LTI, launch_with
from tests.lti_app.lti.reviewing import ask_what_is_kept, page_of
from tests.visitor import FACILITATOR, LMS_ADMIN, OTHER_TEACHER, TEACHER, Visitor

_WORDS = re.compile(r'<p class="mine-words"[^>]*>(.*?)</p>', re.DOTALL)
_MONTH = re.compile(r'<h3><time datetime="([\d-]+)">')
_LINK = re.compile(r'<h4><a href="([^"]+)">')
QUERIES = 8  # the person; how much there is; their journals; their tags; the weeks; drafts; a page; its tags


def shown(page: str) -> list[str]:
    return [unescape(words) for words in _WORDS.findall(page)]


def another_journal(user_id: int, **member: object) -> int:
    """Add a journal in another course of the same LMS, with the person in it if told as what; return its id."""
    user = db.session.get_one(User, user_id)
    course = ContextFactory(deployment__registration_id=user.registration_id, title="Literacy")
    activity = ActivityFactory(context=course, title="Reading log")
    if member:
        db.session.add(Membership(context_id=course.id, user_id=user_id, **member))
    db.session.commit()
    found: int = activity.id
    return found


def test_mine_when_nothing_is_written_then_says_what_to_do_first(visitor: Visitor) -> None:
    user_id = signed_in(visitor)

    page = visitor.get(f"/journal/mine/{user_id}")

    assert page.status_code == 200
    assert "Nothing is written yet. Open a journal from one of your courses and press “Write”" in page.text
    assert "<svg" not in page.text
    assert "Download" not in page.text


def test_mine_when_entries_stand_in_two_courses_then_newest_first_by_month_with_state_and_course(
    visitor: Visitor,
) -> None:
    user_id = signed_in(visitor)
    reading = another_journal(user_id)
    (march,) = write(user_id, "In *March*")
    (june,) = write(user_id, "In June", activity_id=reading, finished_at=datetime(2026, 6, 1, tzinfo=UTC))
    write(user_id, "A draft", state=EntryState.DRAFT, finished_at=None)
    write(user_id, "Taken back", state=EntryState.WITHDRAWN, withdrawn_at=now(), finished_at=NOON - timedelta(days=40))

    page = visitor.get(f"/journal/mine/{user_id}").text

    assert shown(page) == ["A draft", "In June", "In March", "Taken back"]
    assert _MONTH.findall(page) == ["2026-06", "2026-03", "2026-01"]
    assert _LINK.findall(page)[1:3] == [f"/journal/mine/{user_id}/entries/{june}", f"/journal/1/entries/{march}"]
    assert [word in page for word in ("Literacy", "Reading log", ">withdrawn<", "Draft, begun")] == [True] * 4


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("in=activity-1", ["Rivers"]),
        ("in=course-1", ["Rivers"]),
        ("in=activity-{other}", ["Bridges"]),
        ("in=activity-999", []),
        ("tag=water", ["Rivers"]),
        ("tag=Standard+3", []),
        ("goal=Standard+3", ["Bridges"]),
        ("year=2026", ["Rivers"]),
        ("year=2024", ["Bridges"]),
        ("q=riv", ["<mark>Rivers</mark>"]),
        ("q=riv&year=2024", []),
        ("q=%22%2A", []),
        ("in=&tag=&goal=&year=&q=", ["Rivers", "Bridges"]),
        ("in=activity-99999999999&year=99999&before=x", ["Rivers", "Bridges"]),
        ("in=nonsense&year=abc&before=2026-01-01_7", ["Rivers", "Bridges"]),
        ("before=9999-12-31T23:59:59%2B00:00_999999999999999999999999", ["Rivers", "Bridges"]),
        ("before=0001-01-01T00:00:00%2B14:00_1", ["Rivers", "Bridges"]),
        ("q=%00%FF&tag=%00", []),
    ],
)
def test_mine_when_narrowed_down_then_only_what_fits(visitor: Visitor, asked: str, found: list[str]) -> None:
    user_id = signed_in(visitor)
    other = another_journal(user_id)
    (rivers,) = write(user_id, "Rivers")
    (bridges,) = write(user_id, "Bridges", activity_id=other, finished_at=datetime(2024, 2, 1, tzinfo=UTC))
    db.session.add(EntryTag(entry_id=rivers, name="water"))
    db.session.add(EntryTag(entry_id=bridges, kind=TagKind.GOAL, name="Standard 3"))
    db.session.commit()

    page = visitor.get(f"/journal/mine/{user_id}?{asked.format(other=other)}")

    assert (page.status_code, shown(page.text)) == (200, found)
    assert ("No entry of yours is like that." in page.text) is (found == [])


def test_mine_when_there_are_many_then_pages_follow_each_other_without_gap_or_double(visitor: Visitor) -> None:
    user_id = signed_in(visitor)
    write(user_id, *(f"At the same moment {number}" for number in range(5)))
    db.session.execute(update(JournalEntry).values(finished_at=NOON))
    many(2 * PAGE_SIZE, user_id)
    path, pages = f"/journal/mine/{user_id}?q=", []

    while path:
        page = visitor.get(path).text
        pages.append(shown(page))
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = unescape(following.group(1)) if following else ""

    assert [len(page) for page in pages] == [PAGE_SIZE, PAGE_SIZE, 5]
    assert len({words for page in pages for words in page}) == 2 * PAGE_SIZE + 5


def test_mine_when_a_revision_is_drafted_then_stands_with_its_entry(visitor: Visitor) -> None:
    user_id = signed_in(visitor)
    (entry_id,) = write(user_id, "Finished")
    write(user_id, "Better", state=EntryState.DRAFT, finished_at=None, revises_id=entry_id)

    page = visitor.get(f"/journal/mine/{user_id}").text

    assert shown(page) == ["Finished"]


def test_mine_when_texts_hold_markup_then_shown_as_text(visitor: Visitor) -> None:
    user_id = signed_in(visitor)
    write(user_id, "<script>alert(1)</script> heron", title="<img src=x onerror=alert(1)>")

    pages = [visitor.get(f"/journal/mine/{user_id}{query}").text for query in ("", "?q=heron", "?q=<script>")]

    assert all("<script>alert" not in page and "<img" not in page for page in pages)


def test_mine_when_weeks_are_drawn_then_the_table_says_the_same(visitor: Visitor) -> None:
    user_id = signed_in(visitor)
    write(user_id, "One", "Two", finished_at=datetime(2026, 3, 3, tzinfo=UTC))
    write(user_id, "Three", finished_at=datetime(2026, 12, 31, tzinfo=UTC))

    page = visitor.get(f"/journal/mine/{user_id}?year=2026").text

    weeks = re.findall(r'<tr><th scope="row">([^<]+)</th><td class="number">(\d)</td>', page)
    assert weeks == [("Mon 28 Dec 2026", "1"), ("Mon 2 Mar 2026", "2")]
    assert page.count("<rect") == 53
    assert len(re.findall(r'<rect class="week-[1-4]"', page)) == 2
    assert "3 entries finished in the weeks from 29 Dec 2025 to 28 Dec 2026; the table says in which." in page
    assert "streak" not in page.lower()


def test_mine_entry_when_the_course_has_closed_then_its_author_reads_it_here(visitor: Visitor) -> None:
    user_id = signed_in(visitor)
    (entry_id,) = write(user_id, f"**{SECRET}**", activity_id=another_journal(user_id), title="Kept")

    page = visitor.get(f"/journal/mine/{user_id}/entries/{entry_id}")

    assert page.status_code == 200
    assert f"<strong>{SECRET}</strong>" in page.text
    assert "Reading log" in page.text
    assert re.findall(r"<h(\d)", page.text) == ["1"]


def test_mine_entry_when_it_has_steps_then_shows_all_that_it_holds_and_follows_no_bad_link(visitor: Visitor) -> None:
    user_id = signed_in(visitor)
    (entry_id,) = write(
        user_id, "Half", activity_id=another_journal(user_id), state=EntryState.DRAFT, finished_at=None,
        prompt_key="rose-thorn-bud", answers={"thorn": "A *thorn*", "rose": "A rose", "gone": "Left over"},
        event_on=date(2026, 3, 1),
        links=[{"url": "https://example.org/a", "label": "Good"}, {"url": "javascript:alert(1)", "label": "Bad"}],
    )  # fmt: skip
    db.session.add_all([EntryTag(entry_id=entry_id, name="rivers"), _goal(entry_id, "Standard 3")])
    db.session.add(_earlier(entry_id, Content(title="At first", answers={"rose": "An earlier rose"})))
    db.session.commit()

    page = visitor.get(f"/journal/mine/{user_id}/entries/{entry_id}").text

    texts = ("Rose, thorn, bud", "A rose", "A <em>thorn</em>", "Left over", "Bad", "Standard 3", "rivers", "At first")
    places = [page.find(text) for text in texts]
    assert -1 not in places
    assert places[1:4] == sorted(places[1:4])
    assert "An earlier rose" in page
    assert 'href="https://example.org/a"' in page
    assert "javascript:" not in page
    assert "Draft, begun March 4, 2026" in page
    assert page.count('<h2 class="prompt">') == 2


def test_mine_when_entries_were_withdrawn_then_says_until_when_the_text_is_there(visitor: Visitor) -> None:
    user_id = signed_in(visitor)
    write(user_id, "Taken back", state=EntryState.WITHDRAWN, withdrawn_at=NOON)
    (purged,) = write(user_id, "", answers={}, state=EntryState.WITHDRAWN, withdrawn_at=NOON, purged_at=NOON)

    page = visitor.get(f"/journal/mine/{user_id}").text
    entry = visitor.get(f"/journal/mine/{user_id}/entries/{purged}").text

    lines = re.findall(r'<li class="mine-line">(.*?)</li>', page, re.DOTALL)
    said = [" ".join(re.sub(r"<[^>]+>", " ", line).split()) for line in lines]
    assert len(said) == 2
    assert "withdrawn Text erased Wed 4 Mar" in said[0]
    assert "withdrawn Taken back Its text can be restored until Fri 3 Apr" in said[1]
    assert shown(page) == ["Taken back"]
    assert "Nothing written yet" not in page
    assert "Finished March 4, 2026; withdrawn, and its text erased March 4, 2026" in entry


def test_mine_when_a_tag_or_a_title_is_searched_for_then_found_and_marked(visitor: Visitor) -> None:
    user_id = signed_in(visitor)
    (tagged, titled, _) = write(user_id, "They built <b>rafts</b>.", "No word of it.", "Neither.")
    db.session.execute(update(JournalEntry).where(JournalEntry.id == titled).values(title="Rivers & rafts <i>"))
    db.session.add_all([EntryTag(entry_id=tagged, name="Flüsse & <u>rivers</u>"), _goal(tagged, "Standard 3")])
    db.session.commit()

    pages = [visitor.get(f"/journal/mine/{user_id}?q={typed}").text for typed in ("riv+raft", "flusse", "stand")]

    found = [re.findall(r'<li class="mine-line">(.*?)</li>', page, re.DOTALL) for page in pages]
    assert [len(lines) for lines in found] == [2, 1, 1]
    assert "<bdi><mark>Rivers</mark> &amp; <mark>rafts</mark> &lt;i&gt;</bdi>" in found[0][0]
    assert "<bdi>Flüsse &amp; &lt;u&gt;<mark>rivers</mark>&lt;/u&gt;</bdi>" in found[0][1]
    assert "<bdi><mark>Flüsse</mark> &amp; &lt;u&gt;rivers" in found[1][0]
    assert "goal <bdi><mark>Standard</mark> 3</bdi>" in found[2][0]


def _goal(entry_id: int, name: str) -> EntryTag:
    return EntryTag(entry_id=entry_id, kind=TagKind.GOAL, name=name)


def _earlier(entry_id: int, content: Content) -> EntryVersion:
    return EntryVersion(entry_id=entry_id, number=1, content=content.to_json(), finished_at=NOON, replaced_at=NOON)


PATHS = ("", "/journal.html", "/journal.pdf", "/journal.json", "/journal.zip", "/entries/{entry}")


@pytest.mark.parametrize("person", [OTHER_TEACHER, FACILITATOR, LMS_ADMIN])
def test_mine_when_somebody_else_asks_then_not_there(visitor: Visitor, another_visitor: Visitor, person: str) -> None:
    user_id = signed_in(visitor)
    (entry_id,) = write(user_id, SECRET)
    another_visitor.launch(person)

    pages = [another_visitor.get(f"/journal/mine/{user_id}{path.format(entry=entry_id)}") for path in PATHS]

    assert [page.status_code for page in pages] == [404] * len(PATHS)
    assert all(SECRET not in page.text for page in pages)


def test_mine_when_an_admin_may_count_then_reads_nothing(visitor: Visitor, another_visitor: Visitor) -> None:
    user_id = signed_in(visitor)
    write(user_id, SECRET)
    counted = page_of(another_visitor, ask_what_is_kept(another_visitor, person=LMS_ADMIN))

    page = another_visitor.get(f"/journal/mine/{user_id}")

    assert (counted.status_code, page.status_code) == (200, 404)


def test_mine_when_somebody_acts_as_the_author_then_nothing_opens(visitor: Visitor, another_visitor: Visitor) -> None:
    user_id = signed_in(visitor)
    (entry_id,) = write(user_id, SECRET)
    launch_with(another_visitor, person=TEACHER, claims={f"{LTI}custom": {"canvas_masquerading_user_id": "42"}})

    pages = [another_visitor.get(f"/journal/mine/{user_id}{path.format(entry=entry_id)}") for path in PATHS]

    assert [page.status_code for page in pages] == [403] * len(PATHS)


def test_mine_when_somebody_elses_entry_is_named_then_not_there(visitor: Visitor, another_visitor: Visitor) -> None:
    victim = signed_in(visitor)
    (entry_id,) = write(victim, SECRET)
    own = signed_in(another_visitor, OTHER_TEACHER)
    write(own, "Mine")

    pages = [
        another_visitor.get(f"/journal/mine/{own}{path}")
        for path in (f"/entries/{entry_id}", "/entries/99999999999", "?q=heron", "", "/journal.json", "/journal.html")
    ]

    assert [page.status_code for page in pages] == [404, 404, 200, 200, 200, 200]
    assert all(SECRET not in page.text for page in pages)
    assert "Mine" in pages[3].text


@pytest.mark.parametrize("count", [1, 30, 1000])
def test_mine_when_there_are_more_entries_then_asks_the_database_as_often(visitor: Visitor, count: int) -> None:
    user_id = signed_in(visitor)
    many(count, user_id)

    with counted_queries() as plain:
        visitor.get(f"/journal/mine/{user_id}")
    with counted_queries() as searching:
        found = visitor.get(f"/journal/mine/{user_id}?q=riv")

    # Searching reads the names of all tags, and no weeks.
    assert (len(plain), len(searching)) == (QUERIES, QUERIES), plain
    assert len(shown(found.text)) == min(count, PAGE_SIZE)


def test_timeline_when_asked_of_many_then_an_index_gives_its_order(visitor: Visitor) -> None:
    user_id, other_id = signed_in(visitor), signed_in(visitor, OTHER_TEACHER)
    many(2000, user_id, other_id)
    db.session.execute(text("ANALYZE"))
    with explained() as plans:
        read_page(db.session(), user_id=user_id, wanted=Wanted())

    (plan,) = [plan for statement, plan in plans if "finished_at IS NOT NULL" in statement]
    assert "ix_journal_entry_user_id_journal_entry_finished_at" in plan
    assert "SCAN journal_entry" not in plan
    assert "Seq Scan on journal_entry" not in plan
    assert "TEMP B-TREE" not in plan


@contextmanager
def explained() -> Iterator[list[tuple[str, str]]]:
    """Collect the statements that reach the database, each with how it goes about it."""
    plans: list[tuple[str, str]] = []
    explain = "EXPLAIN QUERY PLAN" if db.engine.dialect.name == "sqlite" else "EXPLAIN"

    def note(_connection: object, cursor: Any, statement: str, parameters: Any, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            cursor.execute(f"{explain} {statement}", parameters)
            plans.append((statement, " ".join(str(row) for row in cursor.fetchall())))

    event.listen(db.engine, "before_cursor_execute", note)
    yield plans
    event.remove(db.engine, "before_cursor_execute", note)
