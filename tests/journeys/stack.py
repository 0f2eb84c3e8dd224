"""A whole Staffroom in processes of its own, beside a practice LMS: started, killed and started again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from practice_lms.server import RunningLms
from tests.journeys.process import CLOCK_AHEAD, KILL_AT, MARKER

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 40


@dataclass
class Stack:
    """The tool's two processes on one database, and the LMS that they talk to."""

    lms: RunningLms
    port: int
    environment: dict[str, str]
    folder: Path
    web: subprocess.Popen[bytes] | None = None
    worker: subprocess.Popen[bytes] | None = None
    starts: int = field(default=0)

    @property
    def url(self) -> str:
        """Where the tool is served."""
        return f"http://localhost:{self.port}"

    def start_web(self, *, kill_at: str | None = None) -> None:
        """Serve the tool with Granian, as `flask serve` does, and wait until it is ready."""
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--host", "127.0.0.1"]
        target = "tests.journeys.process:create_app"
        self.web = self._start([*command, "--port", str(self.port), "--no-ws", target], kill_at=kill_at)
        wait_for(lambda: _is_ready(self.url), seconds=READY_SECONDS, what=self.log)

    def start_worker(self, *, kill_at: str | None = None, clock_ahead: int = 0) -> None:
        """Start the worker, as `flask worker` does."""
        command = [sys.executable, "-m", "tests.journeys.process"]
        self.worker = self._start(command, kill_at=kill_at, clock_ahead=clock_ahead)

    def kill_web(self) -> None:
        """Kill the server and its children, without a word of warning."""
        _kill(self.web)
        self.web = None

    def kill_worker(self) -> None:
        """Kill the worker likewise."""
        _kill(self.worker)
        self.worker = None

    def was_killed(self) -> bool:
        """Whether the line was reached at which a process was to die."""
        return Path(self.environment[MARKER]).exists()

    def gradebook(self) -> list[dict[str, Any]]:
        """Return what the LMS's gradebook holds."""
        rows: list[dict[str, Any]] = requests.get(f"{self.lms.url}/api/gradebook", timeout=10).json()
        return rows

    def log(self) -> str:
        """Return the last lines of every process, for a failing test."""
        return "\n".join(path.read_text()[-2000:] for path in sorted(self.folder.glob("process-*.log")))

    def _start(self, command: list[str], *, kill_at: str | None, clock_ahead: int = 0) -> subprocess.Popen[bytes]:
        self.starts += 1
        environment = {**self.environment, KILL_AT: kill_at or "", CLOCK_AHEAD: str(clock_ahead)}
        with (self.folder / f"process-{self.starts}.log").open("wb") as log:
            return subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )


@contextmanager
def running_stack(lms: RunningLms, *, port: int, environment: dict[str, str], folder: Path) -> Iterator[Stack]:
    """Yield a stack with nothing started yet; whatever was started is killed at the end."""
    flask = [sys.executable, "-m", "flask", "--app", "lti_app.app"]
    environment = {**os.environ, **environment, MARKER: str(folder / "killed")}
    registration = {
        "--issuer": lms.url,
        "--client-id": lms.settings.client_id,
        "--auth-url": f"{lms.url}/lti/auth",
        "--token-url": lms.settings.token_url,
        "--jwks-url": f"{lms.url}/lti/jwks.json",
        "--deployment-id": lms.settings.deployment_id,
    }
    words = [word for pair in registration.items() for word in pair]
    subprocess.run([*flask, "platform", "add", *words], cwd=ROOT, env=environment, check=True, capture_output=True)
    stack = Stack(lms=lms, port=port, environment=environment, folder=folder)
    try:
        yield stack
    finally:
        stack.kill_web()
        stack.kill_worker()


def wait_for(is_so: Callable[[], bool], *, seconds: float, what: Callable[[], str]) -> None:
    """Wait until something is so; fail with `what()` when it is not in time."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError(f"not so within {seconds} s:\n{what()}")
        time.sleep(0.05)


def _kill(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _is_ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/readyz", timeout=2).ok
    except requests.RequestException:
        return False
