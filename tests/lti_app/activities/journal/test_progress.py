"""How far a teacher is: facts are counted, of one person, one journal, one epoch."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lti_app.activities.journal.models import EntryState
from lti_app.activities.journal.progress import ENTRY_FINISHED, last_finished, measure
from lti_app.activities.journal.settings import Mode
from lti_app.clock import now
from lti_app.db import db
from lti_app.gradebook.completion import Progress
from lti_app.models.activity import Activity
from lti_app.models.gradebook import Fact
from tests.factories import EntryFactory
from tests.lti_app.activities.journal.rows import a_finished_entry, a_journal, a_member

pytestmark = pytest.mark.usefixtures("app")

SUNDAY = datetime(2026, 11, 1, tzinfo=UTC)


def add_fact(
    activity: Activity,
    user_id: int,
    *,
    subject_id: int,
    epoch: int = 1,
    kind: str = ENTRY_FINISHED,
    occurred_at: datetime | None = None,
) -> None:
    db.session.add(
        Fact(
            activity_id=activity.id,
            user_id=user_id,
            epoch=epoch,
            kind=kind,
            subject_id=subject_id,
            occurred_at=occurred_at or now(),
        ),
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


def test_measure_when_different_prompts_are_asked_for_then_counts_each_once_whatever_its_version() -> None:
    activity = a_journal(mode="x_of_y", entries_required=3)
    member = a_member(activity)
    for key, version in (("four-lenses", 1), ("four-lenses", 2), ("glow-and-grow", 1)):
        entry = a_finished_entry(activity, member, prompt_key=key, prompt_version=version)
        add_fact(activity, member.user_id, subject_id=entry.id)
    a_finished_entry(activity, member, prompt_key="end-of-unit")

    progress = measure(activity, member)

    assert progress == Progress(done=2, required=3)


def test_measure_when_an_entry_was_withdrawn_then_its_prompt_still_counts() -> None:
    activity = a_journal(mode="x_of_y", entries_required=2)
    member = a_member(activity)
    entry = a_finished_entry(activity, member, prompt_key="four-lenses", state=EntryState.WITHDRAWN)
    add_fact(activity, member.user_id, subject_id=entry.id)

    progress = measure(activity, member)

    assert progress == Progress(done=1, required=2)


@pytest.mark.parametrize(
    ("zone", "weeks"),
    [
        ("UTC", 2),  # Sunday, then Monday
        ("America/New_York", 1),  # both on Sunday evening
        ("Pacific/Auckland", 1),  # both on Monday
    ],
)
def test_measure_when_a_week_ends_between_two_entries_then_the_journals_zone_decides(zone: str, weeks: int) -> None:
    activity = a_journal(mode="n_weeks", entries_required=4, time_zone=zone)
    member = a_member(activity)
    for number, hour in enumerate((23, 24)):
        add_fact(activity, member.user_id, subject_id=number, occurred_at=SUNDAY + timedelta(hours=hour))

    progress = measure(activity, member)

    assert progress == Progress(done=weeks, required=4)


def test_measure_when_the_year_turns_within_a_week_then_it_is_one_week() -> None:
    activity = a_journal(mode="n_weeks", entries_required=2)
    member = a_member(activity)
    for number, day in enumerate((datetime(2026, 12, 31, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))):
        add_fact(activity, member.user_id, subject_id=number, occurred_at=day)

    progress = measure(activity, member)

    assert progress == Progress(done=1, required=2)


KEYS = st.sampled_from(["", "four-lenses", "glow-and-grow", "end-of-unit"])
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ZONES = st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Pago_Pago"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=st.lists(st.tuples(KEYS, MOMENTS), max_size=8), required=st.integers(1, 9), zone=ZONES)
def test_measure_when_anything_was_written_then_every_mode_agrees_with_counting_by_hand(
    written: list[tuple[str, datetime]], required: int, zone: str
) -> None:
    activity = a_journal()
    member = a_member(activity)
    for key, moment in written:
        entry = EntryFactory(activity_id=activity.id, user_id=member.user_id, prompt_key=key, state=EntryState.FINISHED)
        add_fact(activity, member.user_id, subject_id=entry.id, occurred_at=moment)

    done = {}
    for mode in Mode:
        activity.settings = {"mode": mode.value, "entries_required": required, "time_zone": zone}
        done[mode] = measure(activity, member)

    mondays = {(day := moment.astimezone(ZoneInfo(zone)).date()) - timedelta(day.weekday()) for _, moment in written}
    assert done == {
        Mode.ONE_PROMPT: Progress(done=len(written), required=required),
        Mode.N_ENTRIES: Progress(done=len(written), required=required),
        Mode.X_OF_Y: Progress(done=len({key for key, _ in written}), required=required),
        Mode.N_WEEKS: Progress(done=len(mondays), required=required),
    }
    assert all(progress.done <= len(written) for progress in done.values())


def test_last_finished_when_some_have_finished_then_names_their_last_moment_and_nobody_elses() -> None:
    activity = a_journal()
    one, none, old = (a_member(activity) for _ in range(3))
    add_fact(activity, one.user_id, subject_id=1, occurred_at=SUNDAY)
    add_fact(activity, one.user_id, subject_id=2, occurred_at=SUNDAY + timedelta(days=1))
    add_fact(activity, one.user_id, subject_id=3, occurred_at=SUNDAY + timedelta(days=9), kind="entry_shared")
    add_fact(activity, old.user_id, subject_id=4, occurred_at=SUNDAY, epoch=2)

    last = last_finished(db.session(), activity, [one.user_id, none.user_id, old.user_id])

    assert last == {one.user_id: SUNDAY + timedelta(days=1)}
