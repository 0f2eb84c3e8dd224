"""Whether the tool is alive, and whether it can do its work."""

from flask import Blueprint, Flask, current_app
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from lti_app.db import db

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def alive() -> ResponseReturnValue:
    """Answer 200 as long as the process serves."""
    return {"status": "alive"}


@pages.get("/readyz")
def ready() -> ResponseReturnValue:
    """Answer 200 when database, queue and keys are usable, else 503 and which is not."""
    checks = {"database": _database, "queue": _queue, "keys": _keys}
    failed = [name for name, check in checks.items() if not check()]
    return {"status": "not ready" if failed else "ready", "failed": failed}, 503 if failed else 200


def _database() -> bool:
    try:
        db.session.execute(text("SELECT count(*) FROM registration"))
    except SQLAlchemyError:
        return False
    return True


def _queue() -> bool:
    try:
        current_app.extensions["staffroom_queue"].pending_count()
    except Exception:  # noqa: BLE001 - each engine has errors of its own; all of them mean: not ready
        return False
    return True


def _keys() -> bool:
    try:
        return bool(current_app.extensions["staffroom_keys"].keys)
    except (OSError, ValueError, TypeError):
        return False


def register(app: Flask) -> None:
    """Add the pages."""
    app.register_blueprint(pages)
