"""One token for all workers: threads, and processes that start together."""

import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import time_machine
from flask import Flask
from sqlalchemy import Engine, select

from config import Config
from lti_app import tasks
from lti_app.clock import now
from lti_app.db import db
from lti_app.errors import PlatformUnavailable
from lti_app.lti import tokens
from lti_app.lti.connector import Lti
from lti_app.lti.tokens import FetchedToken, TokenShelf
from lti_app.models.platform import AccessToken
from practice_lms.server import RunningLms
from tests.factories import RegistrationFactory
from tests.lti_app.gradebook.course import Course
from tests.lti_app.lti.launching import call, services_called
from tests.visitor import OTHER_TEACHER, TEACHER, THIRD_TEACHER

ROOT = Path(__file__).parents[3]
HOUR = timedelta(hours=1)
PEOPLE = [TEACHER, OTHER_TEACHER, THIRD_TEACHER, "105", "106", "107"]


@pytest.fixture
def shelf(app: Flask) -> TokenShelf:
    """The place of a token that nobody has asked for yet."""
    del app
    row = RegistrationFactory()
    db.session.commit()
    return TokenShelf(engine=db.engine, registration_id=row.id, scopes="a b")


@pytest.fixture
def polled(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set as soon as a worker waits for another one's token."""
    event, sleep = threading.Event(), time.sleep

    def note_and_sleep(seconds: float) -> None:
        event.set()
        sleep(seconds)

    monkeypatch.setattr(tokens, "time", SimpleNamespace(sleep=note_and_sleep))
    return event


def _rows() -> list[tuple[str, datetime, datetime | None]]:
    db.session.rollback()
    return [(row.token, row.expires_at, row.leased_until) for row in db.session.scalars(select(AccessToken))]


def _lease(engine: Engine, shelf: TokenShelf, *, until: datetime) -> None:
    """Let another process have the lease."""
    del engine
    row = AccessToken(
        registration_id=shelf.registration_id, scopes=shelf.scopes, token="", expires_at=now(), leased_until=until
    )
    db.session.add(row)
    db.session.commit()


def _put(token: str, *, expires_at: datetime) -> None:
    """Let the other process end its fetch."""
    row = db.session.scalars(select(AccessToken)).one()
    row.token, row.expires_at, row.leased_until = token, expires_at, None
    db.session.commit()


def _never() -> FetchedToken:
    raise AssertionError("another worker asks already")


def test_workers_when_two_processes_start_together_then_the_platform_is_asked_for_one_token(
    config: Config, course: Course, lms: RunningLms
) -> None:
    for person in PEOPLE:
        course.owe(person)
    call(lms, "faults", {"kind": "token", "fault": "slow", "times": 1, "delay_seconds": 4.0})
    environment = {
        **os.environ,
        "STAFFROOM_PUBLIC_URL": config.public_url,
        "STAFFROOM_DATABASE_URL": config.database_url,
        "STAFFROOM_QUEUE_URL": config.huey_url,
        "STAFFROOM_SECRET_KEY": config.secret_key,
        "STAFFROOM_INSTANCE_PATH": str(config.instance_path),
        "STAFFROOM_KEYS_PATH": str(config.keys_path),
        "STAFFROOM_ALLOW_PRIVATE_PLATFORMS": "1",
    }
    logs = [config.instance_path / f"worker-{number}.log" for number in range(2)]
    # Each worker takes four scores at once, and the first token takes longer than a worker needs to start.
    workers = [_start_worker(environment, log) for log in logs]

    deadline = time.monotonic() + 60
    while len(course.grades()) < len(PEOPLE) and time.monotonic() < deadline:
        time.sleep(0.1)
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.wait(30)

    assert sorted(course.grades()) == [(person, 1, "Completed in Staffroom.") for person in sorted(PEOPLE)]
    assert services_called(lms).count("token") == 1
    assert ["score_sent" in log.read_text() for log in logs] == [True, True]


def _start_worker(environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "flask", "--app", "lti_app.app", "worker"]
    with log.open("wb") as file:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=subprocess.STDOUT)


