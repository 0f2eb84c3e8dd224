"""The facilitator's page: who has finished, by facts only, a page of people at a time."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from lti_app.activities.journal.service.own_entries import PAGE_SIZE
from lti_app.clock import now
from lti_app.db import db
from lti_app.errors import Refusal
from lti_app.models.activity import Activity
from lti_app.models.gradebook import DeliveryState
from lti_app.models.people import Membership, Role, User
from tests.factories import CompletionFactory
from tests.lti_app.activities.journal.owning import many
from tests.lti_app.activities.journal.rows import a_delivery, a_member
from tests.lti_app.activities.journal.writing import SECRET, begin, set_journal, stored, write_entry
from tests.visitor import FACILITATOR, TEACHER, Visitor

# The activity with its member; the course's groups; a page of people; how many there are in all; when they last wrote;
# what is shared with who asks.
QUERIES = 6
# The activity with its member; a page of their entries; what they answered; their credit; what is shared with them.
OWN_QUERIES = 5
_ROW = re.compile(r'<tr data-user="(\d+)">(.*?)</tr>', re.DOTALL)
_NEXT = re.compile(r'href="(/journal/1\?after=\d+)"')


@pytest.fixture
def facilitator(visitor: Visitor) -> Visitor:
    """A facilitator who has opened the journal."""
    visitor.launch(FACILITATOR)
    return visitor


def enrol(count: int, *, complete: int = 0) -> list[int]:
    """Add that many teachers, the first ones complete and with a score in the gradebook; return their user ids."""
    (activity,) = stored(Activity)
    members = [a_member(activity, name=f"Person {number:03}") for number in range(count)]
    for member in members[:complete]:
        CompletionFactory(activity_id=activity.id, user_id=member.user_id)
        a_delivery(activity, member.user_id, state=DeliveryState.SENT, sent_at=now())
    db.session.commit()
    return [member.user_id for member in members]


def people_on(page: str) -> list[int]:
    return [int(user_id) for user_id, _ in _ROW.findall(page)]


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """Collect the statements that reach the database."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield statements
    event.remove(db.engine, "before_cursor_execute", note)


def test_show_when_nobody_has_opened_it_then_says_what_to_do_first(facilitator: Visitor) -> None:
    page = facilitator.get("/journal/1").text

    assert (
        "Nobody has opened this journal yet. Tell your teachers where it is in the course;"
        " they appear here as soon as they open it." in page
    )
    assert "<table" not in page
    assert "Think of one moment from your teaching this week that stayed with you." in page


def test_show_when_teachers_have_written_then_shows_facts_and_never_a_word(
    facilitator: Visitor, another_visitor: Visitor
) -> None:
    set_journal(entries_required=2, minimum_words=0)
    write_entry(another_visitor, TEACHER, text=SECRET)
    begin(another_visitor, TEACHER)

    page = facilitator.get("/journal/1").text

    ((_, row),) = _ROW.findall(page)
    cells = [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)]
    assert (cells[:3], cells[4:]) == (["Jonas Lindqvist", "1/2", "–"], ["not yet"])
    assert cells[3].startswith("Last finished")
    assert "0 of 1 person has finished." in page
    assert SECRET not in page


def test_show_when_some_are_complete_then_says_how_many_and_where_their_credit_is(facilitator: Visitor) -> None:
    people = enrol(3, complete=2)

    page = facilitator.get("/journal/1").text

    assert "2 of 3 people have finished." in page
    assert people_on(page) == people
    assert re.findall(r'data-credit="(\w+)"', page) == ["in_gradebook", "in_gradebook", "not_yet"]
    assert page.count("in the gradebook") == 2


def test_show_when_a_score_is_stuck_then_says_why(facilitator: Visitor) -> None:
    (user_id,) = enrol(1)
    (activity,) = stored(Activity)
    CompletionFactory(activity_id=activity.id, user_id=user_id)
    a_delivery(activity, user_id, state=DeliveryState.PARKED, reason=Refusal.NOT_GRADABLE)

    page = facilitator.get("/journal/1").text

    assert 'data-credit="stuck"' in page
    assert "stuck: the LMS grades no one in this role" in page


@pytest.mark.parametrize("count", [1, 30, 50, 51, 60, 101])
def test_show_when_read_page_after_page_then_everybody_is_there_once_and_in_order(
    facilitator: Visitor, count: int
) -> None:
    people = enrol(count)
    pages = [facilitator.get("/journal/1").text]

    while following := _NEXT.findall(pages[-1]):
        pages.append(facilitator.get(following[0]).text)

    assert [person for page in pages for person in people_on(page)] == people
    assert [len(people_on(page)) for page in pages] == [50] * (count // 50) + ([count % 50] if count % 50 else [])


def test_show_when_names_are_alike_or_missing_then_nobody_is_left_out(facilitator: Visitor) -> None:
    people = enrol(60)
    for number, user in enumerate(user for user in stored(User) if user.id in people):
        user.name = ("", "same", "Same", "Ångström", "Ольга")[number % 5]
    db.session.commit()
    first = facilitator.get("/journal/1").text

    second = facilitator.get(_NEXT.findall(first)[0]).text

    listed = people_on(first) + people_on(second)
    assert (len(listed), sorted(listed)) == (60, sorted(people))
    assert f"Participant {people[0]}" in first


def test_show_when_some_do_not_take_part_then_they_are_not_listed(facilitator: Visitor) -> None:
    (activity,) = stored(Activity)
    listed = [a_member(activity, name="A"), a_member(activity, name="B", role=Role.MENTOR)]
    a_member(activity, role=Role.FACILITATOR)
    a_member(activity, role=Role.NONE)
    a_member(activity, is_test_user=True)
    a_member(activity, is_active=False)
    db.session.commit()
    expected = [member.user_id for member in listed]

    page = facilitator.get("/journal/1").text

    assert people_on(page) == expected
    assert "0 of 2 people have finished." in page


@pytest.mark.parametrize("after", ["999999", "x", "-1", "0", "", str(2**31), str(10**30)])
def test_show_when_the_place_to_go_on_from_is_forged_then_never_breaks(facilitator: Visitor, after: str) -> None:
    people = enrol(2)

    page = facilitator.get(f"/journal/1?after={after}")

    assert page.status_code == 200
    assert people_on(page.text) in (people, [])


@pytest.mark.parametrize("count", [1, 30])
def test_show_when_one_or_thirty_are_listed_then_asks_the_database_as_often(facilitator: Visitor, count: int) -> None:
    enrol(count, complete=count)

    with counted_queries() as statements:
        page = facilitator.get("/journal/1").text

    assert len(people_on(page)) == count
    assert len(statements) == QUERIES, statements


@pytest.mark.parametrize("count", [1, 30, 1000])
def test_show_when_a_teacher_has_one_or_many_entries_then_asks_the_database_as_often(
    visitor: Visitor, count: int
) -> None:
    journal = write_entry(visitor, TEACHER).journal
    (activity,) = stored(Activity)
    (member,) = [member for member in stored(Membership) if member.role is Role.TEACHER]
    many(count - 1, member.user_id, activity_id=activity.id)

    with counted_queries() as statements:
        page = visitor.get(journal).text

    assert page.count('<p class="excerpt">') == min(count, PAGE_SIZE)
    assert len(statements) == OWN_QUERIES, statements
