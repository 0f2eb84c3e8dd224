"""The settings form: its defaults, what it says to bad values, and the time zone of what was typed."""

import re
from datetime import UTC, datetime

import pytest
from werkzeug.test import TestResponse

from lti_app.activities.journal.settings import JournalSettings
from lti_app.models.activity import Activity
from tests.lti_app.activities.journal.writing import hidden_fields, stored, textareas
from tests.visitor import FACILITATOR, Visitor

GOOD = {
    "prompt": "What did you notice?",
    "entries_required": "2",
    "minimum_words": "30",
    "due_at": "2026-09-01T08:00",
    "closes_at": "2026-09-08T08:00",
    "may_revise": "y",
    "time_zone": "UTC",
}


def send(visitor: Visitor, **changed: str) -> TestResponse:
    """Open the settings as a facilitator and send them, good but for what was changed."""
    journal = visitor.launch(FACILITATOR).request.path
    page = visitor.get(f"{journal}/settings")
    return visitor.post(page.request.path, None, **{**hidden_fields(page), **GOOD, **changed})


def kept() -> JournalSettings:
    (activity,) = stored(Activity)
    return JournalSettings.from_json(activity.settings)


def input_value(page: TestResponse, name: str) -> str:
    """Return what an input shows."""
    tag = page.text.split("<input")
    (found,) = [part.split(">")[0] for part in tag if f' name="{name}"' in part.split(">")[0]]
    return found.split('value="')[1].split('"')[0]


def _chosen(page: TestResponse) -> list[str]:
    """Return the values of all boxes and buttons that are ticked."""
    return re.findall(r'<input(?=[^>]* checked)[^>]* value="([^"]*)"', page.text)


def errors(page: TestResponse) -> dict[str, str]:
    """Return the sentences beside the fields, by the field's name."""
    parts = page.text.split('<p class="field-error" id="')[1:]
    return {part.split("-errors")[0]: part.split(">")[1].split("</p")[0] for part in parts}


def test_settings_when_opened_first_then_show_the_defaults(visitor: Visitor) -> None:
    journal = visitor.launch(FACILITATOR).request.path

    page = visitor.get(f"{journal}/settings")

    assert page.status_code == 200
    assert textareas(page)["prompt"].strip() == ""
    values = {name: input_value(page, name) for name in GOOD if name not in {"prompt", "may_revise"}}
    assert values == {"entries_required": "1", "minimum_words": "50", "due_at": "", "closes_at": "", "time_zone": "UTC"}
    assert "Think of one moment from your teaching this week that stayed with you." in page.text
    assert _chosen(page) == ["n_entries", "author", "y"]
    assert kept() == JournalSettings()


def test_settings_when_all_is_good_then_are_kept_and_confirmed(visitor: Visitor) -> None:
    answer = send(visitor)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/journal/1")
    assert kept() == JournalSettings(
        prompt="What did you notice?",
        entries_required=2,
        minimum_words=30,
        due_at=datetime(2026, 9, 1, 8, tzinfo=UTC),
        closes_at=datetime(2026, 9, 8, 8, tzinfo=UTC),
    )
    page = visitor.get("/journal/1").text
    assert "The settings are saved." in page
    assert "What did you notice?" in page


def test_settings_when_opened_again_then_show_what_was_kept(visitor: Visitor) -> None:
    send(visitor, time_zone="America/New_York")

    page = visitor.get("/journal/1/settings")

    shown = {name: datetime.fromisoformat(input_value(page, name)) for name in ("due_at", "closes_at")}
    assert shown == {"due_at": datetime(2026, 9, 1, 8), "closes_at": datetime(2026, 9, 8, 8)}  # noqa: DTZ001 (as typed)
    assert textareas(page)["prompt"].strip() == "What did you notice?"


@pytest.mark.parametrize(
    ("zone", "due_at"),
    [
        ("UTC", datetime(2026, 9, 1, 8, tzinfo=UTC)),
        ("", datetime(2026, 9, 1, 8, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 9, 1, 12, tzinfo=UTC)),
        ("Asia/Kolkata", datetime(2026, 9, 1, 2, 30, tzinfo=UTC)),
        ("Pacific/Kiritimati", datetime(2026, 8, 31, 18, tzinfo=UTC)),
    ],
)
def test_settings_when_times_are_typed_in_a_zone_then_are_kept_in_utc(
    visitor: Visitor, zone: str, due_at: datetime
) -> None:
    answer = send(visitor, time_zone=zone)

    assert answer.status_code == 303
    assert kept().due_at == due_at


@pytest.mark.parametrize(
    ("typed", "due_at"),
    [
        ("2026-03-08T02:30", datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),  # there is no such minute: clocks go forward
        ("2026-11-01T01:30", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),  # there are two: the first one counts
        ("2026-11-01T03:30", datetime(2026, 11, 1, 8, 30, tzinfo=UTC)),
    ],
)
def test_settings_when_clocks_change_that_night_then_take_a_moment_that_exists(
    visitor: Visitor, typed: str, due_at: datetime
) -> None:
    send(visitor, due_at=typed, closes_at="", time_zone="America/New_York")

    assert kept().due_at == due_at


