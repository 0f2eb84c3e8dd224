"""Empty, migrated databases for tests: each SQLite file a copy, each PostgreSQL database used again once it is clean.

To drop a PostgreSQL database waits for all that was written to any of them; to empty one does not.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg

POSTGRES_URL = "STAFFROOM_TEST_POSTGRES_URL"
_EMPTY = "TRUNCATE {} RESTART IDENTITY CASCADE"
_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
# The revision, and names and ids of tables and columns: those of the template, until a test makes one anew.
_SHAPE = """SELECT concat((SELECT string_agg(version_num, ',') FROM alembic_version), md5(string_agg(
        concat_ws(':', attrelid, relname, attnum, attname, atttypid), ',' ORDER BY attrelid, attnum)))
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace"""
_END_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = %s AND pid <> pg_backend_pid()"""


@dataclass
class Databases:
    """What one worker has of them; `migrate` brings an empty one, named by its address, up to date."""

    folder: Path
    migrate: Callable[[str, Path], None]
    _templates: dict[str, str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)
    _clean: list[str] = field(default_factory=list)
    _shape: str = ""

    def take(self, kind: str, folder: Path) -> str:
        """Return the address of a database that holds nothing; a SQLite one lies in the folder."""
        name = f"t{os.getpid()}_{next(self._numbers)}"
        if kind == "sqlite":
            shutil.copyfile(self._template_file(), folder / f"{name}.sqlite3")
            return f"sqlite:///{folder / name}.sqlite3"
        if self._clean:
            return postgres_url(self._clean.pop())
        _sql(f'CREATE DATABASE "{name}" TEMPLATE "{self._template_database()}"')
        return postgres_url(name)

    def give_back(self, url: str) -> None:
        """Empty a PostgreSQL database for the next test; one whose tables are other ones now is dropped."""
        name = url.rpartition("/")[2]
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_END_OTHERS, (name,))
            if is_as_made := _shape(connection) == self._shape:
                _empty(connection)
        if is_as_made:
            self._clean.append(name)
        else:
            _sql(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _template_file(self) -> str:
        if "sqlite" not in self._templates:
            path = self.folder / "template.sqlite3"
            self.migrate(f"sqlite:///{path}", self.folder)
            with sqlite3.connect(path) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()
            self._templates["sqlite"] = str(path)
        return self._templates["sqlite"]

    def _template_database(self) -> str:
        if "postgresql" not in self._templates:
            name = f"template_{os.getpid()}"
            _sql(f'CREATE DATABASE "{name}"')
            self.migrate(postgres_url(name), self.folder)
            with psycopg.connect(postgres_url(name), autocommit=True) as connection:
                self._shape = _shape(connection)
            self._templates["postgresql"] = name
        return self._templates["postgresql"]


def postgres_url(name: str) -> str:
    """Return the address of a database of the tests' cluster."""
    return os.environ[POSTGRES_URL].rpartition("/")[0] + "/" + name


def _shape(connection: psycopg.Connection[tuple[str]]) -> str:
    """Return what tells whether revision, tables and columns are still those that the template had."""
    try:
        row = connection.execute(_SHAPE).fetchone()
    except psycopg.errors.UndefinedTable:
        return ""
    return row[0] if row else ""


def _empty(connection: psycopg.Connection[tuple[str]]) -> None:
    tables = [name for (name,) in connection.execute(_TABLES) if name != "alembic_version"]
    connection.execute(_EMPTY.format(", ".join(f'"{name}"' for name in tables)).encode())


def _sql(statement: str) -> None:
    with psycopg.connect(os.environ[POSTGRES_URL], autocommit=True) as connection:
        connection.execute(statement.encode())
