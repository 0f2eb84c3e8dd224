"""The facilitator's page and the platform's list: who is on it, how fresh it is, and who cannot get a score."""

import re
from html import unescape
from typing import Any

import pytest
from huey import Huey

from lti_app.clock import now
from lti_app.db import db
from lti_app.models.activity import Activity
from lti_app.models.people import Context, Membership, Role, RosterCause, RosterProblem
from tests.lti_app.activities.journal.rows import a_member
from tests.lti_app.activities.journal.test_course_page import QUERIES, counted_queries, people_on
from tests.lti_app.activities.journal.writing import stored
from tests.lti_app.lti.launching import NRPS, launch_with
from tests.visitor import FACILITATOR, TEACHER, UNGRADED, Visitor

_DETAILS = re.compile(r"<li><bdi>(.*?)</bdi></li>")
_WARNING = re.compile(r'<h2 id="ungradable-heading">(.*?)</h2>', re.DOTALL)
_STAFF = re.compile(r'<details class="quiet staff"[^>]*>\s*<summary>(.*?)</summary>', re.DOTALL)
EVERYBODY = "Everybody listed here can get a score in your LMS."


@pytest.fixture
def facilitator(visitor: Visitor) -> Visitor:
    """A facilitator who has opened the journal, in a course whose list was read."""
    visitor.launch(FACILITATOR)
    read_list()
    return visitor


def read_list(**values: Any) -> None:
    """Let the course's list have been read just now, with other values where told."""
    (course,) = stored(Context)
    for name, value in {"roster_read_at": now(), "roster_read_cause": RosterCause.NIGHTLY, **values}.items():
        setattr(course, name, value)
    db.session.commit()


def enrol(*names: str, **values: Any) -> list[Membership]:
    """Add people whom only the list knows, with other values where told; committed."""
    (activity,) = stored(Activity)
    from_list = {"launched_at": None, "listed_at": now()}
    members = [a_member(activity, name=name, **{**from_list, **values}) for name in names]
    db.session.commit()
    return members


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_show_when_people_have_never_opened_it_then_they_are_listed_all_the_same(facilitator: Visitor) -> None:
    members = enrol("Ada", "Bao")
    expected = [member.user_id for member in members]

    page = facilitator.get("/journal/1").text

    assert people_on(page) == expected
    assert "0 of 2 people have finished." in page


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (0, None),
        (1, "1 of 4 cannot get a score in your LMS, because of the role they are enrolled in"),
        (2, "2 of 5 cannot get a score in your LMS, because of the roles they are enrolled in"),
    ],
)
def test_show_when_some_cannot_get_a_score_then_says_how_many_who_and_what_to_do(
    facilitator: Visitor, count: int, sentence: str | None
) -> None:
    enrol("Ada", "Bao", "Chi")
    names = [f"Mentor {number}" for number in range(count)]
    enrol(*names, role=Role.MENTOR, is_gradable=False)

    page = facilitator.get("/journal/1").text

    shown = [text_of(found) for found in _WARNING.findall(page)]
    assert shown == ([f"{sentence} (Teacher, assistant, mentor)."] if sentence else [])
    assert _DETAILS.findall(page) == names
    assert (EVERYBODY in page) is (count == 0)
    assert ("enrol them in your LMS as a participant" in page) is (count > 0)


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (0, None),
        (1, "1 person is enrolled as Teacher, looks after this course, and cannot get a score in your LMS."),
        (2, "2 people are enrolled as Teacher, look after this course, and cannot get a score in your LMS."),
    ],
)
def test_show_when_staff_are_listed_then_names_them_apart_and_does_not_warn(
    facilitator: Visitor, count: int, sentence: str | None
) -> None:
    enrol("Ada")
    names = [f"Principal {number}" for number in range(count)]
    enrol(*names, role=Role.FACILITATOR, is_gradable=False)

    page = facilitator.get("/journal/1").text

    assert [text_of(found) for found in _STAFF.findall(page)] == ([sentence] if sentence else [])
    assert _DETAILS.findall(page) == names
    assert (EVERYBODY in page, _WARNING.findall(page)) == (True, [])
    assert len(people_on(page)) == 1


def test_show_when_staff_is_not_enrolled_or_is_graded_then_is_not_counted(facilitator: Visitor) -> None:
    enrol("An administrator who looked in", role=Role.FACILITATOR, is_gradable=False, listed_at=None)
    enrol("Moodle's non-editing teacher", role=Role.FACILITATOR, is_gradable=True)
    enrol("Somebody who left", role=Role.FACILITATOR, is_gradable=False, is_active=False)
    enrol("Student View", role=Role.TEACHER, is_gradable=False, is_test_user=True)
    enrol("A guest", role=Role.NONE, is_gradable=False)

    page = facilitator.get("/journal/1").text

    assert (_STAFF.findall(page), _WARNING.findall(page), _DETAILS.findall(page)) == ([], [], [])


def test_show_when_the_journal_is_not_graded_then_nobody_is_warned_about(visitor: Visitor) -> None:
    visitor.launch(FACILITATOR, UNGRADED)
    read_list()
    enrol("Ada", role=Role.MENTOR, is_gradable=False)
    enrol("Bao", role=Role.FACILITATOR, is_gradable=False)

    page = visitor.get("/journal/1").text

    assert (_STAFF.findall(page), _WARNING.findall(page), EVERYBODY in page) == ([], [], False)


def test_show_when_very_many_cannot_get_a_score_then_names_fifty_and_counts_the_rest(facilitator: Visitor) -> None:
    enrol(*(f"Mentor {number:03}" for number in range(53)), role=Role.MENTOR, is_gradable=False)

    page = facilitator.get("/journal/1").text

    assert _DETAILS.findall(page) == [f"Mentor {number:03}" for number in range(50)]
    assert "<li>and 3 more</li>" in page


