"""`make demo` as a newcomer meets it: one address, sample data, a second time, and a taken port."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests import services
from tests.journeys.browsing import Browser
from tests.journeys.stack import ROOT, wait_for
from tests.visitor import TEACHER, UNGRADED

COMMAND = [sys.executable, "-m", "practice_lms.demo"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Ports of its own, and a folder with a space in its name."""
    folder = tmp_path / "a folder with spaces"
    folder.mkdir()
    ports = {"PORT": str(services.free_port()), "LMS_PORT": str(services.free_port())}
    return {**os.environ, **ports, "STAFFROOM_INSTANCE_PATH": str(folder)}


def test_demo_when_started_twice_then_prints_one_address_and_keeps_what_was_there(
    environment: dict[str, str], tmp_path: Path
) -> None:
    lms = f"http://127.0.0.1:{environment['LMS_PORT']}"
    with _demo(environment, tmp_path / "first.log") as first:
        _wait_for_scores(lms, 3, first)
        ungraded = Browser().launch(lms, person=TEACHER, activity=UNGRADED)
        before = requests.get(f"{lms}/api/gradebook", timeout=10).json()
        admin = _run_admin(environment)
        sign_in = Browser().open(admin.stdout.split()[1])

    with _demo(environment, tmp_path / "second.log") as second:
        after = requests.get(f"{lms}/api/gradebook", timeout=10).json()

    addresses = [word for word in second.read_text().split() if word.startswith("http://")]
    assert addresses == [lms]
    assert after == before
    assert len(after) == 3
    assert "0 of 1 entry" in ungraded.text
    assert f"http://localhost:{environment['PORT']}/connections/sign-in/" in admin.stdout
    assert "Sign in as Staffroom" in sign_in.text


@pytest.mark.parametrize("variable", ["PORT", "LMS_PORT"])
def test_demo_when_a_port_is_taken_then_says_which_and_what_to_type(environment: dict[str, str], variable: str) -> None:
    with socket.create_server(("127.0.0.1", int(environment[variable]))):
        done = subprocess.run(COMMAND, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert f"Port {environment[variable]} for" in done.stderr
    assert f"make demo {variable}={int(environment[variable]) + 1}" in done.stderr
    assert "Traceback" not in done.stderr


def test_demo_when_the_port_is_no_port_then_says_what_it_takes(environment: dict[str, str]) -> None:
    broken = {**environment, "PORT": "eight"}

    done = subprocess.run(COMMAND, cwd=ROOT, env=broken, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (1, "PORT is “eight”; it takes a port number from 1 to 65535.\n")


def test_admin_when_there_is_no_demo_then_says_how_to_start_it(environment: dict[str, str]) -> None:
    done = _run_admin(environment)

    expected = "There is no demo yet. Start it, and leave it running: make demo\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", expected)


def _run_admin(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, "admin"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@contextmanager
def _demo(environment: dict[str, str], log: Path) -> Iterator[Path]:
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(COMMAND, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_for(lambda: "Open http" in log.read_text(), seconds=60, what=log.read_text)
        assert time.monotonic() - started < 60
        yield log
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert "Traceback" not in log.read_text()
    assert "Stopped." in log.read_text()


def _wait_for_scores(lms: str, count: int, log: Path) -> None:
    def has_arrived() -> bool:
        return len(requests.get(f"{lms}/api/gradebook", timeout=10).json()) == count

    wait_for(has_arrived, seconds=20, what=log.read_text)
