"""Column types, and how each database is set up."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from flask import Flask
from sqlalchemy import Column, Connection, Integer, MetaData, Table, insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from lti_app.db import Base, Choice, UtcDateTime, db, engine_options
from lti_app.models.people import Membership, Role


class Colour(StrEnum):
    """Two colours."""

    RED = "red"
    BLUE = "blue"


TABLE = Table(
    "typed",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime),
    Column("colour", Choice(Colour)),
)


@pytest.fixture
def connection(app: Flask) -> Iterator[Connection]:
    """A connection with a table of both column types, which goes with the connection's transaction."""
    del app
    with db.engine.connect() as opened:
        TABLE.create(opened)
        yield opened
        opened.rollback()


def kept(connection: Connection, **values: object) -> tuple[object, object]:
    """Store a row and return what comes back."""
    connection.execute(insert(TABLE).values(**values))
    row = connection.execute(select(TABLE.c.at, TABLE.c.colour)).one()
    return row.at, row.colour


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 9, 1, 9, 42, 7, 123456, tzinfo=UTC),
        datetime(2026, 9, 1, 9, 42, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=-10))),
        datetime(1900, 1, 1, tzinfo=UTC),
        datetime(9998, 12, 31, tzinfo=UTC),
    ],
    ids=str,
)
def test_moment_when_stored_then_comes_back_as_the_same_one_in_utc(connection: Connection, moment: datetime) -> None:
    at, _ = kept(connection, at=moment)

    assert isinstance(at, datetime)
    assert (at, at.tzinfo) == (moment, UTC)


def test_moment_when_there_is_none_then_stays_none(connection: Connection) -> None:
    assert kept(connection, at=None, colour=None) == (None, None)


def test_moment_when_it_has_no_zone_then_is_refused(connection: Connection) -> None:
    with pytest.raises(StatementError, match="a datetime without a time zone cannot be stored"):
        kept(connection, at=datetime(2026, 9, 1, 9, 42))  # noqa: DTZ001 (that is what is refused)


def test_moment_when_compared_with_another_zones_then_is_compared_as_a_moment(connection: Connection) -> None:
    kept(connection, at=datetime(2026, 9, 1, 12, tzinfo=UTC))
    same = datetime(2026, 9, 1, 14, tzinfo=timezone(timedelta(hours=2)))

    found = connection.scalars(select(TABLE.c.id).where(TABLE.c.at <= same, TABLE.c.at >= same)).all()

    assert found == [1]


@pytest.mark.parametrize("colour", [Colour.BLUE, "blue"])
def test_choice_when_stored_then_comes_back_as_the_member(connection: Connection, colour: str) -> None:
    _, found = kept(connection, colour=colour)

    raw = connection.scalar(text("SELECT colour FROM typed"))
    assert found is Colour.BLUE
    assert raw == "blue"


@pytest.mark.parametrize("colour", ["green", "RED", ""])
def test_choice_when_it_is_none_of_them_then_is_refused(connection: Connection, colour: str) -> None:
    with pytest.raises(StatementError, match="is not a valid Colour"):
        kept(connection, colour=colour)


def test_choice_when_the_enum_no_longer_has_it_then_is_an_error_and_not_a_guess(connection: Connection) -> None:
    connection.execute(text("INSERT INTO typed (id, colour) VALUES (1, 'green')"))

    with pytest.raises(ValueError, match="'green' is not a valid Colour"):
        connection.execute(select(TABLE.c.colour)).all()


def test_foreign_key_when_it_points_nowhere_then_is_refused(app: Flask) -> None:
    del app
    db.session.add(Membership(context_id=4711, user_id=4711, role=Role.TEACHER))

    with pytest.raises(IntegrityError):
        db.session.flush()

    db.session.rollback()


def test_constraints_when_made_then_all_have_predictable_names() -> None:
    tables = Base.metadata.tables.values()

    names = [str(constraint.name) for table in tables for constraint in table.constraints]
    names += [str(index.name) for table in tables for index in table.indexes]

    assert len(names) > len(tables)
    assert [name for name in names if name.partition("_")[0] not in {"pk", "fk", "uq", "ck", "ix"}] == []


@pytest.mark.parametrize("database", ["sqlite"])
def test_connection_when_on_sqlite_then_is_safe_against_a_power_cut_and_checks_keys(app: Flask) -> None:
    del app
    names = ("journal_mode", "foreign_keys", "synchronous")

    settings = {name: db.session.scalar(text(f"PRAGMA {name}")) for name in names}

    assert settings == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2}


def test_engine_options_when_on_sqlite_then_writers_queue_up() -> None:
    assert engine_options("sqlite:///x.sqlite3") == {
        "connect_args": {"timeout": 20, "isolation_level": "IMMEDIATE"},
        "hide_parameters": True,
    }


def test_engine_options_when_on_postgresql_then_connections_are_tried_before_use() -> None:
    options = engine_options("postgresql+psycopg://staffroom@db/staffroom")

    assert options == {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 10, "hide_parameters": True}
