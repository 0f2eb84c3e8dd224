"""What cannot be changed any more once somebody has begun to write, and what still can."""

import re
from typing import Any

import pytest

from lti_app.activities.journal.models import EntryState
from lti_app.activities.journal.prompts.sets import PromptRef
from lti_app.activities.journal.service import rules
from lti_app.activities.journal.service.rules import Locks, SettingLocked, change_settings, locks_of
from lti_app.activities.journal.settings import Audience, JournalSettings
from lti_app.clock import now
from lti_app.db import db
from lti_app.models.activity import Activity
from tests.lti_app.activities.journal.rows import a_draft, a_journal, a_member
from tests.lti_app.activities.journal.writing import begin, set_journal, stored
from tests.visitor import FACILITATOR, PRINCIPAL, TEACHER, Visitor

pytestmark = pytest.mark.usefixtures("app")

LENSES, GLOW = PromptRef(key="four-lenses", version=1), PromptRef(key="glow-and-grow", version=1)
OWN = PromptRef(key="", version=1)


def change(activity: Activity, settings: JournalSettings) -> JournalSettings:
    """Keep new settings, and return what is kept."""
    change_settings(db.session(), activity, settings=settings, at=now())
    db.session.commit()
    return JournalSettings.from_json(activity.settings)


def a_begun_journal(settings: JournalSettings, **entry: Any) -> Activity:
    """Return a journal in which somebody has begun."""
    activity = a_journal(**settings.to_json())
    a_draft(activity, a_member(activity), **entry)
    return activity


def test_locks_when_nobody_has_begun_then_hold_nothing() -> None:
    activity, other = a_journal(), a_journal()
    a_draft(other, a_member(other))

    assert locks_of(db.session(), activity) == Locks()


def test_locks_when_a_draft_is_begun_then_hold_its_prompt_too() -> None:
    activity = a_begun_journal(JournalSettings(prompts=(LENSES, GLOW)), prompt_key="four-lenses")

    assert locks_of(db.session(), activity) == Locks(has_entries=True, answered=frozenset({LENSES}))


@pytest.mark.parametrize("before", Audience)
@pytest.mark.parametrize("after", Audience)
def test_change_settings_when_nobody_has_begun_then_any_audience_can_be_set(before: Audience, after: Audience) -> None:
    activity = a_journal(audience=before.value)

    assert change(activity, JournalSettings(audience=after)).audience is after


@pytest.mark.parametrize("state", EntryState)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Audience.AUTHOR, Audience.FACILITATORS),
        (Audience.AUTHOR, Audience.WRITERS),
        (Audience.FACILITATORS, Audience.WRITERS),
        (Audience.WRITERS, Audience.FACILITATORS),
    ],
)
def test_change_settings_when_somebody_has_begun_then_nobody_new_is_let_in(
    before: Audience, after: Audience, state: EntryState
) -> None:
    activity = a_begun_journal(JournalSettings(audience=before), state=state)

    with pytest.raises(SettingLocked):
        change(activity, JournalSettings(audience=after))

    db.session.rollback()
    assert JournalSettings.from_json(activity.settings).audience is before


@pytest.mark.parametrize("before", Audience)
def test_change_settings_when_somebody_has_begun_then_the_audience_can_be_made_smaller(before: Audience) -> None:
    activity = a_begun_journal(JournalSettings(audience=before))

    assert change(activity, JournalSettings()).audience is Audience.AUTHOR


def test_change_settings_when_a_prompt_was_answered_then_it_stays_and_others_can_go() -> None:
    activity = a_begun_journal(JournalSettings(prompts=(LENSES, GLOW)), prompt_key="four-lenses")

    with pytest.raises(SettingLocked):
        change(activity, JournalSettings(prompts=(GLOW,)))
    db.session.rollback()

    assert change(activity, JournalSettings(prompts=(LENSES,))).prompts == (LENSES,)


def test_offer_set_when_an_older_wording_was_answered_then_that_one_is_retired() -> None:
    newer = PromptRef(key="four-lenses", version=2)
    activity = a_begun_journal(JournalSettings(prompts=(LENSES, GLOW)), prompt_key="four-lenses")

    rules.offer_set(db.session(), activity, ref=newer, at=now())

    settings = JournalSettings.from_json(activity.settings)
    assert (settings.prompts, settings.retired) == ((newer, LENSES, GLOW), (LENSES,))


def test_offer_set_when_nobody_answered_the_older_wording_then_it_goes() -> None:
    newer = PromptRef(key="four-lenses", version=2)
    activity = a_journal(**JournalSettings(prompts=(GLOW, LENSES)).to_json())

    rules.offer_set(db.session(), activity, ref=newer, at=now())

    settings = JournalSettings.from_json(activity.settings)
    assert (settings.prompts, settings.retired) == ((GLOW, newer), ())


@pytest.mark.parametrize("person", [FACILITATOR, PRINCIPAL])
def test_settings_page_when_somebody_has_begun_then_says_so_and_refuses_forged_posts(
    visitor: Visitor, another_visitor: Visitor, person: str
) -> None:
    journal = begin(another_visitor, TEACHER).journal
    visitor.launch(person)

    page = visitor.get(f"{journal}/settings")
    forged = visitor.post(f"{journal}/settings", page, audience="facilitators")

    assert re.findall(r'<input(?=[^>]*disabled)[^>]*value="(\w+)"', page.text) == ["facilitators", "writers"]
    assert "the audience can be made smaller, for good, and never larger" in page.text
    assert "nobody can be let in to read who could not before" in forged.text
    assert forged.status_code == 422
    (activity,) = stored(Activity)
    assert JournalSettings.from_json(activity.settings).audience is Audience.AUTHOR


def test_settings_page_when_a_prompt_was_answered_then_it_can_be_retired_only(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    begin(another_visitor, TEACHER)
    set_journal(**JournalSettings(prompts=(LENSES, GLOW)).to_json())
    entry = a_draft(stored(Activity)[0], a_member(stored(Activity)[0]), prompt_key="four-lenses")
    journal = f"/journal/{entry.activity_id}"
    visitor.launch(FACILITATOR)
    page = visitor.get(f"{journal}/settings")

    removed = visitor.post(f"{journal}/settings", page, prompts="glow-and-grow.1", mode="n_entries", retired="")
    both = ["four-lenses.1", "glow-and-grow.1"]
    retired = visitor.post(f"{journal}/settings", page, prompts=both, retired="four-lenses.1", mode="n_entries")

    assert "Answered already, so it stays" in page.text
    assert (removed.status_code, retired.status_code) == (422, 303)
    kept = JournalSettings.from_json(stored(Activity)[0].settings)
    assert (kept.prompts, kept.retired) == ((LENSES, GLOW), (LENSES,))
