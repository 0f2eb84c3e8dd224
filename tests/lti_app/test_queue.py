"""The queue: woken by commits only, on each of its three engines, and never needed for a commit."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from flask import Flask
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey
from huey.consumer import Consumer
from sqlalchemy import select

from config import Config
from lti_app.clock import now
from lti_app.db import db
from lti_app.gradebook import delivery
from lti_app.models.gradebook import DeliveryState, ScoreDelivery
from lti_app.queue import open_queue, wake
from tests import services
from tests.conftest import REDIS_URL
from tests.databases import POSTGRES_URL, postgres_url
from tests.factories import DeliveryFactory
from tests.lti_app.activities.journal.writing import stored
from tests.lti_app.gradebook.course import Course, delivered, outcome
from tests.visitor import OTHER_TEACHER, TEACHER

ENGINES = ["sqlite", *(["redis"] if REDIS_URL in os.environ else []), *(["pg"] if POSTGRES_URL in os.environ else [])]
CLASSES = {"sqlite": SqliteHuey, "redis": RedisHuey, "pg": PostgresHuey}

pytestmark = pytest.mark.parametrize("engine", ENGINES)


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A queue's address, and how to break the queue for good."""

    url: str
    break_it: Callable[[], None]


@pytest.fixture
def opened_engine(engine: str, tmp_path: Path) -> Iterator[Engine]:
    """An empty queue of a kind, of this test's own."""
    open_engine = {"sqlite": _sqlite, "redis": _redis, "pg": _postgres}[engine]
    with open_engine(tmp_path) as opened:
        yield opened


@contextmanager
def _sqlite(folder: Path) -> Iterator[Engine]:
    path = folder / "messages.sqlite3"

    def drop_tables() -> None:
        connection = sqlite3.connect(path)
        connection.execute("DROP TABLE task")
        connection.close()

    yield Engine(url=f"sqlite:///{path}", break_it=drop_tables)


@contextmanager
def _redis(folder: Path) -> Iterator[Engine]:
    program = services.find_redis()
    with ExitStack() as running:
        if program:
            url = running.enter_context(services.running_redis(program, folder))
        else:
            url = os.environ[REDIS_URL]
            redis.Redis.from_url(url).flushdb()
        yield Engine(url=url, break_it=running.close)