def test_token_when_another_process_asks_for_it_then_waited_for(shelf: TokenShelf, polled: threading.Event) -> None:
    _lease(db.engine, shelf, until=now() + HOUR)
    got: list[str] = []
    waiting = threading.Thread(target=lambda: got.append(shelf.token(_never)))
    waiting.start()
    polled.wait(20)
    before = list(got)

    _put("theirs", expires_at=now() + HOUR)
    waiting.join(10)

    assert (before, got) == ([], ["theirs"])


def test_token_when_the_other_process_gets_one_that_ends_soon_then_used_while_it_is_new(
    shelf: TokenShelf, polled: threading.Event
) -> None:
    _lease(db.engine, shelf, until=now() + HOUR)
    got: list[str] = []
    waiting = threading.Thread(target=lambda: got.append(shelf.token(_never)))
    waiting.start()
    polled.wait(20)

    _put("short", expires_at=now() - timedelta(seconds=1))
    waiting.join(10)

    assert got == ["short"]


def test_token_when_the_other_process_was_killed_then_taken_over_after_its_lease(shelf: TokenShelf) -> None:
    _lease(db.engine, shelf, until=now() + timedelta(seconds=0.4))
    started = time.monotonic()

    token = shelf.token(lambda: FetchedToken(token="ours", lifetime=HOUR))

    assert token == "ours"
    assert time.monotonic() - started > 0.3
    assert [(row[0], row[2]) for row in _rows()] == [("ours", None)]


def test_token_when_the_other_process_gets_none_then_not_asked_for_again_at_once(shelf: TokenShelf) -> None:
    def fetch() -> FetchedToken:
        time.sleep(0.5)
        raise PlatformUnavailable("down")

    failed: list[str] = []

    def ask(by: TokenShelf) -> None:
        try:
            by.token(fetch)
        except PlatformUnavailable as error:
            failed.append(str(error))

    first = threading.Thread(target=ask, args=(shelf,))
    first.start()
    while not _rows():
        time.sleep(0.01)
    # A process of its own has a lock of its own.
    tokens._fetching.pop(shelf.registration_id)  # noqa: SLF001
    ask(shelf)
    first.join(10)

    assert sorted(failed) == ["another worker got no token just now", "down"]
    assert _rows() == []


def test_token_when_the_platform_gives_none_then_the_next_worker_may_ask(shelf: TokenShelf) -> None:
    def fail() -> FetchedToken:
        raise PlatformUnavailable("down")

    with pytest.raises(PlatformUnavailable, match=r"^down$"):
        shelf.token(fail)

    assert shelf.token(lambda: FetchedToken(token="ours", lifetime=HOUR)) == "ours"


def test_forget_when_another_has_taken_its_place_then_that_one_stays(shelf: TokenShelf) -> None:
    shelf.token(lambda: FetchedToken(token="new", lifetime=HOUR))

    shelf.forget("old")
    known = shelf.token(_never)
    shelf.forget("new")

    assert known == "new"
    assert _rows() == []


def test_forget_when_the_next_one_is_being_fetched_then_its_lease_stays(shelf: TokenShelf) -> None:
    until = now() + HOUR
    _lease(db.engine, shelf, until=until)

    shelf.forget("")

    assert [row[2] for row in _rows()] == [until]


def test_remove_old_secrets_when_tokens_ended_long_ago_then_removes_those(shelf: TokenShelf, lti: Lti) -> None:
    moment = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    for name, days in (("old", 1.01), ("ended", 0.99), ("good", -0.01)):
        expires_at = moment - timedelta(days=days)
        db.session.add(
            AccessToken(registration_id=shelf.registration_id, scopes=name, token=name, expires_at=expires_at)
        )
    db.session.commit()

    with time_machine.travel(moment, tick=False):
        tasks.remove_old_secrets(lti.keys)

    assert sorted(row[0] for row in _rows()) == ["ended", "good"]
