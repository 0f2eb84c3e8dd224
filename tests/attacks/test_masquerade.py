"""An LMS admin who acts as somebody else: no page of that person's opens, nothing is written, no score moves."""

from typing import Any

import pytest

from lti_app.activities.journal.models import JournalEntry
from lti_app.db import db
from lti_app.errors import Refusal
from lti_app.models.gradebook import DeliveryState, ScoreDelivery
from tests.lti_app.activities.journal.writing import SECRET, set_journal, stored, write_entry
from tests.lti_app.lti.launching import LTI, launch_with
from tests.visitor import FACILITATOR, TEACHER, Visitor

MASQUERADE: dict[str, Any] = {f"{LTI}custom": {"canvas_masquerading_user_id": "420000000000042"}}
SENTENCE = "You are acting as somebody else in your LMS, so Staffroom shows nothing that is theirs."


@pytest.fixture
def written(visitor: Visitor) -> str:
    """The path of an entry that a teacher has finished."""
    visitor.launch(TEACHER)
    set_journal(minimum_words=0)
    return write_entry(visitor, TEACHER, text=SECRET).path


def test_masquerade_when_it_lands_then_a_page_says_why_nothing_opens(written: str, another_visitor: Visitor) -> None:
    landed = launch_with(another_visitor, person=TEACHER, claims=MASQUERADE)

    pages = [another_visitor.get(path) for path in (landed.headers["Location"], written, "/journal/1/credit")]

    assert landed.status_code == 303
    assert [page.status_code for page in pages] == [403, 403, 403]
    assert all(SENTENCE in page.text and SECRET not in page.text for page in pages)


def test_masquerade_when_it_posts_then_nothing_is_written(written: str, another_visitor: Visitor) -> None:
    own = another_visitor.launch(TEACHER)
    launch_with(another_visitor, person=TEACHER, claims=MASQUERADE)

    begun = another_visitor.post("/journal/1/entries", own)
    saved = another_visitor.post(f"{written}/draft", own, text="not mine")

    assert [begun.status_code, saved.status_code] == [403, 403]
    assert [entry.text for entry in stored(JournalEntry)] == [SECRET]


def test_masquerade_when_as_a_facilitator_then_no_settings_either(visitor: Visitor) -> None:
    launch_with(visitor, person=FACILITATOR, claims=MASQUERADE)

    assert [visitor.get(path).status_code for path in ("/journal/1", "/journal/1/settings")] == [403, 403]


def test_masquerade_when_a_score_waits_then_it_stays_as_it_is(written: str, another_visitor: Visitor) -> None:
    del written
    (delivery,) = stored(ScoreDelivery)
    delivery.state, delivery.reason = DeliveryState.PARKED, Refusal.NOT_GRADABLE
    db.session.commit()

    launch_with(another_visitor, person=TEACHER, claims=MASQUERADE)
    masked = [(row.state, row.reason) for row in stored(ScoreDelivery)]
    another_visitor.launch(TEACHER)

    assert masked == [(DeliveryState.PARKED, Refusal.NOT_GRADABLE)]
    assert [row.state for row in stored(ScoreDelivery)] == [DeliveryState.WAITING]


@pytest.mark.parametrize("value", ["", "$Canvas.masqueradingUser.id", None, 42], ids=repr)
def test_launch_when_the_variable_is_not_filled_then_opens(visitor: Visitor, value: Any) -> None:
    landed = launch_with(visitor, claims={f"{LTI}custom": {"canvas_masquerading_user_id": value}})

    assert visitor.get(landed.headers["Location"]).status_code == 200


def test_launch_when_the_admin_stops_acting_then_opens_again(visitor: Visitor) -> None:
    launch_with(visitor, claims=MASQUERADE)

    assert visitor.launch(TEACHER).status_code == 200