def test_show_when_names_hold_markup_or_are_missing_then_shown_as_text(facilitator: Visitor) -> None:
    (nameless,) = enrol("", role=Role.MENTOR, is_gradable=False)
    user_id = nameless.user_id
    enrol("<script>alert(1)</script>", role=Role.MENTOR, is_gradable=False)

    page = facilitator.get("/journal/1").text

    assert _DETAILS.findall(page) == [f"Participant {user_id}", "&lt;script&gt;alert(1)&lt;/script&gt;"]


@pytest.mark.parametrize("count", [1, 30])
def test_show_when_one_or_thirty_cannot_get_a_score_then_asks_the_database_as_often(
    facilitator: Visitor, count: int
) -> None:
    enrol(*(f"Mentor {number}" for number in range(count)), role=Role.MENTOR, is_gradable=False)
    enrol(*(f"Principal {number}" for number in range(count)), role=Role.FACILITATOR, is_gradable=False)

    with counted_queries() as statements:
        facilitator.get("/journal/1")

    assert len(statements) == QUERIES + 2, statements


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "Last read from your LMS, as every night:"),
        ({"roster_read_cause": RosterCause.ASKED}, "Last read from your LMS, because a facilitator asked for it:"),
        ({"roster_read_cause": RosterCause.LAUNCH}, "Last read from your LMS, when the course was opened here:"),
        (
            {"roster_read_at": None},
            "The list of people has not been read from your LMS yet. Until then, teachers",
        ),
        (
            {"memberships_url": "", "roster_read_at": None},
            "Your LMS does not share its list of people.",
        ),
    ],
    ids=str,
)
@pytest.mark.parametrize("names", [[], ["Ada"]], ids=str)
def test_show_when_opened_then_says_when_and_by_what_the_list_was_read(
    facilitator: Visitor, names: list[str], values: dict[str, Any], sentence: str
) -> None:
    enrol(*names)
    read_list(**values)

    page = facilitator.get("/journal/1").text

    assert sentence in text_of(page)
    assert ("Refresh the list of people</button>" in page) is (values.get("memberships_url") != "")


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (
            RosterProblem.UNAVAILABLE,
            "Your LMS gave no usable list of people the last time. Staffroom tries again",
        ),
        (
            RosterProblem.ACCESS_WITHDRAWN,
            "Your LMS has withdrawn Staffroom's access to its list of people. Your LMS admin",
        ),
        (
            RosterProblem.NOT_ALLOWED,
            "Your LMS does not let Staffroom read its list of people.",
        ),
        (
            RosterProblem.GONE,
            "Your LMS has no list of people at the place it named.",
        ),
        (RosterProblem.NOT_UNDERSTOOD, "Your LMS did not understand Staffroom when it asked for the list of people."),
    ],
)
def test_show_when_the_list_could_not_be_read_then_says_why_and_who_can_fix_it(
    facilitator: Visitor, problem: RosterProblem, sentence: str
) -> None:
    read_list(roster_problem=problem)

    page = facilitator.get("/journal/1").text

    assert f'data-problem="{problem.value}"' in page
    assert sentence in text_of(page)


def test_show_when_the_list_names_nobody_who_takes_part_then_says_what_to_do_first(facilitator: Visitor) -> None:
    enrol("Ada", "Bao", role=Role.FACILITATOR, is_gradable=False)

    page = facilitator.get("/journal/1").text

    assert "Your LMS lists nobody who takes part in this course yet. Enrol your teachers there" in page
    assert ("<table" in page, _DETAILS.findall(page)) == (False, ["Ada", "Bao"])


def test_refresh_when_pressed_then_says_so_and_a_worker_is_woken(facilitator: Visitor, queue: Huey) -> None:
    queue.flush()

    answer = facilitator.post("/journal/1/people", facilitator.get("/journal/1"))

    page = facilitator.get(answer.headers["Location"]).text
    assert (answer.status_code, answer.headers["Location"]) == (303, "/journal/1")
    assert "Staffroom is reading the list of people from your LMS. Open this page again in a minute." in page
    (course,) = stored(Context)
    assert (course.roster_cause, len(queue)) == (RosterCause.ASKED, 1)


def test_refresh_when_pressed_twice_then_says_when_it_goes_again(facilitator: Visitor, queue: Huey) -> None:
    queue.flush()
    page = facilitator.get("/journal/1")
    facilitator.post("/journal/1/people", page)
    facilitator.get("/journal/1")

    facilitator.post("/journal/1/people", page)

    shown = facilitator.get("/journal/1").text
    assert "The list of people was asked for a moment ago. You can ask again after five minutes." in shown
    assert len(queue) == 1


def test_refresh_when_somebody_who_takes_part_asks_then_not_there(
    facilitator: Visitor, another_visitor: Visitor, queue: Huey
) -> None:
    queue.flush()
    del facilitator

    answer = another_visitor.post("/journal/1/people", another_visitor.launch(TEACHER))

    assert answer.status_code == 404
    assert len(queue) == 0


def test_refresh_when_the_platform_shares_no_list_then_nothing_is_owed(visitor: Visitor, queue: Huey) -> None:
    launch_with(visitor, person=FACILITATOR, remove=[NRPS])

    answer = visitor.post("/journal/1/people", visitor.get("/journal/1/settings"))

    (course,) = stored(Context)
    assert (answer.status_code, course.roster_due_at, len(queue)) == (303, None, 0)