@contextmanager
def _postgres(folder: Path) -> Iterator[Engine]:
    name = f"queue_{os.getpid()}_{abs(hash(folder)) % 10**9}"
    drop = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
    with psycopg.connect(os.environ[POSTGRES_URL], autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')

        def drop_database() -> None:
            connection.execute(drop)

        yield Engine(url=postgres_url(name), break_it=drop_database)
        connection.execute(drop)


@pytest.fixture
def config(config: Config, opened_engine: Engine) -> Config:
    """The tool's settings, with this queue."""
    return replace(config, queue_url=opened_engine.url)


# PostgresHuey leaves each worker's listening connection to the garbage collector (Huey 3.5.4, storage.py).
left_open_by_huey = pytest.mark.filterwarnings("ignore:.*psycopg.Connection.*deleted while still open:ResourceWarning")


class ConsumerInThreads(Consumer):
    """Huey's consumer, which leaves the signals to pytest."""

    def _set_signal_handlers(self) -> None:
        pass


@contextmanager
def consuming(queue: Huey) -> Iterator[None]:
    """Let Huey's own consumer work on the queue."""
    consumer = ConsumerInThreads(queue, workers=2, periodic=False, initial_delay=0.02, max_delay=0.1)
    consumer.start()
    yield
    consumer.stop(graceful=True)


def wait_until_sent(*delivery_ids: int) -> None:
    """Wait until all of them are in the gradebook, at most ten seconds."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        states = [delivered(delivery_id).state for delivery_id in delivery_ids]
        db.session.rollback()
        if set(states) == {DeliveryState.SENT}:
            return
        time.sleep(0.05)


def a_waiting_score() -> int:
    """Return the id of a score that waits; no message tells of it."""
    row = DeliveryFactory()
    db.session.commit()
    return int(row.id)


def test_open_queue_when_given_an_address_then_opens_that_engine(engine: str, opened_engine: Engine) -> None:
    queue = open_queue(opened_engine.url)

    assert type(queue) is CLASSES[engine]
    assert (queue.name, queue.results, queue.utc, queue.immediate) == ("staffroom", False, True, False)
    queue.storage.close()


@left_open_by_huey
def test_commit_when_a_score_is_owed_then_the_consumer_sends_it(course: Course, queue: Huey) -> None:
    with consuming(queue):
        delivery_ids = [course.owe(person) for person in (TEACHER, OTHER_TEACHER)]
        wait_until_sent(*delivery_ids)

    assert [outcome(delivered(row)) for row in delivery_ids] == [(DeliveryState.SENT, None, 200, 1)] * 2
    assert sorted(course.posts()) == [(TEACHER, 200), (OTHER_TEACHER, 200)]
    assert queue.pending_count() == 0


@left_open_by_huey
def test_consumer_when_it_starts_then_sends_what_no_message_tells_of(course: Course, queue: Huey) -> None:
    delivery_id = course.owe()
    queue.flush()

    with consuming(queue):
        wait_until_sent(delivery_id)

    assert outcome(delivered(delivery_id)) == (DeliveryState.SENT, None, 200, 1)


def test_commit_when_not_done_yet_then_nothing_is_sent(app: Flask, queue: Huey) -> None:
    del app
    row = DeliveryFactory()
    wake(db.session(), delivery.TASK, row.id)
    before = queue.pending_count()

    db.session.commit()

    (message,) = queue.pending()
    assert (before, message.name, message.args) == (0, delivery.TASK, (row.id,))


def test_commit_when_done_twice_then_the_message_is_sent_once(app: Flask, queue: Huey) -> None:
    del app
    wake(db.session(), delivery.TASK, a_waiting_score())
    db.session.commit()

    db.session.scalar(select(ScoreDelivery.id))
    db.session.commit()

    assert queue.pending_count() == 1


def test_rollback_when_a_score_was_owed_then_sends_nothing_then_or_later(app: Flask, queue: Huey) -> None:
    del app
    row = DeliveryFactory()
    wake(db.session(), delivery.TASK, row.id)

    db.session.rollback()
    DeliveryFactory()
    db.session.commit()

    assert queue.pending_count() == 0
    assert len(stored(ScoreDelivery)) == 1


def test_savepoint_when_released_then_sends_only_with_the_commit(app: Flask, queue: Huey) -> None:
    del app
    with db.session.begin_nested():
        row = DeliveryFactory()
        wake(db.session(), delivery.TASK, row.id)
    before = queue.pending_count()

    db.session.commit()

    assert (before, queue.pending_count()) == (0, 1)


def test_savepoint_when_released_and_all_is_rolled_back_then_sends_nothing(app: Flask, queue: Huey) -> None:
    del app
    with db.session.begin_nested():
        wake(db.session(), delivery.TASK, DeliveryFactory().id)

    db.session.rollback()
    db.session.commit()

    assert queue.pending_count() == 0


def test_savepoint_when_rolled_back_then_takes_back_its_own_message_only(app: Flask, queue: Huey) -> None:
    del app
    kept = DeliveryFactory()
    wake(db.session(), delivery.TASK, kept.id)
    savepoint = db.session.begin_nested()
    wake(db.session(), delivery.TASK, DeliveryFactory(activity=kept.activity).id)

    savepoint.rollback()
    db.session.commit()

    assert [message.args for message in queue.pending()] == [(kept.id,)]


def test_commit_when_the_queue_is_broken_then_is_kept_all_the_same(app: Flask, opened_engine: Engine) -> None:
    del app
    row = DeliveryFactory()
    wake(db.session(), delivery.TASK, row.id)
    opened_engine.break_it()

    db.session.commit()

    assert [(kept.id, kept.state) for kept in stored(ScoreDelivery)] == [(row.id, DeliveryState.WAITING)]
    assert delivery.due_ids(db.session(), at=now()) == [row.id]


def test_open_queue_when_the_scheme_is_unknown_then_says_what_it_takes(engine: str) -> None:
    address = {"sqlite": "amqp://broker", "redis": "", "pg": "mysql://db/queue"}[engine]

    with pytest.raises(ValueError, match="it takes sqlite:///, redis:// or postgresql://") as raised:
        open_queue(address)

    assert f"“{urlsplit(address).scheme}:”" in str(raised.value)
