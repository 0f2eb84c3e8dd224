"""An entry answers the steps of its prompt: begun by choice, saved as one, refused with the step's name."""

from datetime import timedelta
from typing import Any

import pytest

from lti_app.activities.journal.models import EntryState, JournalEntry
from lti_app.clock import now
from tests.lti_app.activities.journal.writing import (
    WORDS,
    Draft,
    autosave,
    reopen,
    set_journal,
    stored,
    stored_entry,
    textareas,
)
from tests.visitor import TEACHER, Visitor

KEY = "what-so-what-now-what"
THREE = {"prompts": [{"key": KEY, "version": 1}]}
ANSWERS = {"answer-what": WORDS, "answer-so-what": "It matters.", "answer-now-what": "More of it."}
REST = {
    "title": "Drill",
    "event_on": "2026-11-20",
    "topics": "labs, drills",
    "goals": "2.1",
    "links": "https://example.org The plan",
}


def begin_steps(visitor: Visitor, **fields: Any) -> Draft:
    """Launch a journal of three steps and begin an entry."""
    journal = visitor.launch(TEACHER)
    set_journal(**THREE)
    journal = visitor.get(journal.request.path)
    begun = visitor.post(f"{journal.request.path}/entries", journal, **fields)
    assert begun.status_code == 303, begun.text
    path = begun.headers["Location"].removesuffix("/edit")
    return Draft(journal=journal.request.path, path=path, page=visitor.get(begun.headers["Location"]))


def test_editor_when_the_prompt_has_steps_then_shows_each_with_its_label(visitor: Visitor) -> None:
    draft = begin_steps(visitor, prompt=f"{KEY}.1")

    assert (stored_entry().prompt_key, stored_entry().prompt_version) == (KEY, 1)
    assert [name for name in textareas(draft.page) if name.startswith("answer")] == list(ANSWERS)
    for name in ANSWERS:
        assert f'for="{name}"' in draft.page.text
    assert draft.page.text.count("(required)") == 3


@pytest.mark.parametrize("name", ["nowhere.1", f"{KEY}.2", "", ".1", "\x00"], ids=ascii)
def test_begin_when_the_prompt_is_not_offered_then_says_so(visitor: Visitor, name: str) -> None:
    journal = visitor.launch(TEACHER)
    set_journal(**THREE)

    refused = visitor.post(f"{journal.request.path}/entries", journal, prompt=name)

    assert refused.status_code == 404
    assert "This journal does not offer that prompt any more." in refused.text
    assert stored(JournalEntry) == []


def test_begin_when_the_journal_opens_later_then_says_so(visitor: Visitor) -> None:
    journal = visitor.launch(TEACHER)
    set_journal(opens_at=(now() + timedelta(days=2)).isoformat())

    refused = visitor.post(f"{journal.request.path}/entries", journal)

    assert refused.status_code == 409
    assert "This journal is not open yet." in refused.text
    assert stored(JournalEntry) == []


def test_save_when_all_fields_are_filled_then_all_are_there_again(visitor: Visitor) -> None:
    draft = begin_steps(visitor)

    answer = autosave(visitor, draft, "", **ANSWERS, **REST)

    page = reopen(visitor, draft).page
    assert answer.get_json()["state"] == "saved"
    assert {name: textareas(page)[name] for name in (*ANSWERS, "links")} == {**ANSWERS, "links": REST["links"]}
    for name in ("title", "event_on", "topics", "goals"):
        assert f'name="{name}" value="{REST[name]}"' in page.text
    assert stored_entry().text == "\n\n".join(ANSWERS.values())


def test_save_when_only_the_tags_differ_from_another_window_then_is_a_conflict(visitor: Visitor) -> None:
    draft = begin_steps(visitor)
    autosave(visitor, reopen(visitor, draft), "", topics="theirs")

    answer = autosave(visitor, draft, "", topics="mine")

    assert (answer.status_code, answer.get_json()["fields"]["topics"]) == (409, "theirs")


REFUSALS: dict[str, tuple[dict[str, str], str, str]] = {
    "step": ({"answer-so-what": " "}, "“What does it mean to you?” is not answered yet.", "answer-so-what"),
    "script": ({"links": "javascript:alert(1) x"}, "“javascript:alert(1)” is no address of a web page.", "links"),
    "half": ({"links": "https://"}, "“https://” is no address of a web page.", "links"),
    "broken": ({"links": "https://["}, "“https://[” is no address of a web page.", "links"),
    "year": ({"event_on": "2206-01-01"}, "The date of the event is more than a year ahead.", "event_on"),
}


@pytest.mark.parametrize(("fields", "sentence", "place"), REFUSALS.values(), ids=REFUSALS)
def test_finish_when_something_is_missing_or_wrong_then_names_it_and_keeps_all(
    visitor: Visitor, fields: dict[str, str], sentence: str, place: str
) -> None:
    draft = begin_steps(visitor)

    refused = visitor.post(f"{draft.path}/finish", draft.page, **{**ANSWERS, **REST, **fields})

    assert refused.status_code == 422
    assert sentence in refused.text
    assert f'href="#{place}"' in refused.text
    assert stored_entry().state is EntryState.DRAFT
    assert textareas(refused)["answer-what"] == WORDS


def test_finish_when_every_step_is_answered_then_is_finished_with_all_of_it(visitor: Visitor) -> None:
    draft = begin_steps(visitor)

    finished = visitor.post(f"{draft.path}/finish", draft.page, **ANSWERS, **REST)

    entry = stored_entry()
    assert finished.status_code == 303
    assert (entry.state, entry.title, entry.links) == (
        EntryState.FINISHED,
        "Drill",
        [{"url": "https://example.org", "label": "The plan"}],
    )


def test_preview_when_asked_then_shows_markdown_saves_nothing_and_loses_nothing(visitor: Visitor) -> None:
    draft = begin_steps(visitor)
    typed = {**ANSWERS, "answer-so-what": "**It** <script>alert(1)</script>"}

    page = visitor.post(f"{draft.path}/preview", draft.page, **typed, **REST)

    assert page.status_code == 200
    assert "<p><strong>It</strong> &lt;script&gt;alert(1)&lt;/script&gt;</p>" in page.text
    assert textareas(page)["answer-so-what"] == typed["answer-so-what"]
    assert (stored_entry().text, stored_entry().version) == ("", 0)


def test_preview_when_another_window_saved_meanwhile_then_finishing_still_meets_it(visitor: Visitor) -> None:
    draft = begin_steps(visitor)
    autosave(visitor, reopen(visitor, draft), "", **{"answer-what": "theirs"})

    page = visitor.post(f"{draft.path}/preview", draft.page, **ANSWERS)
    met = visitor.post(f"{draft.path}/finish", page, **ANSWERS)

    assert met.status_code == 409
    assert (textareas(met)["conflict-saved-answer-what"], textareas(met)["answer-what"]) == ("theirs", WORDS)


def test_error_page_when_a_save_of_steps_is_refused_then_gives_every_text_back(visitor: Visitor) -> None:
    draft = begin_steps(visitor)

    refused = visitor.post(f"{draft.path}/finish", draft.page, csrf_token="", **ANSWERS, **REST)

    assert refused.status_code == 401
    for text in (*ANSWERS.values(), "Drill", "labs, drills"):
        assert text.strip() in refused.text
