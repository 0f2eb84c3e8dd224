"""A course's own prompt sets: written, copied, changed into a new version, retired; steps move without script."""

import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from lti_app.activities.journal.models import PromptSet as PromptSetRow
from lti_app.activities.journal.prompts.sets import PromptRef, PromptSet, Step
from lti_app.activities.journal.service import prompt_sets, prompting
from lti_app.activities.journal.service.prompt_sets import CannotKeepSet
from lti_app.activities.journal.settings import JournalSettings
from lti_app.clock import now
from lti_app.db import db
from lti_app.errors import NotThere
from lti_app.models.activity import Activity
from lti_app.models.people import User
from tests.lti_app.activities.journal.rows import a_draft, a_journal, a_member
from tests.lti_app.activities.journal.writing import set_journal, stored
from tests.visitor import FACILITATOR, TEACHER, Visitor

pytestmark = pytest.mark.usefixtures("app")

WRITTEN = PromptSet(
    key="", version=1, title="Look back", summary="", steps=(Step(key="step-1", label="What?"),), is_shipped=False
)
FORM = {
    "title": "Look back",
    "summary": "For Fridays.",
    "steps-0-key": "",
    "steps-0-label": "What?",
    "steps-0-hint": "Briefly.",
    "steps-0-is_required": "y",
    "steps-1-key": "",
    "steps-1-label": "And?",
    "steps-1-hint": "",
    "then": "save",
}


@pytest.fixture
def facilitator(visitor: Visitor) -> Visitor:
    """A facilitator who has opened the journal."""
    visitor.launch(FACILITATOR)
    return visitor


def write(activity: Activity, prompt: PromptSet = WRITTEN) -> PromptSet:
    member = a_member(activity)
    return prompt_sets.write_set(db.session(), activity, prompt=prompt, made_by_id=member.user_id)


def send(visitor: Visitor, path: str = "/journal/1/prompts/new", **fields: Any) -> TestResponse:
    return visitor.post(path, visitor.get("/journal/1/prompts/new"), **{**FORM, **fields})


def labels(page: TestResponse) -> list[str]:
    """Return the questions in the form, in order."""
    return re.findall(r'<input(?=[^>]* name="steps-\d+-label")[^>]* value="([^"]*)"', page.text)


def test_write_when_valid_then_is_kept_and_offered_in_this_journal(facilitator: Visitor) -> None:
    answer = send(facilitator, offer_here="y")

    (row,) = stored(PromptSetRow)
    (activity,) = stored(Activity)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/journal/1/prompts")
    assert (row.version, row.title, row.summary) == (1, "Look back", "For Fridays.")
    assert row.steps == [
        {"key": "step-1", "label": "What?", "hint": "Briefly.", "is_required": True},
        {"key": "step-2", "label": "And?", "hint": "", "is_required": False},
    ]
    assert JournalSettings.from_json(activity.settings).prompts == (PromptRef(key=row.key, version=1),)
    assert "Look back" in facilitator.get("/journal/1/prompts").text


def test_change_when_saved_then_old_entries_keep_their_wording_and_new_ones_get_the_next(facilitator: Visitor) -> None:
    send(facilitator, offer_here="y")
    (row,) = stored(PromptSetRow)
    (activity,) = stored(Activity)
    a_draft(activity, a_member(activity), prompt_key=row.key)
    key = row.key

    answer = send(facilitator, f"/journal/1/prompts/{key}", offer_here="y", **{"steps-0-label": "What now?"})

    (activity,) = stored(Activity)
    session = db.session()
    assert answer.status_code == 303
    assert prompting.prompt_of(session, activity, key=key, version=1).steps[0].label == "What?"
    assert [prompt.steps[0].label for prompt in prompting.prompts_of(session, activity)] == ["What now?"]
    settings = JournalSettings.from_json(activity.settings)
    assert settings.retired == (PromptRef(key=key, version=1),)


def test_copy_when_a_shipped_set_is_named_then_its_steps_are_in_the_form(facilitator: Visitor) -> None:
    page = facilitator.get("/journal/1/prompts/new?copy=rose-thorn-bud")

    assert labels(page) == [
        "Your rose: what was good?",
        "Your thorn: what was hard?",
        "Your bud: what is about to open?",
    ]


