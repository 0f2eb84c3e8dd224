"""What a facilitator sees who comes from the gradebook: progress, moments, lateness, and where the credit is."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine

from lti_app.db import db
from lti_app.errors import Refusal
from lti_app.models.activity import Activity
from lti_app.models.gradebook import DeliveryState, ScoreDelivery
from lti_app.models.people import Context, Membership, Role, User
from tests.lti_app.activities.journal.test_course_page import counted_queries
from tests.lti_app.activities.journal.writing import set_journal, stored, write_entry
from tests.lti_app.lti.launching import AGS, LTI, log_lines
from tests.lti_app.lti.launching import stored as counts
from tests.lti_app.lti.reviewing import REVIEW, page_of, review
from tests.visitor import END_OF_UNIT, FACILITATOR, OTHER_TEACHER, TEACHER, Visitor

MOMENT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
_TEXT = re.compile(r"<[^>]+>")


def _facts(page: str) -> dict[str, str]:
    """Return the page's terms with what they say, as text."""
    pairs = re.findall(r"<dt>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", page, re.DOTALL)
    return {term: " ".join(unescape(_TEXT.sub("", text)).split()) for term, text in pairs}


def _listed(page: str) -> list[str]:
    found = re.findall(r"<li>((?:Entry finished).*?)</li>", page, re.DOTALL)
    return [" ".join(unescape(_TEXT.sub("", text)).split()) for text in found]


def _write(visitor: Visitor, **journal: Any) -> None:
    visitor.launch(TEACHER)
    set_journal(minimum_words=0, **journal)
    write_entry(visitor, TEACHER)


def test_review_when_nothing_is_finished_then_says_so(visitor: Visitor, another_visitor: Visitor) -> None:
    visitor.launch(TEACHER)

    page = page_of(another_visitor, review(another_visitor)).text

    assert "<bdi>Jonas Lindqvist</bdi>" in page
    assert _facts(page) == {"Done": "0 of 1", "Complete since": "not yet", "Credit": "not yet"}
    assert "Nothing is finished yet. It appears here as soon as something is." in page


def test_review_when_finished_then_shows_when_and_where_the_credit_is(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    with time_machine.travel(MOMENT):
        _write(visitor, entries_required=1)
    with time_machine.travel(MOMENT + timedelta(hours=1)):
        page = page_of(another_visitor, review(another_visitor)).text

    assert _facts(page) == {"Done": "1 of 1", "Complete since": "Sat 21 Nov, 12:00 UTC", "Credit": "on its way"}
    assert _listed(page) == ["Entry finished, Sat 21 Nov, 12:00 UTC"]
    assert "You see what was done and when, and read only what is shared with you" in page


@pytest.mark.parametrize(("hours", "marks"), [(1, []), (-1, ["late"])], ids=["in time", "late"])
def test_review_when_the_activity_was_due_then_says_what_was_late(
    visitor: Visitor, another_visitor: Visitor, hours: int, marks: list[str]
) -> None:
    with time_machine.travel(MOMENT):
        _write(visitor, due_at=(MOMENT + timedelta(hours=hours)).isoformat())
        page = page_of(another_visitor, review(another_visitor)).text

    (line,) = _listed(page)
    assert re.findall(r"· (\w+)", line) == marks


def test_review_when_the_score_is_stuck_then_says_why(visitor: Visitor, another_visitor: Visitor) -> None:
    _write(visitor)
    (delivery,) = stored(ScoreDelivery)
    delivery.state, delivery.reason = DeliveryState.PARKED, Refusal.NOT_GRADABLE
    db.session.commit()

    page = page_of(another_visitor, review(another_visitor)).text

    assert _facts(page)["Credit"] == "stuck: the LMS grades no one in this role"


def test_review_when_several_entries_then_the_newest_first(visitor: Visitor, another_visitor: Visitor) -> None:
    for hour in range(3):
        with time_machine.travel(MOMENT + timedelta(hours=hour)):
            _write(visitor, entries_required=5)
    with time_machine.travel(MOMENT + timedelta(hours=4)):
        page = page_of(another_visitor, review(another_visitor)).text

    assert _facts(page)["Done"] == "3 of 5"
    assert [line.split(", ")[-1] for line in _listed(page)] == ["14:00 UTC", "13:00 UTC", "12:00 UTC"]


@pytest.mark.parametrize("person", [TEACHER, FACILITATOR])
def test_review_when_of_oneself_then_leads_to_the_own_page(visitor: Visitor, person: str) -> None:
    visitor.launch(TEACHER)

    answer = review(visitor, person=person, of=person)

    assert answer.headers["Location"] == "/journal/1"
    assert page_of(visitor, answer).status_code == 200


def test_review_when_the_person_never_came_then_a_sentence(visitor: Visitor, another_visitor: Visitor) -> None:
    visitor.launch(TEACHER)

    answer = review(another_visitor, of=OTHER_TEACHER)

    assert answer.headers["Location"] == "/review/1/0"
    page = page_of(another_visitor, answer)
    assert "This person has not opened the activity in Staffroom, or does not take part in it." in page.text
    assert "Ask them to open it from your course; what they finish then appears here." in page.text


def test_review_when_nobody_opened_the_activity_then_a_sentence_and_no_activity_is_made(visitor: Visitor) -> None:
    answer = review(visitor, activity=END_OF_UNIT)

    page = page_of(visitor, answer)
    assert (page.status_code, page.request.path) == (200, "/review/unknown")
    assert "Nobody has opened this activity in Staffroom yet." in page.text
    assert counts() == {"launch_record": 1, "lti_user": 1}


def test_review_when_it_names_the_line_item_alone_then_finds_the_activity(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    visitor.launch(TEACHER)
    (activity,) = stored(Activity)

    answer = review(
        another_visitor,
        claims={AGS: {"lineitem": activity.line_item_url, "scope": []}},
        remove=[f"{LTI}resource_link"],
    )

    (learner,) = [user for user in stored(User) if user.sub == TEACHER]
    assert answer.headers["Location"] == f"/review/1/{learner.id}"


def test_review_when_let_in_then_logged_and_the_facilitator_is_a_member(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    visitor.launch(TEACHER)

    review(another_visitor)

    (context,) = stored(Context)
    roles = {(member.context_id, member.role) for member in stored(Membership)}
    assert roles == {(context.id, Role.TEACHER), (context.id, Role.FACILITATOR)}
    assert (log_lines()[-1].message_type, log_lines()[-1].outcome.value) == (REVIEW, "accepted")


@pytest.mark.parametrize("entries", [1, 15])
def test_review_when_one_or_many_entries_then_asks_the_database_as_often(
    visitor: Visitor, another_visitor: Visitor, entries: int
) -> None:
    for _ in range(entries):
        _write(visitor, entries_required=50)
    address = review(another_visitor).headers["Location"]

    with counted_queries() as statements:
        page = another_visitor.get(address).text

    assert len(_listed(page)) == entries
    # The activity with its member; the person; progress; facts; completion and credit; what is shared.
    assert len(statements) == 6, statements


def test_review_when_the_activity_is_of_no_kind_any_more_then_a_sentence(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    visitor.launch(TEACHER)
    address = review(another_visitor).headers["Location"]
    (activity,) = stored(Activity)
    activity.kind = "retired"
    db.session.commit()

    answer = review(another_visitor)

    assert answer.headers["Location"] == "/review/unknown"
    assert "Nobody has opened this activity in Staffroom yet." in another_visitor.get(address).text
