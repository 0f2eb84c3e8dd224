"""What workers do: send what is due, find what was left behind, clear up."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from huey import Huey

from config import Config
from lti_app import tasks
from lti_app.clock import now
from lti_app.db import db
from lti_app.gradebook import delivery
from lti_app.lti import one_time
from lti_app.models.deep_linking import DeepLinkingRequest
from lti_app.models.gradebook import DeliveryState
from lti_app.models.invites import AdminLink, Invite
from lti_app.models.launch import LaunchOutcome, LaunchRecord
from lti_app.models.platform import Registration
from lti_app.queue import wake
from tests.lti_app.activities.journal.writing import stored
from tests.lti_app.gradebook.course import Course, delivered, outcome
from tests.visitor import OTHER_TEACHER, PRINCIPAL, TEACHER, Visitor


def work(queue: Huey) -> int:
    """Do what a worker does with each message that waits; return how many there were."""
    done = 0
    while (task := queue.dequeue()) is not None:
        queue.execute(task)
        done += 1
    return done


def send_message(delivery_id: int) -> None:
    """Send one more message for the row."""
    wake(db.session(), delivery.TASK, delivery_id)
    db.session.commit()


def run_named(queue: Huey, name: str) -> None:
    """Run a periodic task as the scheduler would."""
    (task,) = [task for task in queue._registry.periodic_tasks if type(task).__name__ == name]  # noqa: SLF001
    queue.execute(task)


def test_commit_when_a_score_is_owed_then_a_worker_finds_its_message_and_sends_it(course: Course, queue: Huey) -> None:
    delivery_id = course.owe()

    messages = work(queue)

    assert messages == 1
    assert outcome(delivered(delivery_id)) == (DeliveryState.SENT, None, 200, 1)
    assert course.posts() == [(TEACHER, 200)]


def test_message_when_it_comes_twice_then_the_score_is_sent_once(course: Course, queue: Huey) -> None:
    delivery_id = course.owe()
    send_message(delivery_id)

    messages = work(queue)

    assert messages == 2
    assert course.posts() == [(TEACHER, 200)]
    assert delivered(delivery_id).attempts == 1


def test_message_when_its_row_is_not_there_then_does_nothing(course: Course, queue: Huey) -> None:
    send_message(4711)

    messages = work(queue)

    assert messages == 1
    assert course.posts() == []


def test_sweep_when_a_message_was_lost_then_finds_its_score(course: Course, queue: Huey) -> None:
    delivery_id = course.owe()
    queue.flush()

    run_named(queue, "sweep")
    messages = work(queue)

    assert messages == 1
    assert delivered(delivery_id).state is DeliveryState.SENT


def test_sweep_when_a_worker_was_killed_then_finds_its_score_after_the_lease(course: Course, queue: Huey) -> None:
    delivery_id = course.owe()
    queue.flush()
    delivery.claim(db.session(), delivery_id, at=now())
    db.session.commit()
    swept: list[int] = []

    tasks.sweep(swept.append)
    while_leased = list(swept)
    with time_machine.travel(now() + delivery.LEASE + timedelta(seconds=1)):
        tasks.sweep(swept.append)

    assert (while_leased, swept) == ([], [delivery_id])


def test_sweep_when_nothing_is_due_then_wakes_nobody(course: Course, queue: Huey) -> None:
    sent, waiting = course.owe(), course.owe(OTHER_TEACHER, at=now() + timedelta(hours=1))
    work(queue)
    swept: list[int] = []

    tasks.sweep(swept.append)

    assert swept == []
    assert [delivered(row).state for row in (sent, waiting)] == [DeliveryState.SENT, DeliveryState.WAITING]


def test_sweep_when_several_are_due_then_wakes_the_longest_due_first(course: Course, queue: Huey) -> None:
    newer, older = course.owe(at=now() - timedelta(hours=1)), course.owe(OTHER_TEACHER, at=now() - timedelta(days=1))
    queue.flush()
    swept: list[int] = []

    tasks.sweep(swept.append)

    assert swept == [older, newer]


def test_deliver_score_when_the_lms_is_ill_then_leaves_no_transaction_open(course: Course) -> None:
    course.fault("500", times=1)
    delivery_id = course.owe()

    tasks.deliver_score(delivery_id, lti=course.lti)

    assert not db.session().in_transaction()
    assert outcome(delivered(delivery_id)) == (DeliveryState.WAITING, None, 500, 1)


def test_remove_what_is_over_when_some_are_over_then_removes_those(
    app: Flask, queue: Huey, registration: Registration
) -> None:
    del app
    for age in (timedelta(days=91), timedelta(days=89)):
        db.session.add(
            LaunchRecord(
                registration_id=registration.id, outcome=LaunchOutcome.ACCEPTED, at=now() - age, login_id=str(age)
            )
        )
    db.session.commit()

    run_named(queue, "remove_what_is_over")

    assert [line.login_id for line in stored(LaunchRecord)] == ["89 days, 0:00:00"]


def test_remove_what_is_over_when_nobody_answered_a_request_then_removes_it_with_what_the_lms_sent(
    visitor: Visitor, queue: Huey
) -> None:
    visitor.add()
    with time_machine.travel(now() - timedelta(hours=3), tick=True):
        visitor.add(PRINCIPAL)
    before = len(stored(DeepLinkingRequest))

    run_named(queue, "remove_what_is_over")

    waiting = stored(DeepLinkingRequest)
    assert (before, len(waiting)) == (2, 1)
    assert waiting[0].expires_at > now()


@pytest.mark.parametrize(
    ("after", "kept"),
    [
        (timedelta(days=7), ["used", "unused"]),
        (timedelta(days=36, hours=23), ["used", "unused"]),
        (timedelta(days=37, hours=1), []),
    ],
)
def test_remove_what_is_over_when_an_invite_ended_a_month_ago_then_removes_it_and_no_registration(
    app: Flask, queue: Huey, registration: Registration, after: timedelta, kept: list[str]
) -> None:
    del app
    for name in ("used", "unused"):
        one_time.make_invite(db.session(), name=name, is_confirmed=False, at=now())
    used = stored(Invite)[0]
    one_time.use_up_invite(db.session(), used.id, registration_id=registration.id, at=now())
    db.session.commit()

    with time_machine.travel(now() + after, tick=False):
        one_time.make_invite(db.session(), name="new", is_confirmed=False, at=now())
        db.session.commit()
        run_named(queue, "remove_what_is_over")

    assert [invite.name for invite in stored(Invite)] == [*kept, "new"]
    assert [row.id for row in stored(Registration)] == [registration.id]


@pytest.mark.parametrize(
    ("after", "kept"),
    [
        (timedelta(hours=7), ["opened", "never opened"]),
        (timedelta(days=1, minutes=14), ["opened", "never opened"]),
        (timedelta(days=1, minutes=16), ["opened"]),
        (timedelta(days=1, hours=9), []),
    ],
)
def test_remove_what_is_over_when_an_operators_sign_in_ended_a_day_ago_then_removes_it(
    app: Flask, queue: Huey, after: timedelta, kept: list[str]
) -> None:
    del app
    tokens = {name: one_time.make_admin_link(db.session(), at=now()) for name in ("opened", "never opened")}
    one_time.use_up_admin_link(db.session(), tokens["opened"], at=now())
    db.session.commit()

    with time_machine.travel(now() + after, tick=False):
        run_named(queue, "remove_what_is_over")

    names = {one_time.token_hash(token): name for name, token in tokens.items()}
    assert [names[link.token_hash] for link in stored(AdminLink)] == kept


@pytest.mark.parametrize(("name", "times"), [("sweep", 24 * 60), ("remove_what_is_over", 1)])
def test_periodic_task_when_a_day_passes_then_is_due_so_many_times(
    app: Flask, queue: Huey, name: str, times: int
) -> None:
    del app
    (task,) = [task for task in queue._registry.periodic_tasks if type(task).__name__ == name]  # noqa: SLF001
    midnight = now().replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)

    due = [minute for minute in range(24 * 60) if task.validate_datetime(midnight + timedelta(minutes=minute))]

    assert len(due) == times


@pytest.mark.parametrize(("name", "hour", "minute"), [("look_for_line_items", 2, 20), ("remove_old_secrets", 2, 40)])
def test_nightly_task_when_its_moment_comes_then_is_due_once_a_day(
    app: Flask, queue: Huey, name: str, hour: int, minute: int
) -> None:
    del app
    (task,) = [task for task in queue._registry.periodic_tasks if type(task).__name__ == name]  # noqa: SLF001
    midnight = now().replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    moments = [midnight + timedelta(minutes=number) for number in range(24 * 60)]

    due = [moment for moment in moments if task.validate_datetime(moment)]

    assert due == [midnight.replace(hour=hour, minute=minute)]


def test_remove_old_secrets_when_a_key_is_needed_by_nobody_then_removed(
    config: Config, start: Callable[[Config], Flask], tmp_path: Path
) -> None:
    app = start(replace(config, keys_path=tmp_path / "own"))
    ring = app.extensions["staffroom_keys"]
    old = ring.signing_key
    new = ring.rotate(at_once=True)

    with time_machine.travel(now() + timedelta(days=1, seconds=1)), app.app_context():
        run_named(app.extensions["staffroom_queue"], "remove_old_secrets")

    assert [key.kid for key in ring.keys] == [new.kid] != [old.kid]


def test_startup_when_a_score_was_left_behind_then_a_worker_looks_at_once(course: Course, queue: Huey) -> None:
    delivery_id = course.owe()
    queue.flush()
    hooks: list[Callable[[], None]] = list(queue._startup.values())  # noqa: SLF001

    for hook in hooks:
        hook()
    messages = work(queue)

    assert messages == 1
    assert delivered(delivery_id).state is DeliveryState.SENT
