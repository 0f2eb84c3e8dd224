"""Links without a template: a facilitator says once what they are, everybody else waits."""

import pytest
from sqlalchemy import select

from lti_app.db import db
from lti_app.models.activity import Activity
from practice_lms.server import RunningLms
from tests.lti_app.lti.launching import LTI, launch_with
from tests.picking import DEFAULTS, shown
from tests.placing import unplace
from tests.visitor import FACILITATOR, LMS_ADMIN, MENTOR, PRINCIPAL, TEACHER, Visitor

PATH = "/set-up/1"


@pytest.fixture(autouse=True)
def _plain_links(visitor: Visitor, lms: RunningLms) -> None:
    """The course's links are addresses that somebody pasted."""
    del visitor
    unplace(lms)


def _set_up(visitor: Visitor, **fields: str) -> int:
    form = visitor.get(f"{PATH}/journal")
    return visitor.post(f"{PATH}/journal", form, **{**DEFAULTS, "then": "use", **fields}).status_code


def _activity() -> tuple[str | None, dict[str, object]]:
    db.session.rollback()
    row = db.session.scalars(select(Activity)).one()
    return row.kind, row.settings


@pytest.mark.parametrize("person", [TEACHER, MENTOR])
def test_plain_link_when_a_teacher_comes_first_then_says_what_is_missing(visitor: Visitor, person: str) -> None:
    page = visitor.launch(person)

    assert page.request.path == PATH
    assert shown(page) == (
        "This is not set up yet Somebody who looks after the course has to open it once and choose what it is."
        " Tell your facilitator that you saw this page, and open the activity again later. Nothing of yours is missing."
    )
    assert _activity() == (None, {})


@pytest.mark.parametrize("roles", [[], ["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"]])
def test_plain_link_when_somebody_without_a_part_comes_then_cannot_set_it_up(
    visitor: Visitor, roles: list[str]
) -> None:
    landed = launch_with(visitor, person=LMS_ADMIN, claims={f"{LTI}roles": roles})

    page = visitor.get(landed.headers["Location"])
    assert "This is not set up yet" in page.text
    assert visitor.get(f"{PATH}/journal").status_code == 404


@pytest.mark.parametrize("person", [TEACHER, MENTOR])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_set_up_when_tried_by_somebody_else_then_is_not_there(
    visitor: Visitor, another_visitor: Visitor, person: str, method: str
) -> None:
    visitor.launch(FACILITATOR)
    form = visitor.get(f"{PATH}/journal")
    another_visitor.launch(person)

    if method == "GET":
        answer = another_visitor.get(f"{PATH}/journal")
    else:
        answer = another_visitor.post(f"{PATH}/journal", form, then="use")

    # A foreign form's token counts as no session at all.
    assert answer.status_code == (404 if method == "GET" else 401)
    assert _activity() == (None, {})


def test_plain_link_when_a_facilitator_comes_then_sets_it_up_for_all(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    waiting = another_visitor.launch(TEACHER)
    picker = visitor.launch(FACILITATOR)
    status = _set_up(visitor, prompt="What now?", entries_required="2")

    progress = visitor.get(PATH)
    journal = another_visitor.launch(TEACHER)

    assert "What should this be?" in picker.text
    assert "This is not set up yet" in waiting.text
    assert (status, progress.headers["Location"]) == (303, "/journal/1")
    assert "It is set up. Teachers can begin." in visitor.get("/journal/1").text
    assert "What now?" in journal.text
    assert "0 of 2 entries" in journal.text


def test_plain_link_when_set_up_then_the_page_of_its_type_opens_and_before_not(visitor: Visitor) -> None:
    visitor.launch(FACILITATOR)
    before = [visitor.get(path).status_code for path in ("/journal/1", "/journal/1/settings", "/journal/1/credit")]
    _set_up(visitor)

    after = [visitor.get(path).status_code for path in ("/journal/1", "/journal/1/settings")]

    assert before == [404, 404, 404]
    assert after == [200, 200]


def test_set_up_when_two_do_it_then_the_first_counts_and_the_second_reads_so(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    visitor.launch(FACILITATOR)
    another_visitor.launch(PRINCIPAL)
    form = another_visitor.get(f"{PATH}/journal")
    _set_up(visitor, prompt="The first one's")

    second = another_visitor.post(f"{PATH}/journal", form, **{**DEFAULTS, "prompt": "The second one's", "then": "use"})
    another_visitor.get(second.headers["Location"])
    page = another_visitor.get("/journal/1")

    assert second.status_code == 303
    assert "It was set up meanwhile, in another window or by somebody else." in page.text
    assert _activity()[1]["prompt"] == "The first one's"


def test_set_up_when_opened_again_afterwards_then_leads_to_the_activity(visitor: Visitor) -> None:
    visitor.launch(FACILITATOR)
    _set_up(visitor)
    visitor.get("/journal/1")

    again = [visitor.get(path).headers["Location"] for path in (PATH, f"{PATH}/journal")]

    assert again == ["/journal/1", PATH]
    assert "meanwhile" not in visitor.get("/journal/1").text


def test_set_up_when_the_settings_are_wrong_then_are_explained_and_nothing_is_set_up(visitor: Visitor) -> None:
    visitor.launch(FACILITATOR)

    assert _set_up(visitor, entries_required="0") == 422
    assert _activity() == (None, {})


def test_set_up_when_previewed_then_shows_it_and_nothing_is_set_up(visitor: Visitor) -> None:
    visitor.launch(FACILITATOR)
    form = visitor.get(f"{PATH}/journal")

    page = visitor.post(f"{PATH}/journal", form, **{**DEFAULTS, "prompt": "Look first", "then": "preview"})

    assert page.status_code == 200
    assert "Look first" in page.text.partition('id="preview"')[2]
    assert _activity() == (None, {})


@pytest.mark.parametrize("path", ["/set-up/2", "/set-up/99999999999", "/set-up/1/nothing", "/set-up/0/journal"])
def test_set_up_when_there_is_no_such_thing_then_is_not_there(visitor: Visitor, path: str) -> None:
    visitor.launch(FACILITATOR)

    assert visitor.get(path).status_code == 404


def test_plain_link_when_launched_again_before_it_is_set_up_then_still_waits(visitor: Visitor) -> None:
    visitor.launch(TEACHER)

    page = visitor.launch(TEACHER)

    assert page.request.path == PATH
    assert _activity() == (None, {})
