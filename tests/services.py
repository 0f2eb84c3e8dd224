"""Programs that the tests start for themselves: a PostgreSQL cluster and a Redis, each in a folder of its own."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_POSTGRES_OPTIONS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"


def find_chromium() -> str | None:
    """Return the path of an installed Chromium or Chrome."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def find_postgres() -> Path | None:
    """Return the folder of PostgreSQL's server programs, the newest where there are several."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    folders = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(folders, key=lambda path: int(path.parts[-3]), default=None)
    return newest.parent if newest else None


def find_redis() -> str | None:
    """Return the path of an installed Redis server."""
    return shutil.which("redis-server")


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextmanager
def running_postgres(programs: Path, folder: Path) -> Iterator[str]:
    """Run a cluster of our own in the folder; yields the address of its maintenance database."""
    owner = _owner(folder)
    port = free_port()
    _run([programs / "initdb", "-D", folder / "db", "-U", "staffroom", "-A", "trust", "-E", "UTF8"], owner)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' {_POSTGRES_OPTIONS}"
    control: list[str | Path] = [programs / "pg_ctl", "-D", folder / "db", "-l", folder / "log", "-w"]
    _run([*control, "-o", options, "start"], owner)
    try:
        yield f"postgresql://staffroom@127.0.0.1:{port}/postgres"
    finally:
        with suppress(subprocess.CalledProcessError):
            _run([*control, "-m", "immediate", "stop"], owner)


@contextmanager
def running_redis(program: str, folder: Path) -> Iterator[str]:
    """Run a Redis of our own in the folder; yields its address."""
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            _wait_for(port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()


def _owner(folder: Path) -> str | None:
    """PostgreSQL refuses to run as root: then its own user runs it, and the folder becomes theirs."""
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return "postgres"


def _run(command: list[str | Path], owner: str | None) -> None:
    as_owner = ["runuser", "-u", owner, "--"] if owner else []
    words = [*as_owner, *map(str, command)]
    # Output goes to a file of the cluster's own: a server that inherits a pipe keeps it open for ever.
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")


def _wait_for(port: int) -> None:
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}")
