"""What a journal asks: the sets that it offers, and the one that an entry answers."""

import pytest

from lti_app.activities.journal.prompts.sets import PromptRef, newest_shipped, shipped_sets
from lti_app.activities.journal.service.prompting import NoSuchPrompt, prompt_of, prompts_of
from lti_app.activities.journal.settings import DEFAULT_PROMPT
from lti_app.db import db
from tests.lti_app.activities.journal.rows import a_journal

pytestmark = pytest.mark.usefixtures("app")

KEY = "what-so-what-now-what"


def test_shipped_sets_when_read_then_each_has_named_steps_and_asks_for_one_at_least() -> None:
    for ref, prompt_set in shipped_sets().items():
        keys = [step.key for step in prompt_set.steps]
        assert (prompt_set.key, prompt_set.version) == (ref.key, ref.version)
        assert len(set(keys)) == len(keys)
        assert all(step.label for step in prompt_set.steps)
        assert prompt_set.required_steps


def test_newest_shipped_when_read_then_names_each_key_once() -> None:
    keys = [prompt_set.key for prompt_set in newest_shipped()]

    assert sorted(set(keys)) == sorted(keys) == sorted({ref.key for ref in shipped_sets()})


def test_prompts_of_when_no_set_is_chosen_then_is_the_journals_own_question() -> None:
    asked = a_journal(prompt="What surprised you?")

    (own,) = prompts_of(db.session(), asked)

    assert [step.label for step in own.steps] == ["What surprised you?"]
    assert not own.is_shipped


def test_prompts_of_when_no_question_is_set_then_is_the_default_one() -> None:
    (own,) = prompts_of(db.session(), a_journal())

    assert [step.label for step in own.steps] == [DEFAULT_PROMPT]
    assert own.is_shipped


def test_prompts_of_when_sets_are_chosen_then_are_those() -> None:
    activity = a_journal(prompts=[{"key": KEY, "version": 1}])

    assert prompts_of(db.session(), activity) == (shipped_sets()[PromptRef(key=KEY, version=1)],)


def test_prompt_of_when_an_entry_answers_a_set_then_is_that_version() -> None:
    found = prompt_of(db.session(), a_journal(), key=KEY, version=1)

    assert [step.key for step in found.steps] == ["what", "so-what", "now-what"]


@pytest.mark.parametrize(("key", "version"), [("made-up", 1), (KEY, 99)])
def test_prompt_of_when_there_is_none_then_says_so(key: str, version: int) -> None:
    activity = a_journal()

    with pytest.raises(NoSuchPrompt):
        prompt_of(db.session(), activity, key=key, version=version)
