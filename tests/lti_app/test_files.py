"""Files go with their transaction: kept by its commit, gone with whatever else ends it."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_app.db import db
from lti_app.files import CHUNK, Folder, TooLarge

FOLDER = Folder("tests")
CONTENT = bytes(range(256)) * 600


def write(session: Session) -> str:
    """Keep a file in the session's transaction, which has begun; return its name."""
    session.execute(text("SELECT 1"))
    return FOLDER.keep(session, io.BytesIO(CONTENT), most=len(CONTENT)).name


def names() -> list[str]:
    """Return what is in the folder."""
    return [path.name for path in FOLDER.path.iterdir()] if FOLDER.path.exists() else []


@pytest.mark.usefixtures("app")
def test_file_when_committed_then_stays_whole() -> None:
    name = write(db.session())

    db.session.commit()

    path = FOLDER.find(name)
    assert path
    assert (path.read_bytes(), names()) == (CONTENT, [name])


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("end", [Session.rollback, Session.close])
def test_file_when_the_transaction_ends_otherwise_then_is_gone(end: Callable[[Session], None]) -> None:
    write(db.session())

    end(db.session())
    db.session.commit()

    assert names() == []


@pytest.mark.usefixtures("app")
def test_file_when_removed_then_is_there_until_the_commit() -> None:
    name = write(db.session())
    db.session.commit()
    db.session.execute(text("SELECT 1"))

    FOLDER.remove_after_commit(db.session(), [name])
    before = names()
    db.session.commit()

    assert (before, names()) == ([name], [])


@pytest.mark.usefixtures("app")
def test_file_when_its_removal_is_rolled_back_then_stays() -> None:
    name = write(db.session())
    db.session.commit()
    db.session.execute(text("SELECT 1"))

    FOLDER.remove_after_commit(db.session(), [name])
    db.session.rollback()
    db.session.execute(text("SELECT 1"))
    db.session.commit()

    assert names() == [name]


@pytest.mark.usefixtures("app")
def test_file_when_a_savepoint_ends_within_then_waits_for_the_whole_transaction() -> None:
    session = db.session()
    name = write(session)
    session.commit()
    session.execute(text("SELECT 1"))
    FOLDER.remove_after_commit(session, [name])

    with session.begin_nested():
        in_savepoint = write(session)
    after_release = sorted(names())
    session.begin_nested().rollback()
    after_rollback = sorted(names())
    session.commit()

    assert after_release == after_rollback == sorted([name, in_savepoint])
    assert names() == [in_savepoint]


@pytest.mark.usefixtures("app")
def test_file_when_its_removal_is_asked_for_within_a_savepoint_then_is_left_to_the_sweep() -> None:
    name = write(db.session())
    db.session.commit()

    with db.session.begin_nested():
        FOLDER.remove_after_commit(db.session(), [name])
    db.session.commit()

    assert names() == [name]


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("size", [1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_file_when_one_byte_too_long_then_nothing_is_left_of_it(size: int) -> None:
    with pytest.raises(TooLarge):
        FOLDER.keep(db.session(), io.BytesIO(bytes(size)), most=size - 1)

    assert names() == []


@pytest.mark.parametrize("name", ["", "..", "../secret-key", "a" * 31, "A" * 32, "/etc/passwd", "a" * 32 + "\n"])
def test_file_when_its_name_is_none_of_ours_then_is_not_found(app: Flask, name: str) -> None:
    (Path(app.instance_path) / "attachments" / "tests").mkdir(parents=True)
    (Path(app.instance_path) / "attachments" / "secret-key").write_text("secret")

    assert FOLDER.find(name) is None
