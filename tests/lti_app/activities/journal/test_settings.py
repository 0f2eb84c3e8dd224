"""A journal's settings: their defaults, and that JSON keeps them."""

from datetime import UTC, datetime, timedelta

import pytest

from lti_app.activities.journal.prompts.sets import PromptRef
from lti_app.activities.journal.settings import Audience, JournalSettings

CLOSES = datetime(2026, 9, 1, 12, tzinfo=UTC)


def test_from_json_when_nothing_is_kept_then_takes_every_default() -> None:
    settings = JournalSettings.from_json({})

    assert settings == JournalSettings(
        prompt="",
        entries_required=1,
        minimum_words=50,
        due_at=None,
        closes_at=None,
        audience=Audience.AUTHOR,
    )


def test_from_json_when_everything_is_set_then_gives_back_what_was_kept() -> None:
    settings = JournalSettings(
        prompt="What now?",
        prompts=(PromptRef(key="what-so-what-now-what", version=1),),
        entries_required=3,
        minimum_words=0,
        due_at=CLOSES - timedelta(days=1),
        closes_at=CLOSES,
        audience=Audience.AUTHOR,
    )

    kept = settings.to_json()

    assert kept == {
        "prompt": "What now?",
        "prompts": [{"key": "what-so-what-now-what", "version": 1}],
        "entries_required": 3,
        "minimum_words": 0,
        "due_at": "2026-08-31T12:00:00+00:00",
        "closes_at": "2026-09-01T12:00:00+00:00",
        "audience": "author",
    }
    assert JournalSettings.from_json(kept) == settings


def test_from_json_when_an_older_release_kept_more_then_leaves_that_out() -> None:
    settings = JournalSettings.from_json({"mode": "weekly", "minimum_words": 10})

    assert settings == JournalSettings(minimum_words=10)


def test_from_json_when_the_audience_is_unknown_then_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(ValueError, match="everybody"):
        JournalSettings.from_json({"audience": "everybody"})


@pytest.mark.parametrize(
    ("closes_at", "at", "is_closed"),
    [
        (None, CLOSES, False),
        (CLOSES, CLOSES - timedelta(microseconds=1), False),
        (CLOSES, CLOSES, True),
        (CLOSES, CLOSES + timedelta(days=1), True),
    ],
)
def test_is_closed_when_asked_at_a_moment_then_tells(closes_at: datetime | None, at: datetime, is_closed: bool) -> None:
    settings = JournalSettings(closes_at=closes_at)

    assert settings.is_closed(at) is is_closed
