"""Starting and stopping the tools that are measured, each served by Granian in the same way."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cpu import cpu_seconds, ticked_cpu_seconds
from lti_app.cli.serving import THREADS_PER_PROCESS

ROOT = Path(__file__).resolve().parent.parent
_READY_SECONDS, _STOP_SECONDS = 30, 10


class ServerError(Exception):
    """A server did not start, or went away; the message holds the end of its log."""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A tool to measure: its name in the table, its application factory, and what it is told."""

    name: str
    factory: str
    port: int
    environment: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running tool."""

    tool: Tool
    pid: int

    def cpu_seconds(self) -> float:
        """Return the processor time that it has used so far."""
        return cpu_seconds(self.pid)

    def ticked_cpu_seconds(self) -> float:
        """Return the same, coarsely; see `benchmarks.cpu`."""
        return ticked_cpu_seconds(self.pid)


@contextmanager
def running_server(tool: Tool, *, folder: Path) -> Iterator[Server]:
    """Serve the tool until the block is left; its log goes into the folder.

    Raises:
        ServerError: It does not answer within half a minute.
    """
    log = folder / f"{tool.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            _granian(tool),
            cwd=ROOT,
            env=clean_environment(tool.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_listening(process, tool, log)
        yield Server(tool=tool, pid=process.pid)
        if process.poll() is not None:
            raise ServerError(f"{tool.name} stopped on its own.\n{last_lines(log)}")
    finally:
        _stop(process)


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def clean_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with the settings, and without those meant for another Staffroom."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STAFFROOM_")}
    return {**kept, **settings}


def last_lines(log: Path) -> str:
    """Return the end of a log."""
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-20:])


def _granian(tool: Tool) -> list[str]:
    """Return the command that `flask serve` runs; see `lti_app.cli`."""
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--host", "127.0.0.1",
        "--port", str(tool.port), "--workers", "1", "--no-ws", "--blocking-threads", str(THREADS_PER_PROCESS),
        tool.factory,
    ]  # fmt: skip


def _wait_until_listening(process: subprocess.Popen[bytes], tool: Tool, log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with suppress(OSError), socket.create_connection(("127.0.0.1", tool.port), timeout=1):
            return
        time.sleep(0.1)
    raise ServerError(f"{tool.name} did not start.\n{last_lines(log)}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop Granian gently, then whatever is left of its session."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
