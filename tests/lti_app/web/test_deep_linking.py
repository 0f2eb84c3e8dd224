"""The picker's pages: choosing, setting up, looking at it first, several at once, and what the platform takes."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from lti_app.clock import now
from lti_app.db import db
from lti_app.models.activity import ActivityTemplate
from lti_app.models.deep_linking import DeepLinkingRequest
from lti_app.models.people import User
from tests.lti_app.lti.launching import LTI, log_lines
from tests.picking import ask, configure, pick, sent, shown
from tests.visitor import FACILITATOR, Visitor

NO_COLUMN = (
    "In this place your LMS makes no gradebook column: nothing here will be graded."
    " Who has completed the activity is shown in Staffroom."
)


def test_activity_when_added_with_defaults_then_takes_one_page_and_one_button(visitor: Visitor) -> None:
    picker = visitor.add()
    form = visitor.get(f"{picker.request.path}/journal")

    answer = visitor.post(form.request.path, form, then="add")

    (item,) = sent(answer).items
    assert (item["title"], item["lineItem"]["scoreMaximum"]) == ("Reflective journal", 1)


def test_activity_when_added_then_its_settings_are_kept_with_the_template(visitor: Visitor) -> None:
    fields = {"prompt": "What now?", "entries_required": "3", "minimum_words": "0", "closes_at": "2030-06-30T18:00"}

    answer = configure(visitor, visitor.add(), time_zone="Europe/Berlin", **fields)

    (item,) = sent(answer).items
    template = _newest_template()
    assert item["custom"]["staffroom_template"] == template.public_id
    assert item["submission"] == {"endDateTime": "2030-06-30T16:00:00+00:00"}
    assert "available" not in item
    assert (template.kind, template.title) == ("journal", "Weekly reflection")
    assert template.made_by_id == db.session.scalars(select(User.id).where(User.sub == FACILITATOR)).one()
    assert template.settings == {
        "prompt": "What now?",
        "prompts": [],
        "retired": [],
        "mode": "n_entries",
        "entries_required": 3,
        "minimum_words": 0,
        "opens_at": None,
        "due_at": None,
        "closes_at": "2030-06-30T16:00:00+00:00",
        "audience": "author",
        "may_revise": True,
        "time_zone": "Europe/Berlin",
    }


def test_activity_when_switched_out_of_the_gradebook_then_has_no_line_item(visitor: Visitor) -> None:
    answer = configure(visitor, visitor.add(), link_is_graded=None)

    assert "lineItem" not in sent(answer).items[0]


def test_line_item_when_the_platform_takes_none_then_none_is_sent_and_the_page_says_so(visitor: Visitor) -> None:
    picker = pick(visitor, accept_lineitem=False)
    form = visitor.get(f"{picker.request.path}/journal")

    answer = configure(visitor, picker)

    assert NO_COLUMN in shown(form)
    assert "Show in the gradebook" not in form.text
    assert "lineItem" not in sent(answer).items[0]


def test_line_item_when_the_platform_says_nothing_of_it_then_is_sent(visitor: Visitor) -> None:
    picker = pick(visitor, accept_lineitem=None)

    assert NO_COLUMN not in shown(visitor.get(f"{picker.request.path}/journal"))
    assert "lineItem" in sent(configure(visitor, picker)).items[0]


@pytest.mark.parametrize(
    ("targets", "presentation"),
    [
        (["iframe", "window", "frame"], {"iframe": {"width": 800, "height": 900}}),
        (["window"], {"window": {"targetName": "_blank", "width": 1000, "height": 800}}),
        (["frame"], {}),
        (["embed", "poster"], {}),
        ([], {}),
    ],
    ids=str,
)
def test_presentation_when_the_platform_takes_some_then_one_of_them_is_asked_for(
    visitor: Visitor, targets: list[str], presentation: dict[str, Any]
) -> None:
    (item,) = sent(configure(visitor, pick(visitor, accept_presentation_document_targets=targets))).items

    assert {name: item[name] for name in ("iframe", "window") if name in item} == presentation


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ({"title": "Week three"}, "Week three"),
        ({"title": "Staffroom"}, "Reflective journal"),
        ({"title": "STAFFROOM"}, "Reflective journal"),
        ({"title": ""}, "Reflective journal"),
        ({"title": None}, "Reflective journal"),
    ],
    ids=str,
)
def test_title_when_the_platform_names_one_then_is_offered(
    visitor: Visitor, asked: dict[str, str | None], title: str
) -> None:
    picker = pick(visitor, accept_multiple=True, **asked)

    assert f'value="{title}"' in visitor.get(f"{picker.request.path}/journal").text


def test_text_when_the_platform_sends_one_then_goes_back_with_the_link(visitor: Visitor) -> None:
    answer = configure(visitor, pick(visitor, text="Ten quiet minutes."))

    assert sent(answer).items[0]["text"] == "Ten quiet minutes."


def test_several_when_the_platform_takes_them_then_are_listed_left_out_and_sent(visitor: Visitor) -> None:
    picker = visitor.add()
    path = picker.request.path
    for title in ("First", "Second", "Third"):
        assert configure(visitor, picker, then="another", link_title=title).headers["Location"] == path
    listed = visitor.get(path)
    visitor.post(f"{path}/leave-out", listed, number="1")
    rest = visitor.get(path)

    answer = visitor.post(f"{path}/send", rest)

    assert "3 activities chosen" in shown(listed)
    assert "Add 3 activities to the course" in shown(listed)
    assert ("Second" in listed.text, "Second" in rest.text) == (True, False)
    assert [item["title"] for item in sent(answer).items] == ["First", "Third"]
    assert len({item["custom"]["staffroom_template"] for item in sent(answer).items}) == 2


@pytest.mark.parametrize("number", ["", "x", "-1", "7", "9" * 30])
def test_leaving_out_when_there_is_no_such_one_then_nothing_changes(visitor: Visitor, number: str) -> None:
    picker = visitor.add()
    configure(visitor, picker, then="another")
    listed = visitor.get(picker.request.path)

    answer = visitor.post(f"{picker.request.path}/leave-out", listed, number=number)

    assert answer.status_code == 303
    assert "1 activity chosen" in shown(visitor.get(picker.request.path))


def test_last_of_several_when_added_from_its_settings_then_all_are_sent(visitor: Visitor) -> None:
    picker = visitor.add()
    configure(visitor, picker, then="another", link_title="First")
    form = visitor.get(f"{picker.request.path}/journal")

    answer = configure(visitor, picker, link_title="Second")

    assert "Add all 2 to course" in shown(form)
    assert [item["title"] for item in sent(answer).items] == ["First", "Second"]


@pytest.mark.parametrize("accept_multiple", [False, None])
def test_several_when_the_platform_takes_one_or_does_not_say_then_the_last_chosen_is_sent(
    visitor: Visitor, accept_multiple: bool | None
) -> None:
    picker = pick(visitor, accept_multiple=accept_multiple)
    form = visitor.get(f"{picker.request.path}/journal")
    configure(visitor, picker, then="another", link_title="First")

    answer = configure(visitor, picker, link_title="Second")

    assert "Choose another one too" not in form.text
    assert [item["title"] for item in sent(answer).items] == ["Second"]


def test_picker_when_cancelled_then_an_answer_without_items_goes_back(visitor: Visitor) -> None:
    picker = visitor.add()
    configure(visitor, picker, then="another")
    before = db.session.scalars(select(ActivityTemplate.id)).all()

    answer = visitor.post(f"{picker.request.path}/cancel", picker)

    assert sent(answer).items == []
    assert "Going back to your LMS" in shown(answer)
    assert db.session.scalars(select(ActivityTemplate.id)).all() == before


def test_preview_when_asked_for_then_shows_what_was_typed_and_sends_nothing(visitor: Visitor) -> None:
    picker = visitor.add()
    fields = {"link_title": "Look back", "prompt": "What surprised you?", "entries_required": "4"}

    page = configure(visitor, picker, then="preview", **fields)

    preview = page.text.partition('id="preview"')[2]
    assert page.status_code == 200
    assert all(words in preview for words in ("Look back", "What surprised you?", "0 of 4 entries"))
    assert 'value="Look back"' in page.text
    assert "data-send-now" not in page.text


@pytest.mark.parametrize(("then", "status"), [("preview", 200), ("add", 422), ("another", 422)])
def test_settings_when_wrong_then_are_explained_and_nothing_is_kept(visitor: Visitor, then: str, status: int) -> None:
    picker = visitor.add()

    page = configure(visitor, picker, then=then, entries_required="0")

    request = db.session.scalars(select(DeepLinkingRequest)).one()
    assert page.status_code == status
    assert "Number must be between 1 and 100." in page.text
    assert "The preview comes back as soon as the fields are right." in page.text
    assert (request.draft, request.chosen) == (None, [])


def test_draft_when_the_page_is_left_then_is_offered_again(visitor: Visitor) -> None:
    picker = visitor.add()
    configure(visitor, picker, then="preview", link_title="Half done", prompt="Why?", link_is_graded=None)

    again = visitor.get(picker.request.path)
    form = visitor.get(f"{picker.request.path}/journal")

    assert "You had begun to set up “Half done”. Go on with it" in shown(again)
    assert 'value="Half done"' in form.text
    assert "Why?</textarea>" in form.text
    (box,) = re.findall(r"<input[^>]*link-is_graded[^>]*>", form.text)
    assert "checked" not in box


def test_choices_when_the_session_ended_in_the_middle_then_wait_in_the_next_picker_once(visitor: Visitor) -> None:
    picker = visitor.add()
    configure(visitor, picker, then="another", link_title="Chosen before")
    configure(visitor, picker, then="preview", link_title="Half done")
    visitor.client.delete_cookie("__Host-staffroom", domain="localhost", path="/")
    ended = visitor.get(picker.request.path)

    again = visitor.add()
    form = visitor.get(f"{again.request.path}/journal")
    visitor.post(f"{again.request.path}/send", again)
    third = visitor.add()

    assert ended.status_code == 401
    assert "Your session has ended." in shown(ended)
    assert "What you chose is kept." in shown(ended)
    assert "Chosen before" in again.text
    assert "You had begun to set up “Half done”." in shown(again)
    assert 'value="Half done"' in form.text
    assert "chosen" not in shown(third)


@pytest.mark.parametrize("what", ["another course", "later", "one link only"])
def test_choices_when_another_request_does_not_fit_them_then_are_not_taken_along(visitor: Visitor, what: str) -> None:
    configure(visitor, visitor.add(), then="another", link_title="Chosen before")
    claims = {f"{LTI}context": {"id": "77"}} if what == "another course" else {}
    hours = 3 if what == "later" else 0

    with time_machine.travel(now() + timedelta(hours=hours), tick=True):
        landed = ask(visitor, claims=claims, accept_multiple=what != "one link only")
        page = visitor.get(landed.headers["Location"])

    assert page.status_code == 200
    assert "Chosen before" not in page.text


@pytest.mark.parametrize(("auto_create", "says"), [(True, False), (False, True), (None, True)])
def test_settings_page_when_the_lms_asks_once_more_then_says_so(
    visitor: Visitor, auto_create: bool | None, says: bool
) -> None:
    picker = pick(visitor, accept_multiple=True, auto_create=auto_create)

    form = visitor.get(f"{picker.request.path}/journal")

    assert ("Your LMS may show its own form next" in form.text) is says


@pytest.mark.parametrize("kind", ["nothing", "JOURNAL", "send", "%00"])
def test_type_when_there_is_none_of_that_name_then_is_not_there(visitor: Visitor, kind: str) -> None:
    picker = visitor.add()

    assert visitor.get(f"{picker.request.path}/{kind}").status_code == 404


def test_answer_page_when_shown_then_only_its_forms_may_leave(visitor: Visitor) -> None:
    picker = visitor.add()
    answer = configure(visitor, picker)
    other = visitor.get("/healthz-is-not-this")

    policies = [
        page.headers["Content-Security-Policy"].rpartition("form-action ")[2] for page in (picker, answer, other)
    ]
    assert policies == ["'self'", visitor.lms.url, "'self'"]


def test_request_when_opened_then_the_launch_log_says_so_without_data(visitor: Visitor) -> None:
    pick(visitor, data="a secret of the LMS")

    (line,) = log_lines()
    assert (line.outcome.value, line.message_type, line.explanation) == ("accepted", "LtiDeepLinkingRequest", None)


def _newest_template() -> ActivityTemplate:
    db.session.rollback()
    return db.session.scalars(select(ActivityTemplate).order_by(ActivityTemplate.id.desc()).limit(1)).one()
