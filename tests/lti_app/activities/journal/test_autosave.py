"""The editor saves by itself: what each save is answered, and that nothing confirmed is ever replaced unseen."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from lti_app.activities.journal.models import EntryState
from lti_app.clock import now
from tests.lti_app.activities.journal.writing import (
    WORDS,
    autosave,
    begin,
    finish,
    hidden_fields,
    reopen,
    stored_entry,
    textareas,
    write_entry,
)
from tests.visitor import END_OF_UNIT, OTHER_TEACHER, TEACHER, Visitor

EMPTY = dict.fromkeys(("title", "answer-text", "event_on", "topics", "goals", "links"), "")


def test_save_when_nobody_saved_meanwhile_then_says_saved_and_when(visitor: Visitor) -> None:
    draft = begin(visitor)
    before = now()

    answer = autosave(visitor, draft, "A first sentence")

    entry = stored_entry()
    assert (entry.text, entry.version, entry.state) == ("A first sentence", 1, EntryState.DRAFT)
    assert entry.saved_at is not None
    assert before <= entry.saved_at <= now()
    assert answer.status_code == 200
    assert answer.json == {
        "state": "saved",
        "version": 1,
        "saved_at": entry.saved_at.isoformat(),
        "is_finished": False,
    }


def test_save_when_another_window_saved_meanwhile_then_answers_both_versions(visitor: Visitor) -> None:
    mine = begin(visitor)
    other = reopen(visitor, mine)
    autosave(visitor, other, "From the other window")

    answer = autosave(visitor, mine, "From this window")

    entry = stored_entry()
    assert (entry.text, entry.version) == ("From the other window", 1)
    assert entry.saved_at is not None
    assert answer.status_code == 409
    assert answer.json == {
        "state": "conflict",
        "version": 1,
        "saved_at": entry.saved_at.isoformat(),
        "is_finished": False,
        "fields": {**EMPTY, "answer-text": "From the other window"},
    }


def test_save_when_the_answer_to_ones_own_save_was_lost_then_is_saved(visitor: Visitor) -> None:
    draft = begin(visitor)
    autosave(visitor, draft, "one", sequence=2)

    answer = autosave(visitor, draft, "one two", sequence=3)

    assert (answer.status_code, answer.get_json()["state"], answer.get_json()["version"]) == (200, "saved", 2)
    assert stored_entry().text == "one two"


def test_save_when_an_older_one_comes_late_then_the_newer_stays(visitor: Visitor) -> None:
    draft = begin(visitor)
    autosave(visitor, draft, "one two", sequence=3)

    answer = autosave(visitor, draft, "one", sequence=2)

    assert (answer.status_code, answer.get_json()["fields"]["answer-text"]) == (409, "one two")
    assert (stored_entry().text, stored_entry().version) == ("one two", 1)


def test_save_when_sent_twice_then_is_saved_once(visitor: Visitor) -> None:
    draft = begin(visitor)

    first, second = (autosave(visitor, draft, "once", sequence=2) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json == second.json
    assert stored_entry().version == 1


def test_save_when_the_sign_in_has_ended_then_says_so_and_keeps_what_was_there(visitor: Visitor) -> None:
    draft = begin(visitor)
    autosave(visitor, draft, "in time", sequence=2)

    with time_machine.travel(now() + timedelta(hours=13)):
        answer = autosave(visitor, draft, "too late", sequence=3)

    assert answer.status_code == 401
    assert answer.json == {"state": "session_ended", "reference": answer.get_json()["reference"]}
    assert len(answer.get_json()["reference"]) == 8
    assert stored_entry().text == "in time"


def test_save_when_somebody_else_signed_in_with_this_browser_then_is_refused(visitor: Visitor) -> None:
    draft = begin(visitor, TEACHER)
    visitor.launch(OTHER_TEACHER)
    page = visitor.get(draft.journal)

    answer = autosave(visitor, draft, "not mine", csrf_token=hidden_fields(page)["csrf_token"])

    assert answer.status_code == 404
    assert stored_entry().text == ""


def test_save_when_the_form_token_is_missing_or_wrong_then_says_the_session_ended(visitor: Visitor) -> None:
    draft = begin(visitor)

    answers = [autosave(visitor, draft, "unproven", csrf_token=token) for token in ("", "wrong")]

    assert [(answer.status_code, answer.get_json()["state"]) for answer in answers] == [(401, "session_ended")] * 2
    assert stored_entry().text == ""


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", ""])
def test_save_when_it_comes_from_another_origin_then_is_refused(visitor: Visitor, origin: str) -> None:
    draft = begin(visitor)
    visitor.origin = origin

    answer = autosave(visitor, draft, "foreign")

    assert (answer.status_code, answer.get_json()["state"]) == (403, "refused")
    assert stored_entry().text == ""


def test_save_when_the_entry_is_somebody_elses_then_it_is_not_there(visitor: Visitor, another_visitor: Visitor) -> None:
    theirs = begin(visitor, TEACHER)
    autosave(visitor, theirs, "theirs")
    mine = begin(another_visitor, OTHER_TEACHER)
    paths = {"somebody else's": theirs.path, "nobody's": f"{theirs.journal}/entries/999"}

    answers = {}
    for whose, path in paths.items():
        answer = another_visitor.client.post(
            f"{path}/draft",
            data={"answer-text": "mine", "csrf_token": hidden_fields(mine.page)["csrf_token"], "based_on": 1},
            base_url=another_visitor.base_url,
            headers={"Accept": "application/json"},
        )
        answers[whose] = (answer.status_code, sorted(answer.get_json()))

    assert answers == dict.fromkeys(paths, (404, ["reference", "state"]))
    assert "theirs" in visitor.get(f"{theirs.path}/edit").text


def test_save_when_the_activity_is_another_then_it_is_not_there(visitor: Visitor) -> None:
    elsewhere = begin(visitor, activity=END_OF_UNIT)
    draft = begin(visitor)
    crossed = elsewhere.journal + draft.path.removeprefix(draft.journal)

    answer = visitor.post(f"{crossed}/draft", draft.page, **{"answer-text": "crossed"})
    page = visitor.get(f"{crossed}/edit")

    assert (answer.status_code, page.status_code) == (404, 404)
    assert "crossed" not in visitor.get(f"{draft.path}/edit").text


def test_save_when_the_entry_is_finished_then_it_cannot_be_overwritten(visitor: Visitor) -> None:
    draft = begin(visitor)
    finish(visitor, draft, WORDS)

    answer = autosave(visitor, draft, "something else", sequence=9)

    entry = stored_entry()
    assert (entry.state, entry.text, entry.version) == (EntryState.FINISHED, WORDS, 2)
    assert entry.saved_at is not None
    assert answer.status_code == 409
    assert answer.json == {
        "state": "conflict",
        "version": 2,
        "saved_at": entry.saved_at.isoformat(),
        "is_finished": True,
        "fields": {**EMPTY, "answer-text": WORDS},
    }


def test_save_when_the_same_text_was_finished_in_another_window_then_says_so(visitor: Visitor) -> None:
    draft = write_entry(visitor)

    answer = autosave(visitor, draft, WORDS, sequence=9)

    assert answer.status_code == 200
    assert (answer.get_json()["state"], answer.get_json()["is_finished"]) == ("saved", True)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("line\r\nbreaks\rof\nall kinds", "line\nbreaks\nof\nall kinds"),
        ("a\x00b", "ab"),
        ("🙂 👩\u200d🏫 done", "🙂 👩\u200d🏫 done"),
        ("\u202eשלום\u202c مرحبا", "\u202eשלום\u202c مرحبا"),
        ("\n\nfirst two lines empty\n", "\n\nfirst two lines empty\n"),
        ("<script>alert(1)</script> & &amp;", "<script>alert(1)</script> & &amp;"),
        ("ab" * 50_000, "ab" * 50_000),
    ],
    ids=lambda text: ascii(text[:20]),
)
def test_save_when_the_text_is_unusual_then_is_kept_and_shown_again(visitor: Visitor, sent: str, kept: str) -> None:
    draft = begin(visitor)

    answer = autosave(visitor, draft, sent)

    assert (answer.status_code, answer.get_json()["state"]) == (200, "saved")
    assert stored_entry().text == kept
    assert textareas(reopen(visitor, draft).page)["answer-text"] == kept


def test_save_when_the_text_holds_half_a_surrogate_pair_then_is_kept_with_a_mark_in_its_place(visitor: Visitor) -> None:
    draft = begin(visitor)
    fields = {**hidden_fields(draft.page), "answer-text": "half HALF pair"}
    parts = "".join(f'--b\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items())

    answer = visitor.client.post(
        f"{draft.path}/draft",
        data=f"{parts}--b--\r\n".encode().replace(b"HALF", b"\xed\xa0\xbd"),
        content_type="multipart/form-data; boundary=b",
        base_url=visitor.base_url,
    )

    assert (answer.status_code, answer.get_json()["state"]) == (200, "saved")
    kept = stored_entry().text
    assert (kept[:5], kept[-5:], set(kept[5:-5])) == ("half ", " pair", {"\ufffd"})


def test_save_when_more_than_2_mb_then_is_refused_and_the_draft_stays(visitor: Visitor) -> None:
    draft = begin(visitor)
    autosave(visitor, draft, "what was there", sequence=2)

    answer = autosave(visitor, draft, "x" * (2 * 1024 * 1024), sequence=3)

    assert (answer.status_code, answer.get_json()["state"]) == (413, "refused")
    assert stored_entry().text == "what was there"


@pytest.mark.parametrize(
    "fields",
    [
        {"based_on": "x"},
        {"based_on": ""},
        {"based_on": -1},
        {"based_on": 10**30},
        {"sequence": "x"},
        {"sequence": 2**31},
        {"sequence": 10**30},
        {"sequence": -(10**30)},
        {"editor_id": "a\x00b"},
        {"editor_id": "🙂" * 500},
        {"editor_id": ""},
    ],
    ids=str,
)
def test_save_when_a_hidden_field_is_forged_then_never_breaks(visitor: Visitor, fields: dict[str, Any]) -> None:
    draft = begin(visitor)

    answer = autosave(visitor, draft, "forged", **fields)

    assert answer.status_code in {200, 400, 409, 422}
    assert stored_entry().text in {"", "forged"}


@pytest.mark.parametrize("number", [0, 2**31, 2**63, 10**30])
def test_save_when_the_address_names_an_impossible_entry_then_it_is_not_there(visitor: Visitor, number: int) -> None:
    draft = begin(visitor)

    statuses = [
        visitor.get(f"{draft.journal}/entries/{number}").status_code,
        visitor.get(f"{draft.journal}/entries/{number}/edit").status_code,
        visitor.get(f"/journal/{number}").status_code,
        visitor.post(f"{draft.journal}/entries/{number}/draft", draft.page, text="x").status_code,
    ]

    assert statuses == [404] * 4


def test_save_when_the_moment_is_known_then_the_editor_shows_it(visitor: Visitor) -> None:
    draft = begin(visitor)

    answer = autosave(visitor, draft, "saved")

    moment = datetime.fromisoformat(answer.get_json()["saved_at"])
    assert f'data-saved-at="{moment.isoformat()}"' in reopen(visitor, draft).page.text
