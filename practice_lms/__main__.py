"""`python -m practice_lms`: serve the practice LMS until Ctrl-C."""

import argparse
import signal
import sys
from pathlib import Path
from threading import Event

from practice_lms.server import PortTakenError, serve
from practice_lms.settings import Settings
from practice_lms.state_file import DamagedStateFileError


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted; return the exit code: 1 when it cannot start."""
    parser = argparse.ArgumentParser(prog="python -m practice_lms", description=__doc__)
    parser.add_argument("--port", type=int, default=9000, help="port on 127.0.0.1 (default 9000)")
    parser.add_argument("--tool-url", default="http://localhost:8000", help="where the tool is served")
    parser.add_argument("--state-file", type=Path, help="keep the course in this file between runs")
    chosen = parser.parse_args(arguments)
    settings = Settings(tool_url=chosen.tool_url.rstrip("/"), state_file=chosen.state_file)
    stop = Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, lambda *_: stop.set())
    try:
        with serve(settings, port=chosen.port) as running:
            sys.stdout.write(f"Practice LMS at {running.url}, for the tool at {settings.tool_url}\n")
            sys.stdout.flush()
            stop.wait()
    except PortTakenError as error:
        sys.stderr.write(f"{error} Choose another one with --port.\n")
        return 1
    except DamagedStateFileError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
