"""The queue that wakes workers: it carries a task's name and an id, after the commit, and may lose both.

Nothing depends on a message arriving. What has to be done stands in the database, and a sweep finds it.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import structlog
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

log = structlog.get_logger()
_WAITING, _MARKS = "staffroom_wakes", "staffroom_wakes_before_savepoint"


def open_queue(url: str) -> Huey:
    """Return the queue at `url`: `sqlite:///path`, `redis://…` or `postgresql://…`.

    Raises:
        ValueError: The scheme is none of these.
    """
    # No result store: a task's outcome stands in the database.
    common: dict[str, Any] = {"name": "staffroom", "results": False, "utc": True}
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        return SqliteHuey(filename=url.removeprefix("sqlite:///"), **common)
    if scheme in {"redis", "rediss", "unix"}:
        return RedisHuey(url=url, **common)
    if scheme in {"postgres", "postgresql"}:
        return PostgresHuey(dsn=url, **common)
    raise ValueError(f"STAFFROOM_QUEUE_URL starts with “{scheme}:”; it takes sqlite:///, redis:// or postgresql://.")


def wake(session: Session, task: str, row_id: int) -> None:
    """Ask a worker to run `task` for the row, as soon as (and only if) this transaction commits."""
    session.info.setdefault(_WAITING, []).append((task, row_id))


def send_after_commit(session_factory: Any, send: Callable[[str, int], None]) -> None:
    """Hand every `wake` to `send` after its commit; forget it when the transaction is rolled back."""

    @event.listens_for(session_factory, "after_commit")
    def _send(session: Session) -> None:
        if session.in_nested_transaction():
            return  # a savepoint was released; nothing is committed yet
        for task, row_id in session.info.pop(_WAITING, []):
            try:
                send(task, row_id)
            except Exception:
                log.warning("wake_failed", task=task, row_id=row_id, exc_info=True)

    @event.listens_for(session_factory, "after_transaction_create")
    def _remember(session: Session, transaction: SessionTransaction) -> None:
        if transaction.nested:
            marks = session.info.setdefault(_MARKS, {})
            marks[transaction] = len(session.info.get(_WAITING, []))

    @event.listens_for(session_factory, "after_rollback")
    def _forget(session: Session) -> None:
        # A savepoint takes back what was asked for within it; the transaction around it keeps its own.
        savepoint = session.get_nested_transaction()
        kept = session.info.get(_MARKS, {}).get(savepoint, 0) if savepoint else 0
        del session.info.get(_WAITING, [])[kept:]

    @event.listens_for(session_factory, "after_transaction_end")
    def _drop_mark(session: Session, transaction: SessionTransaction) -> None:
        session.info.get(_MARKS, {}).pop(transaction, None)
