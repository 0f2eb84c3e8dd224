"""Changed settings: a new rule is a new version, completes who has enough, and takes nothing back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lti_app.activities.journal.service.finishing import finish
from lti_app.activities.journal.service.rules import change_settings
from lti_app.activities.journal.settings import JournalSettings
from lti_app.db import db
from lti_app.models.activity import Activity
from lti_app.models.gradebook import Completion, ScoreDelivery
from lti_app.models.people import Membership, Role
from tests.lti_app.activities.journal.rows import a_draft, a_journal, a_member
from tests.lti_app.activities.journal.writing import stored

pytestmark = pytest.mark.usefixtures("app")

AT = datetime(2026, 9, 1, 9, 42, tzinfo=UTC)
LATER = AT + timedelta(days=3)


def write(activity: Activity, member: Membership, *, entries: int) -> None:
    """Let a member finish that many entries."""
    for number in range(entries):
        entry = a_draft(activity, member, f"entry {number}")
        finish(db.session(), activity, member=member, entry=entry, at=AT)
        db.session.commit()


def change(activity: Activity, **settings: Any) -> None:
    """Keep new settings, later on."""
    change_settings(db.session(), activity, settings=JournalSettings(minimum_words=0, **settings), at=LATER)
    db.session.commit()


def completions() -> list[tuple[int, int, int, int, datetime | None]]:
    return [(row.user_id, row.done, row.required, row.rule_version, row.completed_at) for row in stored(Completion)]


def test_change_settings_when_the_rule_stays_then_its_version_stays() -> None:
    activity = a_journal(minimum_words=0, entries_required=2)
    member = a_member(activity)
    write(activity, member, entries=1)

    change(activity, entries_required=2, prompt="Another question", closes_at=LATER)

    assert activity.rule_version == 1
    assert JournalSettings.from_json(activity.settings) == JournalSettings(
        minimum_words=0, entries_required=2, prompt="Another question", closes_at=LATER
    )
    assert completions() == [(member.user_id, 1, 2, 1, None)]


def test_change_settings_when_fewer_entries_are_needed_then_completes_those_who_have_enough() -> None:
    activity = a_journal(minimum_words=0, entries_required=3)
    none, one, two, three = (a_member(activity) for _ in range(4))
    for number, member in enumerate((none, one, two, three)):
        write(activity, member, entries=number)

    change(activity, entries_required=2)

    assert activity.rule_version == 2
    assert completions() == [
        (one.user_id, 1, 2, 2, None),
        (two.user_id, 2, 2, 2, LATER),
        (three.user_id, 3, 3, 1, AT),
    ]
    assert [(row.user_id, row.due_at) for row in stored(ScoreDelivery)] == [(three.user_id, AT), (two.user_id, LATER)]


def test_change_settings_when_more_entries_are_needed_then_nobody_un_completes() -> None:
    activity = a_journal(minimum_words=0, entries_required=2)
    complete, begun = a_member(activity), a_member(activity)
    write(activity, complete, entries=2)
    write(activity, begun, entries=1)

    change(activity, entries_required=5)

    assert completions() == [(complete.user_id, 2, 2, 1, AT), (begun.user_id, 1, 5, 2, None)]
    assert [row.user_id for row in stored(ScoreDelivery)] == [complete.user_id]


def test_change_settings_when_put_back_again_then_owes_nobody_a_second_score() -> None:
    activity = a_journal(minimum_words=0, entries_required=1)
    member = a_member(activity)
    write(activity, member, entries=1)

    change(activity, entries_required=2)
    change(activity, entries_required=1)

    assert activity.rule_version == 3
    assert completions() == [(member.user_id, 1, 1, 1, AT)]
    assert len(stored(ScoreDelivery)) == 1


def test_change_settings_when_somebody_now_looks_after_the_course_then_owes_them_nothing() -> None:
    activity = a_journal(minimum_words=0, entries_required=2)
    member = a_member(activity)
    write(activity, member, entries=1)
    member.role = Role.FACILITATOR
    db.session.commit()

    change(activity, entries_required=1)

    assert stored(ScoreDelivery) == []


def test_change_settings_when_another_course_has_people_then_leaves_them_alone() -> None:
    activity, other_activity = a_journal(minimum_words=0, entries_required=2), a_journal(minimum_words=0)
    other_activity.settings = {"minimum_words": 0, "entries_required": 2}
    member, elsewhere = a_member(activity), a_member(other_activity)
    write(activity, member, entries=1)
    write(other_activity, elsewhere, entries=1)

    change(activity, entries_required=1)

    assert completions() == [(member.user_id, 1, 1, 2, LATER), (elsewhere.user_id, 1, 2, 1, None)]
