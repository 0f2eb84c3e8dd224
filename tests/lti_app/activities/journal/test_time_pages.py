"""Opening, being due, closing and more time for one person, as the pages tell it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from lti_app.activities.journal.settings import JournalSettings
from lti_app.clock import now
from lti_app.db import db
from lti_app.models.activity import Activity
from lti_app.models.gradebook import Extension
from lti_app.models.people import Membership, Role
from tests.lti_app.activities.journal.rows import a_finished_entry, a_member
from tests.lti_app.activities.journal.writing import set_journal, stored
from tests.visitor import FACILITATOR, TEACHER, Visitor

pytestmark = pytest.mark.usefixtures("app")

DUE, CLOSES = datetime(2026, 9, 1, 8, tzinfo=UTC), datetime(2026, 9, 8, 8, tzinfo=UTC)


def ready(visitor: Visitor, another_visitor: Visitor, **settings: Any) -> tuple[Membership, str]:
    """Open the journal as a teacher and as a facilitator; return the teacher and the address of their extension."""
    another_visitor.launch(TEACHER)
    visitor.launch(FACILITATOR)
    set_journal(**JournalSettings(**settings).to_json())
    (member,) = [member for member in stored(Membership) if member.role is Role.TEACHER]
    return member, f"/journal/1/people/{member.user_id}/extension"


def give(visitor: Visitor, path: str, **dates: str) -> TestResponse:
    return visitor.post(path, visitor.get(path), **dates)


def test_journal_when_it_opens_later_then_says_when_and_offers_no_writing(visitor: Visitor) -> None:
    visitor.launch(TEACHER)
    set_journal(opens_at=(now() + timedelta(days=2)).isoformat())

    page = visitor.get("/journal/1").text

    assert "This journal opens" in page
    assert 'action="/journal/1/entries"' not in page
    assert "Think of one moment from your teaching this week" in page


def test_extension_when_given_then_late_and_closed_follow_it(visitor: Visitor, another_visitor: Visitor) -> None:
    member, path = ready(visitor, another_visitor, due_at=DUE, closes_at=CLOSES)
    entry = a_finished_entry(stored(Activity)[0], member, finished_at=DUE + timedelta(days=2))
    user_id = member.user_id
    before = another_visitor.get("/journal/1").text

    given = give(visitor, path, due_at="2026-09-04T08:00", closes_at="2030-09-08T08:00")

    after = another_visitor.get("/journal/1").text
    (row,) = stored(Extension)
    assert entry.id
    assert given.status_code == 303
    assert (row.user_id, row.due_at, row.closes_at) == (
        user_id,
        datetime(2026, 9, 4, 8, tzinfo=UTC),
        datetime(2030, 9, 8, 8, tzinfo=UTC),
    )
    assert ("· late" in before, "This journal is closed" in before) == (True, True)
    assert ("· late" in after, "This journal is closed" in after) == (False, False)


def test_extension_when_everybodys_dates_are_given_then_is_taken_back(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    _, path = ready(visitor, another_visitor, due_at=DUE)
    give(visitor, path, due_at="2026-09-04T08:00")

    give(visitor, path, due_at="")

    assert stored(Extension) == []


@pytest.mark.parametrize(
    ("dates", "sentence"),
    [
        ({"due_at": "2026-08-31T08:00", "closes_at": ""}, "Give a date that is not earlier than everybody&#39;s."),
        ({"due_at": "2026-09-20T08:00", "closes_at": ""}, "It cannot close before it is due."),
        ({"due_at": "soon", "closes_at": ""}, "Not a valid datetime value."),
        ({"due_at": "0001-01-01T00:00", "closes_at": ""}, "This is not a date that Staffroom can use."),
    ],
)
def test_extension_when_a_date_is_wrong_then_says_so_and_gives_nothing(
    visitor: Visitor, another_visitor: Visitor, dates: dict[str, str], sentence: str
) -> None:
    _, path = ready(visitor, another_visitor, due_at=DUE, closes_at=CLOSES)

    answer = give(visitor, path, **dates)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert stored(Extension) == []


def test_extension_when_the_journal_has_no_dates_then_says_what_to_do(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    _, path = ready(visitor, another_visitor)

    assert "Set a date in the settings first." in visitor.get(path).text


def test_extension_when_the_person_is_of_no_concern_then_is_not_there(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    ready(visitor, another_visitor, due_at=DUE)
    facilitator = next(member.user_id for member in stored(Membership) if member.role is Role.FACILITATOR)

    statuses = [visitor.get(f"/journal/1/people/{id_}/extension").status_code for id_ in (facilitator, 999, 10**30)]

    assert statuses == [404, 404, 404]


def test_progress_when_the_due_date_has_passed_then_tells_who_is_overdue_by_their_own_date(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    _, path = ready(visitor, another_visitor, due_at=DUE)
    a_member(stored(Activity)[0], name="Nobody special")
    db.session.commit()
    give(visitor, path, due_at="2030-09-04T08:00")

    page = visitor.get("/journal/1").text

    assert page.count('<span class="status">overdue</span>') == 1
    assert page.count("More time</a>") == 2


def test_settings_when_previewed_then_nothing_is_kept(visitor: Visitor) -> None:
    visitor.launch(FACILITATOR)
    page = visitor.get("/journal/1/settings")

    shown = visitor.post("/journal/1/settings", page, then="preview", prompts="rose-thorn-bud.1")

    assert shown.status_code == 200
    assert "Your rose: what was good?" in shown.text.partition('id="preview"')[2]
    assert stored(Activity)[0].settings == {}


def test_show_when_several_prompts_are_offered_then_each_can_be_begun(visitor: Visitor) -> None:
    visitor.launch(TEACHER)
    set_journal(
        mode="x_of_y",
        entries_required=2,
        prompts=[{"key": "rose-thorn-bud", "version": 1}, {"key": "four-lenses", "version": 1}],
    )
    member = next(member for member in stored(Membership) if member.role is Role.TEACHER)
    a_finished_entry(stored(Activity)[0], member, title="Windy Tuesday", prompt_key="four-lenses")

    page = visitor.get("/journal/1").text

    assert 'name="prompt" value="rose-thorn-bud.1"' in page
    assert 'name="prompt" value="four-lenses.1"' in page
    assert "0 of 2 prompts" in page
    assert page.count(">answered</span>") == 1
    assert "Windy Tuesday" in page
