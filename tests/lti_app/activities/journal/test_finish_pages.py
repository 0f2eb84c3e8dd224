"""Pressing "Finish": what the person sees then, and that nothing typed is ever lost."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from lti_app.activities.journal.models import EntryState, JournalEntry
from lti_app.clock import now
from lti_app.models.gradebook import Completion, Fact, ScoreDelivery
from tests.lti_app.activities.journal.writing import (
    WORDS,
    autosave,
    begin,
    finish,
    reopen,
    set_journal,
    stored,
    stored_entry,
    textareas,
    write_entry,
)
from tests.visitor import Visitor


def counted() -> tuple[int, int, int]:
    """Return how many facts, completions and owed scores there are."""
    return len(stored(Fact)), len(stored(Completion)), len(stored(ScoreDelivery))


def test_finish_when_long_enough_then_leads_to_the_journal_with_entry_and_credit(visitor: Visitor) -> None:
    draft = begin(visitor)

    finished = finish(visitor, draft)

    assert (finished.status_code, finished.headers["Location"]) == (303, draft.journal)
    entry = stored_entry()
    assert (entry.state, entry.text, counted()) == (EntryState.FINISHED, WORDS, (1, 1, 1))
    page = visitor.get(draft.journal)
    assert "1 of 1 entry" in page.text
    assert 'data-credit="on_its_way"' in page.text
    assert "You are done. Your credit is on its way to the gradebook." in page.text
    assert f'data-finished="{entry.id}"' in page.text
    assert "60 words" in page.text


REFUSALS: dict[str, tuple[str, dict[str, Any], str]] = {
    "too short": ("too short", {}, "This entry has 2 of the 50 words it needs."),
    "empty": ("", {}, "There is nothing written yet."),
    "only blanks": (" \n ", {"minimum_words": 0}, "There is nothing written yet."),
    "too long": ("ab " * 20_000, {}, "This entry has 60,000 characters; 50,000 is the most that one entry can hold."),
    "closed": (
        WORDS,
        {"closes_at": "2020-01-01T00:00:00+00:00"},
        "This journal has closed, so the entry cannot be finish",
    ),
}


@pytest.mark.parametrize(("text", "settings", "sentence"), REFUSALS.values(), ids=REFUSALS)
def test_finish_when_it_cannot_be_then_saves_the_draft_and_says_why(
    visitor: Visitor, text: str, settings: dict[str, Any], sentence: str
) -> None:
    draft = begin(visitor)
    set_journal(**settings)

    refused = finish(visitor, draft, text)

    entry = stored_entry()
    assert (entry.state, entry.text, entry.finished_at, counted()) == (EntryState.DRAFT, text, None, (0, 0, 0))
    assert refused.status_code == 422
    assert sentence in refused.text
    assert 'role="alert"' in refused.text
    assert textareas(refused)["answer-text"] == text
    assert f'name="based_on" value="{entry.version}"' in refused.text


def test_finish_when_it_was_refused_and_mended_then_is_finished(visitor: Visitor) -> None:
    draft = begin(visitor)
    refused = finish(visitor, draft, "too short")

    finished = visitor.post(f"{draft.path}/finish", refused, **{"answer-text": WORDS})

    assert finished.status_code == 303
    assert (stored_entry().state, stored_entry().text) == (EntryState.FINISHED, WORDS)


def test_finish_when_another_window_saved_meanwhile_then_shows_both_texts_and_replaces_nothing(
    visitor: Visitor,
) -> None:
    draft = begin(visitor)
    autosave(visitor, reopen(visitor, draft), "From the other window")

    met = finish(visitor, draft, WORDS)

    assert met.status_code == 409
    shown = textareas(met)
    assert (shown["answer-text"], shown["conflict-saved-answer-text"]) == (WORDS, "From the other window")
    assert "This entry was changed in another window" in met.text
    assert (stored_entry().state, stored_entry().text, counted()) == (
        EntryState.DRAFT,
        "From the other window",
        (0, 0, 0),
    )
    again = visitor.post(f"{draft.path}/finish", met, **{"answer-text": "From the other window " + WORDS})
    assert again.status_code == 303
    assert stored_entry().text == "From the other window " + WORDS


def test_finish_when_pressed_twice_then_counts_once(visitor: Visitor) -> None:
    draft = begin(visitor)

    answers = [finish(visitor, draft) for _ in range(2)]

    assert [(answer.status_code, answer.headers["Location"]) for answer in answers] == [(303, draft.journal)] * 2
    assert (counted(), stored_entry().version) == ((1, 1, 1), 2)


def test_finish_when_it_was_finished_elsewhere_with_another_text_then_shows_both(visitor: Visitor) -> None:
    draft = begin(visitor)
    other = reopen(visitor, draft)
    finish(visitor, other, WORDS)

    met = finish(visitor, draft, "Quite another text")

    assert met.status_code == 409
    assert (textareas(met)["answer-text"], textareas(met)["conflict-saved-answer-text"]) == (
        "Quite another text",
        WORDS,
    )
    assert (stored_entry().text, counted()) == (WORDS, (1, 1, 1))


def test_finish_when_the_sign_in_has_ended_then_gives_the_text_back(visitor: Visitor) -> None:
    draft = begin(visitor)

    with time_machine.travel(now() + timedelta(hours=13)):
        refused = finish(visitor, draft, "Written for <nothing> & lost?")

    assert refused.status_code == 401
    assert "Your session has ended." in refused.text
    assert "Written for &lt;nothing&gt; &amp; lost?" in refused.text
    assert (stored_entry().text, counted()) == ("", (0, 0, 0))


def test_finish_when_the_form_token_is_missing_then_gives_the_text_back(visitor: Visitor) -> None:
    draft = begin(visitor)

    refused = finish(visitor, draft, "Kept for you", csrf_token="")

    assert refused.status_code == 401
    assert "Kept for you" in refused.text
    assert stored_entry().text == ""


@pytest.mark.parametrize("deed", ["entries", "entries/1/draft", "entries/1/keep", "entries/1/finish", "settings"])
def test_post_when_it_comes_from_another_origin_then_is_refused(visitor: Visitor, deed: str) -> None:
    draft = begin(visitor)
    visitor.origin = "https://evil.example"

    refused = visitor.post(f"{draft.journal}/{deed}", draft.page, **{"answer-text": WORDS})

    assert refused.status_code == 403
    assert "This page was asked for from somewhere else." in refused.text
    assert (stored_entry().text, counted()) == ("", (0, 0, 0))


def test_finish_when_several_entries_are_required_then_counts_up(visitor: Visitor) -> None:
    journal = write_entry(visitor).journal
    set_journal(entries_required=3)
    pages = [visitor.get(journal).text]

    for number in range(2):
        write_entry(visitor, text=f"entry {number} {WORDS}")
        pages.append(visitor.get(journal).text)

    shown = [next(line.strip() for line in page.splitlines() if " of 3 entries" in line) for page in pages]
    assert shown == ["<li>1 of 3 entries</li>", "<li>2 of 3 entries</li>", "<li>3 of 3 entries</li>"]


def test_keep_when_pressed_without_script_then_saves_the_draft(visitor: Visitor) -> None:
    draft = begin(visitor)

    kept = visitor.post(f"{draft.path}/keep", draft.page, **{"answer-text": "half a thought"})

    assert (kept.status_code, kept.headers["Location"]) == (303, draft.journal)
    assert (stored_entry().state, stored_entry().text) == (EntryState.DRAFT, "half a thought")
    assert "Continue writing" in visitor.get(draft.journal).text


def test_keep_when_another_window_saved_meanwhile_then_shows_both(visitor: Visitor) -> None:
    draft = begin(visitor)
    autosave(visitor, reopen(visitor, draft), "theirs")

    met = visitor.post(f"{draft.path}/keep", draft.page, **{"answer-text": "mine"})

    assert met.status_code == 409
    assert (textareas(met)["answer-text"], textareas(met)["conflict-saved-answer-text"]) == ("mine", "theirs")
    assert stored_entry().text == "theirs"


def test_begin_when_pressed_again_then_opens_the_same_draft(visitor: Visitor) -> None:
    first = begin(visitor)
    autosave(visitor, first, "begun")

    again = visitor.post(f"{first.journal}/entries", first.page)

    assert (again.status_code, again.headers["Location"]) == (303, f"{first.path}/edit")
    assert len(stored(JournalEntry)) == 1


def test_entry_when_opened_by_its_author_then_leads_to_what_it_is_now(visitor: Visitor) -> None:
    draft = begin(visitor)
    as_draft = visitor.get(draft.path)
    finish(visitor, draft, "\n- Kept & *weighed*\n\n" + WORDS)

    as_finished, editor = visitor.get(draft.path), visitor.get(f"{draft.path}/edit")

    assert (as_draft.status_code, as_draft.headers["Location"]) == (302, f"{draft.path}/edit")
    assert (editor.status_code, editor.headers["Location"]) == (302, draft.path)
    assert as_finished.status_code == 200
    assert "<li>Kept &amp; <em>weighed</em></li>" in as_finished.text
    assert f"<p>{WORDS.strip()}</p>" in as_finished.text


def test_show_when_a_draft_waits_then_offers_to_continue(visitor: Visitor) -> None:
    draft = begin(visitor)
    empty = visitor.get(draft.journal).text
    autosave(visitor, draft, "begun")

    saved = visitor.get(draft.journal).text

    assert "An empty draft" in empty
    assert "Draft saved" in saved
    assert f'href="{draft.path}/edit"' in saved
    assert "Nothing finished yet. Your first entry will stand here, for you alone until you share it." in saved


def test_show_when_an_entry_is_late_then_says_so(visitor: Visitor) -> None:
    draft = write_entry(visitor)
    in_time = visitor.get(draft.journal).text
    set_journal(due_at="2020-01-01T00:00:00+00:00")

    late = visitor.get(draft.journal).text

    assert "late" not in in_time
    assert "60 words · late" in late


def test_show_when_closed_then_says_so_and_offers_nothing_new(visitor: Visitor) -> None:
    draft = write_entry(visitor)
    set_journal(closes_at="2020-01-01T00:00:00+00:00")

    page = visitor.get(draft.journal).text

    assert "This journal is closed: no entry can be finished any more. What you wrote stays here for you." in page
    assert "Write another entry" not in page
    assert f'href="{draft.path}"' in page


def test_show_when_only_a_new_window_has_no_cookie_then_asks_to_open_it_again(app: Flask, visitor: Visitor) -> None:
    journal = begin(visitor).journal

    page = app.test_client().get(journal, base_url=visitor.base_url)

    assert page.status_code == 401
    assert "Your session has ended." in page.text
    assert "Open the activity again from your course." in page.text
