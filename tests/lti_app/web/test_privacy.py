"""What is kept about a person: counted, linked and given to them whole."""

import json
import re
from html import unescape
from typing import Any

import pytest

from lti_app.activities.journal.models import EntryState, JournalEntry
from lti_app.db import db
from lti_app.models.gradebook import Completion, Fact, ScoreDelivery
from lti_app.models.people import User
from tests.factories import ActivityFactory, ContextFactory, MembershipFactory
from tests.lti_app.activities.journal.test_course_page import counted_queries
from tests.lti_app.activities.journal.writing import SECRET, begin, set_journal, stored, write_entry
from tests.lti_app.lti.launching import LTI, launch_with, log_lines
from tests.lti_app.lti.launching import stored as counts
from tests.lti_app.lti.reviewing import PRIVACY, ask_what_is_kept, page_of
from tests.placing import template_of
from tests.visitor import LMS_ADMIN, OTHER_TEACHER, TEACHER, Visitor

_ROW = re.compile(r'<tr><th scope="row">(.*?)</th><td class="number">(\d+)</td></tr>')


def _counts(page: str) -> dict[str, int]:
    return {unescape(name): int(number) for name, number in _ROW.findall(page)}


def _write(visitor: Visitor) -> None:
    """A teacher in a group finishes one entry and begins another."""
    launch_with(visitor, claims={f"{LTI}custom": {**template_of(visitor.lms), "moodle_group_ids": "12"}})
    set_journal(minimum_words=0)
    write_entry(visitor, TEACHER, text=SECRET)
    begin(visitor, TEACHER)


EXPECTED = {
    "Courses, with the role in each": 1,
    "Groups of those courses": 1,
    "Written: Reflective journal": 2,
    "Facts: that something was finished, and when": 1,
    "Activities begun or completed": 1,
    "Credits sent to the gradebook, or on their way": 1,
}


def test_person_when_asking_of_themselves_then_counts_links_and_a_download(visitor: Visitor) -> None:
    _write(visitor)

    page = page_of(visitor, ask_what_is_kept(visitor, person=TEACHER))

    assert "What Staffroom keeps about you" in page.text
    assert _counts(page.text) == EXPECTED
    assert '<a href="/journal/1">Weekly reflection</a>' in page.text
    assert f'href="{page.request.path}/export.json"' in page.text
    assert "Staffroom cannot erase from this page yet." in page.text


def test_admin_when_asking_of_somebody_then_the_same_counts(visitor: Visitor, another_visitor: Visitor) -> None:
    _write(visitor)

    page = page_of(another_visitor, ask_what_is_kept(another_visitor, person=LMS_ADMIN))

    assert "What Staffroom keeps about this person" in page.text
    assert _counts(page.text) == EXPECTED
    assert "/journal/1" not in page.text


@pytest.mark.parametrize(
    "claims",
    [
        {f"{LTI}message_type": "LtiDataPrivacyLaunchRequest"},
        {f"{LTI}for_user": {"id": TEACHER}},
        {f"{LTI}for_user": None},
        {f"{LTI}for_user": {}},
    ],
    ids=str,
)
def test_person_when_the_message_has_the_other_drafts_shape_then_understood(
    visitor: Visitor, claims: dict[str, Any]
) -> None:
    page = page_of(visitor, ask_what_is_kept(visitor, person=TEACHER, claims=claims))

    assert page.status_code == 200
    assert "What Staffroom keeps about you" in page.text


def test_person_when_never_here_before_then_nothing_and_what_to_do(visitor: Visitor) -> None:
    page = page_of(visitor, ask_what_is_kept(visitor, person=TEACHER))

    assert set(_counts(page.text).values()) == {0}
    assert "There is nothing else yet. Open an activity from one of your courses, and it will be counted here." in (
        page.text
    )
    assert counts() == {"launch_record": 1, "lti_user": 1}
    assert log_lines()[-1].message_type == PRIVACY


def test_admin_when_the_person_was_never_here_then_says_so(visitor: Visitor) -> None:
    page = page_of(visitor, ask_what_is_kept(visitor, person=LMS_ADMIN, of="nobody"))

    assert page.request.path == "/privacy/nobody"
    assert "Staffroom keeps nothing about this person" in page.text


def test_export_when_downloaded_then_holds_all_of_it_and_nobody_elses(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    _write(visitor)
    write_entry(another_visitor, OTHER_TEACHER, text="somebody else's words")
    page = page_of(visitor, ask_what_is_kept(visitor, person=TEACHER))

    answer = visitor.get(f"{page.request.path}/export.json")

    kept = json.loads(answer.text)
    (user,) = [user for user in stored(User) if user.sub == TEACHER]
    own = [entry for entry in stored(JournalEntry) if entry.user_id == user.id]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="staffroom.json"'
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert (kept["person"]["name"], kept["person"]["id_in_lms"], kept["person"]["lms"]) == (
        "Jonas Lindqvist",
        TEACHER,
        "Practice LMS",
    )
    assert [(course["role"], course["groups"]) for course in kept["courses"]] == [
        ("teacher", [{"id_in_lms": "12", "name": ""}])
    ]
    assert [entry["text"] for entry in kept["written"]["journal"]] == [SECRET, ""]
    assert {entry.state for entry in own} == {EntryState.FINISHED, EntryState.DRAFT}
    assert [fact["kind"] for fact in kept["facts"]] == ["entry_finished"]
    assert [completion["done"] for completion in kept["completions"]] == [1]
    assert [score["state"] for score in kept["scores"]] == ["waiting"]
    assert "somebody else's words" not in answer.text


def test_export_when_words_are_of_any_script_then_readable(visitor: Visitor) -> None:
    visitor.launch(TEACHER)
    set_journal(minimum_words=0)
    write_entry(visitor, TEACHER, text="Νίκη 张伟 👩🏽‍🏫 </script>")
    page = page_of(visitor, ask_what_is_kept(visitor, person=TEACHER))

    assert "Νίκη 张伟 👩🏽‍🏫 </script>" in visitor.get(f"{page.request.path}/export.json").text


def test_export_when_rows_are_counted_then_there_are_as_many_in_it(visitor: Visitor) -> None:
    _write(visitor)
    page = page_of(visitor, ask_what_is_kept(visitor, person=TEACHER))

    kept = json.loads(visitor.get(f"{page.request.path}/export.json").text)

    assert [len(kept[name]) for name in ("facts", "completions", "scores")] == [
        len(stored(model)) for model in (Fact, Completion, ScoreDelivery)
    ]


@pytest.mark.parametrize("courses", [1, 20])
def test_page_when_one_or_many_courses_then_asks_the_database_as_often(visitor: Visitor, courses: int) -> None:
    visitor.launch(TEACHER)
    (user,) = stored(User)
    for _ in range(courses - 1):
        context = ContextFactory()
        ActivityFactory(context=context)
        MembershipFactory(context=context, user=user)
    db.session.commit()
    address = ask_what_is_kept(visitor, person=TEACHER).headers["Location"]

    with counted_queries() as statements:
        page = visitor.get(address).text

    assert _counts(page)["Courses, with the role in each"] == courses
    # The person; courses, groups, entries, facts, completions, scores; their activities.
    assert len(statements) == 8, statements
