"""The database: declarative base, column types, and how each connection is set up."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, cast

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, CursorResult, DateTime, Dialect, Engine, Executable, MetaData, String, Table, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

SQLITE_BUSY_SECONDS = 20
LARGEST_ID = 2**31 - 1


class Base(DeclarativeBase):
    """Base of all tables; constraints get predictable names, so that a migration can drop them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base)


def table_of(model: type[Base]) -> Table:
    """Return the model's table, for `execute_plainly`."""
    return cast("Table", model.__table__)


def is_modelled(_thing: object, name: str | None, kind: str, _reflected: bool, _counterpart: object) -> bool:
    """Whether Alembic compares something with the models: not what the journal's search is made of.

    Its words stand in tables and a column that only SQLite's FTS5, or PostgreSQL, reads and writes; no model can
    declare them, and the ORM must not load them.
    """
    is_search_table = kind == "table" and (name or "").startswith("journal_search")
    return not is_search_table and (kind, name) not in {("column", "words"), ("index", "ix_journal_entry_words")}


def execute_plainly(session: Session, statement: Executable, parameters: dict[str, Any]) -> CursorResult[Any]:
    """Run a statement over tables in the session's transaction, past the ORM.

    For what every launch runs: it costs half of what the same statement over models does (benchmarks/).
    """
    return session.connection().execute(statement, parameters)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC: refuses naive values, and gives back aware ones from every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn the value into UTC; SQLite keeps no zone, so it goes in without one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment back with its zone."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Choice(TypeDecorator[StrEnum]):
    """A `StrEnum`, stored as its text; a value that the enum no longer has is an error, not a guess."""

    impl = String
    cache_ok = True

    def __init__(self, choices: type[StrEnum], length: int = 32) -> None:
        super().__init__(length)
        self.choices = choices

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        """Store the member's text; refuse any other."""
        del dialect
        return None if value is None else self.choices(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """Give the member back."""
        del dialect
        return None if value is None else self.choices(value)


def engine_options(url: str) -> dict[str, Any]:
    """Return SQLAlchemy's engine options for the database at `url`."""
    if url.startswith("sqlite"):
        # BEGIN IMMEDIATE at the first write: two writers queue up instead of failing half-way.
        connect_args = {"timeout": SQLITE_BUSY_SECONDS, "isolation_level": "IMMEDIATE"}
        return {"connect_args": connect_args, "hide_parameters": True}
    # hide_parameters: an error's text must not carry into a log what a person wrote.
    return {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 10, "hide_parameters": True}


@event.listens_for(Engine, "savepoint")
def _begin_before_savepoint(connection: Connection, _name: str) -> None:
    """Open the transaction first: to SQLite, a savepoint outside one is a transaction, and releasing it commits."""
    if connection.dialect.name == "sqlite" and not connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@event.listens_for(Engine, "connect")
def _prepare_connection(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        # FULL keeps the promise that a confirmed word survives a power cut.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()
