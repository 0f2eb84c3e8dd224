"""Facts, progress and completion: what counts, once, and what is owed for it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from lti_app.db import db
from lti_app.gradebook.completion import (
    Progress,
    incomplete_members,
    record_fact,
    record_progress,
)
from lti_app.models.gradebook import Completion, DeliveryState, Fact, ScoreDelivery
from lti_app.models.people import Role
from tests.lti_app.activities.journal.rows import a_journal, a_member
from tests.lti_app.activities.journal.writing import stored

AT = datetime(2026, 9, 1, 9, 42, tzinfo=UTC)
LATER = AT + timedelta(days=1)
ENOUGH, NOT_ENOUGH = Progress(done=2, required=2), Progress(done=1, required=2)

needs_database = pytest.mark.usefixtures("app")


@pytest.mark.parametrize(("done", "required"), [(-1, 1), (0, 0), (1, -1)])
def test_progress_when_the_counts_mean_nothing_then_is_refused(done: int, required: int) -> None:
    with pytest.raises(ValueError, match="counts from 0 towards at least 1"):
        Progress(done=done, required=required)


@pytest.mark.parametrize(("done", "is_enough"), [(0, False), (1, False), (2, True), (3, True)])
def test_progress_when_the_requirement_is_reached_then_is_enough(done: int, is_enough: bool) -> None:
    assert Progress(done=done, required=2).is_enough is is_enough


@needs_database
def test_record_fact_when_noted_twice_then_the_database_refuses() -> None:
    activity = a_journal()
    user_id = a_member(activity).user_id
    fact: dict[str, Any] = {"user_id": user_id, "kind": "entry_finished", "subject_id": 5, "occurred_at": AT}
    record_fact(db.session(), activity, **fact)
    db.session.commit()

    with pytest.raises(IntegrityError):
        record_fact(db.session(), activity, **fact)

    db.session.rollback()
    kept = [
        (row.activity_id, row.user_id, row.epoch, row.kind, row.subject_id, row.occurred_at) for row in stored(Fact)
    ]
    assert kept == [(activity.id, user_id, 1, "entry_finished", 5, AT)]


@needs_database
def test_record_progress_when_not_enough_then_keeps_it_and_owes_nothing() -> None:
    activity = a_journal()
    member = a_member(activity)

    completion = record_progress(db.session(), activity, member=member, progress=NOT_ENOUGH, at=AT)
    db.session.commit()

    assert stored(Completion) == [completion]
    assert (completion.done, completion.required, completion.rule_version, completion.completed_at) == (1, 2, 1, None)
    assert stored(ScoreDelivery) == []


@needs_database
def test_record_progress_when_enough_for_the_first_time_then_completes_and_owes_one_score() -> None:
    activity = a_journal()
    activity.rule_version = 4
    member = a_member(activity)
    record_progress(db.session(), activity, member=member, progress=NOT_ENOUGH, at=AT)

    record_progress(db.session(), activity, member=member, progress=ENOUGH, at=AT)
    record_progress(db.session(), activity, member=member, progress=Progress(done=3, required=2), at=LATER)
    db.session.commit()

    (completion,) = stored(Completion)
    assert (completion.done, completion.required, completion.rule_version, completion.completed_at) == (3, 2, 4, AT)
    owed = [(row.user_id, row.epoch, row.state, row.due_at) for row in stored(ScoreDelivery)]
    assert owed == [(member.user_id, 1, DeliveryState.WAITING, AT)]


@needs_database
def test_record_progress_when_complete_and_the_rule_asks_for_more_then_stays_complete() -> None:
    activity = a_journal()
    member = a_member(activity)
    record_progress(db.session(), activity, member=member, progress=ENOUGH, at=AT)
    activity.rule_version = 2

    record_progress(db.session(), activity, member=member, progress=Progress(done=2, required=9), at=LATER)
    db.session.commit()

    (completion,) = stored(Completion)
    assert (completion.done, completion.required, completion.rule_version, completion.completed_at) == (2, 2, 1, AT)


@needs_database
def test_record_progress_when_a_new_year_has_begun_then_a_second_score_is_owed() -> None:
    activity = a_journal()
    member = a_member(activity)
    record_progress(db.session(), activity, member=member, progress=ENOUGH, at=AT)
    activity.epoch = 2

    record_progress(db.session(), activity, member=member, progress=ENOUGH, at=LATER)
    db.session.commit()

    assert [(row.epoch, row.completed_at) for row in stored(Completion)] == [(1, AT), (2, LATER)]
    assert [(row.epoch, row.due_at) for row in stored(ScoreDelivery)] == [(1, AT), (2, LATER)]


@needs_database
def test_record_progress_when_there_is_no_line_item_then_the_score_is_parked() -> None:
    activity = a_journal()
    activity.line_item_url = None
    member = a_member(activity)

    record_progress(db.session(), activity, member=member, progress=ENOUGH, at=AT)
    db.session.commit()

    assert [(row.state, row.reason) for row in stored(ScoreDelivery)] == [(DeliveryState.PARKED, "no_line_item")]


@needs_database
@pytest.mark.parametrize(
    "values",
    [{"is_test_user": True}, {"role": Role.FACILITATOR}, {"role": Role.NONE}],
    ids=["test user", "facilitator", "no part"],
)
def test_record_progress_when_the_person_is_not_scored_then_owes_nothing(values: dict[str, object]) -> None:
    activity = a_journal()
    member = a_member(activity, **values)

    record_progress(db.session(), activity, member=member, progress=ENOUGH, at=AT)
    db.session.commit()

    assert [row.user_id for row in stored(Completion)] == [member.user_id]
    assert stored(ScoreDelivery) == []


@needs_database
def test_record_progress_when_the_deed_is_rolled_back_then_nothing_is_left() -> None:
    activity = a_journal()
    member = a_member(activity)
    db.session.commit()

    record_fact(db.session(), activity, user_id=member.user_id, kind="entry_finished", subject_id=1, occurred_at=AT)
    record_progress(db.session(), activity, member=member, progress=ENOUGH, at=AT)
    db.session.rollback()

    assert (stored(Fact), stored(Completion), stored(ScoreDelivery)) == ([], [], [])


@needs_database
def test_incomplete_members_when_asked_then_gives_those_who_began_and_are_not_complete() -> None:
    activity, other_activity = a_journal(), a_journal()
    begun, complete, elsewhere = a_member(activity), a_member(activity), a_member(other_activity)
    a_member(activity)
    record_progress(db.session(), activity, member=begun, progress=NOT_ENOUGH, at=AT)
    record_progress(db.session(), activity, member=complete, progress=ENOUGH, at=AT)
    record_progress(db.session(), other_activity, member=elsewhere, progress=NOT_ENOUGH, at=AT)
    db.session.commit()

    members = incomplete_members(db.session(), activity)

    assert list(members) == [begun]