@pytest.mark.parametrize(
    ("deed", "expected"),
    [
        ("add", ["What?", "And?", ""]),
        ("remove-0", ["And?"]),
        ("down-0", ["And?", "What?"]),
        ("up-1", ["And?", "What?"]),
        ("up-0", ["What?", "And?"]),
        ("remove-99", ["What?"]),
    ],
)
def test_steps_when_a_button_is_pressed_then_move_and_nothing_is_kept(
    facilitator: Visitor, deed: str, expected: list[str]
) -> None:
    page = send(facilitator, then=deed)

    assert (page.status_code, labels(page)) == (200, expected)
    assert stored(PromptSetRow) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": " "}, "Give it a title."),
        ({"steps-1-label": ""}, "Write what is asked in this step, or remove it."),
        ({"steps-0-is_required": ""}, "At least one step has to be answered."),
        ({"title": "x" * 201}, "Field cannot be longer than 200 characters."),
    ],
)
def test_write_when_something_is_wrong_then_says_so_and_keeps_nothing(
    facilitator: Visitor, changes: dict[str, str], sentence: str
) -> None:
    fields = {name: value for name, value in {**FORM, **changes}.items() if value or name != "steps-0-is_required"}
    page = facilitator.post("/journal/1/prompts/new", None, **{**hidden(facilitator), **fields})

    assert page.status_code == 422
    assert sentence in page.text
    assert stored(PromptSetRow) == []


def hidden(visitor: Visitor) -> dict[str, str]:
    """Return the token of the page's form."""
    page = visitor.get("/journal/1/prompts/new").text
    return {"csrf_token": page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]}


def test_retire_when_pressed_then_is_not_to_be_chosen_until_it_is_brought_back(facilitator: Visitor) -> None:
    send(facilitator)
    set_journal()
    key = stored(PromptSetRow)[0].key
    page = facilitator.get("/journal/1/prompts")

    facilitator.post(f"/journal/1/prompts/{key}/retire", page, retired="1")
    retired = facilitator.get("/journal/1/settings").text
    facilitator.post(f"/journal/1/prompts/{key}/retire", page, retired="0")
    back = facilitator.get("/journal/1/settings").text

    assert (f'value="{key}.1"' in retired, f'value="{key}.1"' in back) == (False, True)


@pytest.mark.parametrize("path", ["prompts", "prompts/new", "settings", "people/1/extension"])
def test_pages_when_a_teacher_asks_then_are_not_there(visitor: Visitor, path: str) -> None:
    visitor.launch(TEACHER)

    assert visitor.get(f"/journal/1/{path}").status_code == 404


def test_find_when_the_set_is_another_courses_then_is_not_there() -> None:
    activity, other = a_journal(), a_journal()
    theirs = write(other)

    assert prompting.find_prompts(db.session(), activity, [theirs.ref]) == {}
    with pytest.raises(NotThere):
        prompt_sets.find_set(db.session(), activity, theirs.key)


def test_find_when_the_journal_is_a_copy_then_the_sets_of_its_source_still_ask() -> None:
    source = a_journal()
    written = write(source)
    copy = a_journal(**JournalSettings(prompts=(written.ref,)).to_json())
    copy.source_id = source.id

    assert prompting.prompts_of(db.session(), copy) == (written,)


def test_prompts_when_a_chosen_set_is_gone_then_the_journal_asks_its_own_question() -> None:
    activity = a_journal(**JournalSettings(prompts=(PromptRef(key="gone", version=1),), prompt="Why?").to_json())

    (prompt,) = prompting.prompts_of(db.session(), activity)

    assert prompt.steps[0].label == "Why?"


def test_change_when_two_do_it_at_once_then_the_second_is_told() -> None:
    activity = a_journal()
    before = write(activity)
    user_id = stored(User)[0].id
    other = PromptSet(key="", version=1, title="Other", steps=before.steps, is_shipped=False)
    prompt_sets.change_set(db.session(), activity, before=before, prompt=other, made_by_id=user_id)

    with pytest.raises(CannotKeepSet):
        prompt_sets.change_set(db.session(), activity, before=before, prompt=other, made_by_id=user_id)

    assert [each.prompt.version for each in prompt_sets.course_sets(db.session(), activity)] == [2]


def test_change_when_nothing_is_different_then_there_is_no_new_version() -> None:
    activity = a_journal()
    before = write(activity)

    kept = prompt_sets.change_set(db.session(), activity, before=before, prompt=before, made_by_id=1)

    assert kept == before


def test_write_when_the_course_has_too_many_then_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompt_sets, "MOST_SETS", 1)
    activity = a_journal()
    write(activity)

    with pytest.raises(CannotKeepSet):
        write(activity)


def test_choose_when_sets_are_retired_then_only_what_is_in_use_can_be_chosen() -> None:
    activity = a_journal()
    kept, retired = write(activity), write(activity)
    prompt_sets.retire_set(db.session(), activity, retired.key, at=now())

    offered = [prompt.ref for prompt in prompting.prompts_to_choose(db.session(), activity)]

    assert (kept.ref in offered, retired.ref in offered, len(offered)) == (True, False, 11)