NO_NUMBER = "Not a valid integer value."
ENTRIES, WORDS = "Number must be between 1 and 100.", "Number must be between 0 and 2000."
ZONE = "Staffroom knows no time zone of this name. Try one like Europe/Paris."
BAD: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "no entries": ({"entries_required": "0"}, {"entries_required": ENTRIES}),
    "too many entries": ({"entries_required": "101"}, {"entries_required": ENTRIES}),
    "entries missing": ({"entries_required": ""}, {"entries_required": "This field is required."}),
    "entries no number": ({"entries_required": "two"}, {"entries_required": f"{NO_NUMBER} {ENTRIES}"}),
    "entries endless": ({"entries_required": "9" * 5000}, {"entries_required": f"{NO_NUMBER} {ENTRIES}"}),
    "words below nothing": ({"minimum_words": "-1"}, {"minimum_words": WORDS}),
    "too many words": ({"minimum_words": "2001"}, {"minimum_words": WORDS}),
    "words missing": ({"minimum_words": ""}, {"minimum_words": "This field is required."}),
    "words half": ({"minimum_words": "1.5"}, {"minimum_words": f"{NO_NUMBER} {WORDS}"}),
    "prompt too long": ({"prompt": "x" * 4001}, {"prompt": "Field cannot be longer than 4000 characters."}),
    "due no time": ({"due_at": "soon"}, {"due_at": "Not a valid datetime value."}),
    "closes no time": ({"closes_at": "2026-02-30T08:00"}, {"closes_at": "Not a valid datetime value."}),
    "closes before due": (
        {"closes_at": "2026-09-01T07:59"},
        {"closes_at": "The journal cannot close before it is due."},
    ),
    "unknown zone": (
        {"time_zone": "Mars/Olympus_Mons"},
        {"time_zone": ZONE},
    ),
    "zone a path": (
        {"time_zone": "../../etc/passwd"},
        {"time_zone": ZONE},
    ),
    "zone a folder": (
        {"time_zone": "Europe"},
        {"time_zone": ZONE},
    ),
    "zone a nul": (
        {"time_zone": "UTC\x00"},
        {"time_zone": ZONE},
    ),
    "zone endless": (
        {"time_zone": "A" * 5000},
        {"time_zone": ZONE},
    ),
}


@pytest.mark.parametrize(("changed", "sentences"), BAD.values(), ids=BAD)
def test_settings_when_a_value_is_bad_then_says_so_beside_it_and_keeps_nothing(
    visitor: Visitor, changed: dict[str, str], sentences: dict[str, str]
) -> None:
    answer = send(visitor, **changed)

    assert answer.status_code == 422
    assert errors(answer) == sentences
    assert textareas(answer)["prompt"].strip() == changed.get("prompt", GOOD["prompt"])
    assert kept() == JournalSettings()


@pytest.mark.parametrize(
    ("due_at", "zone"), [("0001-01-01T00:00", "Asia/Tokyo"), ("9999-12-31T23:59", "America/New_York")]
)
def test_settings_when_a_moment_lies_beyond_the_calendar_then_says_so(visitor: Visitor, due_at: str, zone: str) -> None:
    answer = send(visitor, due_at=due_at, closes_at="", time_zone=zone)

    assert answer.status_code == 422
    assert list(errors(answer)) == ["due_at"]
    assert kept() == JournalSettings()


@pytest.mark.parametrize("entries_required", ["1", "100"])
@pytest.mark.parametrize("minimum_words", ["0", "2000"])
def test_settings_when_values_are_at_their_ends_then_are_kept(
    visitor: Visitor, entries_required: str, minimum_words: str
) -> None:
    answer = send(visitor, entries_required=entries_required, minimum_words=minimum_words)

    assert answer.status_code == 303
    assert (kept().entries_required, kept().minimum_words) == (int(entries_required), int(minimum_words))


def test_settings_when_it_closes_the_moment_it_is_due_then_are_kept(visitor: Visitor) -> None:
    answer = send(visitor, closes_at=GOOD["due_at"])

    assert answer.status_code == 303
    assert kept().closes_at == kept().due_at == datetime(2026, 9, 1, 8, tzinfo=UTC)


def test_settings_when_times_are_emptied_then_there_are_none(visitor: Visitor) -> None:
    send(visitor)

    answer = send(visitor, due_at="", closes_at="")

    assert answer.status_code == 303
    assert (kept().due_at, kept().closes_at) == (None, None)


def test_settings_when_the_prompt_is_unusual_then_is_kept_as_plain_text(visitor: Visitor) -> None:
    prompt = "<b>Was</b> nun? \x00🙂 " + "x" * 3900

    answer = send(visitor, prompt=f"  {prompt}\n")

    assert answer.status_code == 303
    assert kept().prompt == prompt.replace("\x00", "")
    assert "&lt;b&gt;Was&lt;/b&gt; nun? 🙂" in visitor.get("/journal/1").text


def test_settings_when_the_rule_changes_then_its_version_rises(visitor: Visitor) -> None:
    send(visitor)
    send(visitor, prompt="Another question")

    send(visitor, entries_required="3")

    (activity,) = stored(Activity)
    assert activity.rule_version == 3


def test_settings_when_a_choice_is_forged_then_nothing_is_kept(visitor: Visitor) -> None:
    answers = [send(visitor, audience="everybody"), send(visitor, mode="none"), send(visitor, prompts="none.1")]

    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert kept() == JournalSettings()
