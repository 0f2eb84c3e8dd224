"""The tool's processes as tests run them: they can be told to die at a line of the code, and what time it is.

Nothing of the tool is replaced. A profile function watches which function is called or returns, and sends its own
process a SIGKILL there, once: the marker file says that it happened.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import time_machine
from flask import Flask
from huey.consumer import Consumer

from lti_app import app as tool
from lti_app.cli.serving import POLL_SECONDS

KILL_AT, MARKER, CLOCK_AHEAD = "TEST_KILL_AT", "TEST_KILL_MARKER", "TEST_CLOCK_AHEAD"
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def create_app() -> Flask:
    """Return the tool for Granian; each request is watched."""
    _move_clock()
    app = tool.create_app()
    watch = _watch()
    if watch is not None:
        inner = app.wsgi_app

        def watched(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            # Granian's threads do not come from `threading`, so each request sets its own.
            sys.setprofile(watch)
            return inner(environ, start_response)

        app.wsgi_app = watched  # type: ignore[method-assign]
    return app


def work() -> None:
    """Run the worker."""
    _move_clock()
    app = tool.create_app()
    if (watch := _watch()) is not None:
        threading.setprofile(watch)
    Consumer(app.extensions["staffroom_queue"], workers=2, max_delay=POLL_SECONDS).run()


def _watch() -> Callable[[FrameType, str, Any], None] | None:
    """Return what looks for `module:function:event` and kills there; None where nothing was asked for."""
    wanted = os.environ.get(KILL_AT)
    if not wanted:
        return None
    module, function, event_wanted = wanted.split(":")
    marker = Path(os.environ[MARKER])

    def look(frame: FrameType, event: str, _argument: Any) -> None:
        is_there = frame.f_code.co_name == function and frame.f_globals.get("__name__") == module
        if event == event_wanted and is_there and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    return look


def _move_clock() -> None:
    ahead = int(os.environ.get(CLOCK_AHEAD, "0"))
    if ahead:
        time_machine.travel(datetime.now(UTC) + timedelta(seconds=ahead), tick=True).start()


if __name__ == "__main__":
    work()
