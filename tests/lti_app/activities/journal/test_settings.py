"""A journal's settings: their defaults, and that JSON keeps them."""

from datetime import UTC, datetime, timedelta

import pytest

from lti_app.activities.journal.prompts.sets import PromptRef
from lti_app.activities.journal.settings import Audience, JournalSettings, Mode

CLOSES = datetime(2026, 9, 1, 12, tzinfo=UTC)


def test_from_json_when_nothing_is_kept_then_takes_every_default() -> None:
    settings = JournalSettings.from_json({})

    assert settings == JournalSettings(
        prompt="",
        prompts=(),
        retired=(),
        mode=Mode.N_ENTRIES,
        entries_required=1,
        minimum_words=50,
        opens_at=None,
        due_at=None,
        closes_at=None,
        audience=Audience.AUTHOR,
        may_revise=True,
        time_zone="UTC",
    )


def test_from_json_when_everything_is_set_then_gives_back_what_was_kept() -> None:
    settings = JournalSettings(
        prompt="What now?",
        prompts=(PromptRef(key="what-so-what-now-what", version=1), PromptRef(key="four-lenses", version=1)),
        retired=(PromptRef(key="four-lenses", version=1),),
        mode=Mode.N_WEEKS,
        entries_required=3,
        minimum_words=0,
        opens_at=CLOSES - timedelta(days=9),
        due_at=CLOSES - timedelta(days=1),
        closes_at=CLOSES,
        audience=Audience.FACILITATORS,
        may_revise=False,
        time_zone="America/New_York",
    )

    kept = settings.to_json()

    assert kept == {
        "prompt": "What now?",
        "prompts": [{"key": "what-so-what-now-what", "version": 1}, {"key": "four-lenses", "version": 1}],
        "retired": [{"key": "four-lenses", "version": 1}],
        "mode": "n_weeks",
        "entries_required": 3,
        "minimum_words": 0,
        "opens_at": "2026-08-23T12:00:00+00:00",
        "due_at": "2026-08-31T12:00:00+00:00",
        "closes_at": "2026-09-01T12:00:00+00:00",
        "audience": "facilitators",
        "may_revise": False,
        "time_zone": "America/New_York",
    }
    assert JournalSettings.from_json(kept) == settings


def test_from_json_when_an_older_release_kept_more_then_leaves_that_out() -> None:
    settings = JournalSettings.from_json({"font": "serif", "minimum_words": 10})

    assert settings == JournalSettings(minimum_words=10)


@pytest.mark.parametrize("name", ["audience", "mode"])
def test_from_json_when_a_choice_is_unknown_then_is_an_error_and_not_a_guess(name: str) -> None:
    with pytest.raises(ValueError, match="everybody"):
        JournalSettings.from_json({name: "everybody"})


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


@pytest.mark.parametrize("before", Audience)
@pytest.mark.parametrize("after", Audience)
def test_audience_when_changed_then_is_within_the_old_one_if_it_only_takes_readers_away(
    before: Audience, after: Audience
) -> None:
    assert after.is_within(before) is (after is before or after is Audience.AUTHOR)


@pytest.mark.parametrize(
    ("before", "after", "is_same"),
    [
        (JournalSettings(), JournalSettings(minimum_words=0, time_zone="America/New_York"), True),
        (JournalSettings(), JournalSettings(entries_required=2), False),
        (JournalSettings(), JournalSettings(mode=Mode.X_OF_Y), False),
        (JournalSettings(mode=Mode.N_WEEKS), JournalSettings(mode=Mode.N_WEEKS, time_zone="Asia/Tokyo"), False),
    ],
)
def test_rule_when_settings_change_then_changes_with_what_completion_depends_on(
    before: JournalSettings, after: JournalSettings, is_same: bool
) -> None:
    assert (before.rule == after.rule) is is_same
