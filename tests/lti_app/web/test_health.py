"""Alive, and ready: what an operator's monitor asks."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from config import Config
from lti_app.db import db


def _ready(app: Flask) -> tuple[int, object]:
    answer = app.test_client().get("/readyz", base_url="https://localhost")
    return answer.status_code, answer.get_json()


def test_healthz_when_asked_then_alive_without_touching_the_database(app: Flask) -> None:
    db.session.execute(text("ALTER TABLE registration RENAME TO elsewhere"))
    db.session.commit()

    answer = app.test_client().get("/healthz", base_url="https://localhost")

    assert (answer.status_code, answer.get_json()) == (200, {"status": "alive"})
    assert answer.headers["Cache-Control"] == "no-store"


def test_readyz_when_all_is_well_then_ready(app: Flask) -> None:
    assert _ready(app) == (200, {"status": "ready", "failed": []})


def test_readyz_when_the_database_is_not_migrated_then_says_so(app: Flask) -> None:
    db.session.execute(text("ALTER TABLE registration RENAME TO elsewhere"))
    db.session.commit()

    assert _ready(app) == (503, {"status": "not ready", "failed": ["database"]})


def test_readyz_when_the_queue_is_away_then_says_so(config: Config, start: Callable[[Config], Flask]) -> None:
    app = start(replace(config, queue_url="redis://127.0.0.1:9/0"))

    found = _ready(app)

    assert found == (503, {"status": "not ready", "failed": ["queue"]})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("20260101T000000000000-abc.pem", b"rubbish"),
        ("20260101T000000000000-abc.pem", b""),
        ("mine.pem", b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"),
    ],
)
def test_readyz_when_a_key_is_damaged_then_says_so(
    config: Config, start: Callable[[Config], Flask], tmp_path: Path, name: str, content: bytes
) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / name).write_bytes(content)
    app = start(replace(config, keys_path=keys))

    found = _ready(app)

    assert found == (503, {"status": "not ready", "failed": ["keys"]})


def test_readyz_when_all_is_broken_then_names_each_part(
    config: Config, start: Callable[[Config], Flask], tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "mine.pem").write_bytes(b"rubbish")
    broken = replace(
        config,
        keys_path=keys,
        queue_url="redis://127.0.0.1:9/0",
        database_url=f"sqlite:///{tmp_path}/missing/db.sqlite3",
    )
    app = start(broken)

    found = _ready(app)

    assert found == (503, {"status": "not ready", "failed": ["database", "queue", "keys"]})
