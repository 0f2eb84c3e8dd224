"""Runs the migrations over the app's own engine, or over the connection that a test hands in."""

from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from lti_app.db import Choice, UtcDateTime, is_modelled

db = current_app.extensions["migrate"].db


def _render(kind: str, thing: Any, _context: Any) -> str | Literal[False]:
    """Write our column types as what they store, so that a migration does not depend on today's code."""
    if kind == "type" and isinstance(thing, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, Choice):
        return f"sa.String(length={thing.impl_instance.length})"
    return False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        # SQLite alters a table by making it anew.
        render_as_batch=True,
        render_item=_render,
        include_object=is_modelled,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _run_by_itself(connection: Connection) -> None:
    """Run without SQLite's foreign keys: it alters a table by making it anew, and rows of others point at it."""
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    _run(connection)
    connection.commit()
    if is_sqlite:
        astray = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        if astray:
            raise RuntimeError(f"After the migration {len(astray)} rows point at nothing.")


handed_in = context.config.attributes.get("connection")
if handed_in is not None:
    _run(handed_in)
else:
    with db.engine.connect() as connection:
        _run_by_itself(connection)
