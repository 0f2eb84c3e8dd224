"""A worker that is really killed while it looks for a column or makes one: the next one finds it, and there is one."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from config import Config
from lti_app.clock import now
from lti_app.db import db
from lti_app.gradebook import delivery
from lti_app.lti.line_items import LINE_ITEM_SCOPE
from tests.factories import ActivityFactory, ContextFactory, DeploymentFactory, RegistrationFactory, UserFactory
from tests.journeys.process import CLOCK_AHEAD, KILL_AT, MARKER
from tests.lti_app.gradebook.columns import Columns, serve_columns

ROOT = Path(__file__).parents[3]
LEASE_IS_OVER = 300
LINES = [
    "lti_app.gradebook.line_item:make:call",
    "lti_app.lti.line_items:make_line_item:return",
    "lti_app.gradebook.line_item:record_found:return",
]


@pytest.fixture
def columns() -> Iterator[Columns]:
    with serve_columns() as running:
        yield running


@pytest.mark.parametrize("line", LINES)
def test_worker_when_killed_around_a_column_then_the_next_one_sends_the_score_to_the_only_one(
    app: Flask, config: Config, columns: Columns, line: str
) -> None:
    del app
    _owe(columns)
    first = _start_worker(config, kill_at=line)
    _wait_for((config.instance_path / "killed").exists)
    first.wait(20)

    second = _start_worker(config, clock_ahead=LEASE_IS_OVER)
    _wait_for(lambda: bool(columns.scores))
    second.terminate()
    second.wait(30)

    assert first.returncode == -9
    assert [column["resourceLinkId"] for column in columns.columns] == ["link-9"]
    assert columns.scores == [(columns.columns[0]["id"], "t-7")]


def _owe(columns: Columns) -> None:
    """Owe a person a score in an activity without a column."""
    registration = RegistrationFactory(issuer=columns.bare.url)
    activity = ActivityFactory(
        context=ContextFactory(deployment=DeploymentFactory(registration=registration)),
        resource_link_id_on_platform="link-9",
        line_item_url=None,
        line_items_url=columns.url,
        ags_scopes=LINE_ITEM_SCOPE,
    )
    user = UserFactory(registration_id=registration.id, sub="t-7")
    delivery.owe_score(db.session(), activity, user_id=user.id, at=now())
    db.session.commit()


def _start_worker(config: Config, *, kill_at: str = "", clock_ahead: int = 0) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "STAFFROOM_PUBLIC_URL": config.public_url,
        "STAFFROOM_DATABASE_URL": config.database_url,
        "STAFFROOM_SECRET_KEY": config.secret_key,
        "STAFFROOM_INSTANCE_PATH": str(config.instance_path),
        "STAFFROOM_KEYS_PATH": str(config.keys_path),
        "STAFFROOM_ALLOW_PRIVATE_PLATFORMS": "1",
        MARKER: str(config.instance_path / "killed"),
        KILL_AT: kill_at,
        CLOCK_AHEAD: str(clock_ahead),
    }
    with (config.instance_path / f"worker-{clock_ahead}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.journeys.process"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _wait_for(is_so: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "not so in time"
        time.sleep(0.05)
