"""How far a teacher is: facts are counted, of one person, one journal, one epoch."""

import pytest

from lti_app.activities.journal.progress import ENTRY_FINISHED, measure
from lti_app.db import db
from lti_app.gradebook.completion import Progress
from lti_app.models.activity import Activity
from lti_app.models.gradebook import Fact
from tests.lti_app.activities.journal.rows import a_finished_entry, a_journal, a_member

pytestmark = pytest.mark.usefixtures("app")


def add_fact(activity: Activity, user_id: int, *, subject_id: int, epoch: int = 1, kind: str = ENTRY_FINISHED) -> None:
    db.session.add(
        Fact(activity_id=activity.id, user_id=user_id, epoch=epoch, kind=kind, subject_id=subject_id),
    )
    db.session.flush()


def test_measure_when_nothing_is_done_then_is_none_of_what_is_required() -> None:
    activity = a_journal(entries_required=4)

    progress = measure(activity, a_member(activity))

    assert progress == Progress(done=0, required=4)


def test_measure_when_others_and_other_things_happened_then_counts_ones_own_entries_only() -> None:
    activity, other_activity = a_journal(entries_required=2), a_journal()
    member, other = a_member(activity), a_member(activity)
    add_fact(activity, member.user_id, subject_id=1)
    add_fact(activity, member.user_id, subject_id=2)
    add_fact(activity, member.user_id, subject_id=3, epoch=2)
    add_fact(activity, member.user_id, subject_id=4, kind="entry_shared")
    add_fact(activity, other.user_id, subject_id=5)
    add_fact(other_activity, member.user_id, subject_id=6)

    progress = measure(activity, member)

    assert progress == Progress(done=2, required=2)


def test_measure_when_an_entry_has_no_fact_then_does_not_count_it() -> None:
    activity = a_journal()
    member = a_member(activity)
    a_finished_entry(activity, member)

    progress = measure(activity, member)

    assert progress == Progress(done=0, required=1)


def test_measure_when_a_new_year_has_begun_then_starts_from_nothing() -> None:
    activity = a_journal()
    member = a_member(activity)
    add_fact(activity, member.user_id, subject_id=1)
    activity.epoch = 2

    progress = measure(activity, member)

    assert progress == Progress(done=0, required=1)
