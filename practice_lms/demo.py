"""`make demo`: the tool, its worker and the practice LMS, started together, with sample data, behind one address."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn

import requests

from practice_lms.sample import fill_course
from practice_lms.settings import Settings

_ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN_SECONDS = 45


class DemoError(Exception):
    """The demo cannot start or go on; the message says why, and what to do."""


def main() -> int:
    """Run the demo until Ctrl-C, or print its admin link; return the exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        port, lms_port = _port("PORT", 8000), _port("LMS_PORT", 9000)
        settings = Settings(
            issuer=f"http://127.0.0.1:{lms_port}",
            tool_url=f"http://localhost:{port}",
            state_file=_folder() / "lms.json",
        )
        if sys.argv[1:] == ["admin"]:
            _print_admin_link(_environment(port, settings))
            return 0
        _check_free("localhost", port, variable="PORT")
        _check_free("127.0.0.1", lms_port, variable="LMS_PORT")
        _run(settings, port=port, lms_port=lms_port)
    except DemoError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stdout.write("\nStopped. What was written is kept for the next time.\n")
    return 0


def _run(settings: Settings, *, port: int, lms_port: int) -> None:
    environment = _environment(port, settings)
    _say("Preparing the database …")
    _flask(environment, "db", "upgrade")
    _flask(environment, "platform", "add", *_registration(settings))
    lms = [sys.executable, "-m", "practice_lms", "--port", str(lms_port), "--tool-url", settings.tool_url]
    with ExitStack() as stack:
        tool_process = stack.enter_context(_running("staffroom", _flask_command("serve"), environment))
        lms_process = stack.enter_context(
            _running("practice-lms", [*lms, "--state-file", str(settings.state_file)], environment)
        )
        _wait_until_ready(f"{settings.tool_url}/readyz", tool_process, log="staffroom")
        _wait_until_ready(settings.issuer, lms_process, log="practice-lms")
        fill_course(settings)
        _say(f"\n  Open {settings.issuer} in a browser.\n")
        _say("Sign in as a teacher, open “Weekly reflection”, write, finish, and look at “My grades”.")
        _say(f"Logs are in {os.path.relpath(_folder())}. Ctrl-C stops everything.")
        _watch({"staffroom": tool_process, "practice-lms": lms_process})


def _print_admin_link(environment: Mapping[str, str]) -> None:
    """Print the sign-in to the connections pages of a demo that was started before."""
    if not (_folder() / "staffroom.sqlite3").exists():
        raise DemoError("There is no demo yet. Start it, and leave it running: make demo")
    _say(f"\n  Open {_flask(environment, 'admin', 'link').strip()} in a browser.\n")
    _say("It signs you in as Staffroom's operator, once, within 15 minutes.")


def _watch(processes: Mapping[str, subprocess.Popen[bytes]]) -> NoReturn:
    while True:
        for name, process in processes.items():
            if process.poll() is not None:
                raise DemoError(f"{name} stopped. Its last lines:\n{_last_lines(name)}")
        time.sleep(0.5)


def _environment(port: int, settings: Settings) -> dict[str, str]:
    return {
        **os.environ,
        "PORT": str(port),
        "STAFFROOM_PUBLIC_URL": settings.tool_url,
        "STAFFROOM_ALLOW_PRIVATE_PLATFORMS": "1",
        "STAFFROOM_INSTANCE_PATH": str(_folder()),
        "STAFFROOM_KEYS_PATH": str(_folder() / "keys"),
        # The demo is one machine with files of its own, whatever the shell is set up for.
        "STAFFROOM_DATABASE_URL": "",
        "STAFFROOM_QUEUE_URL": "",
        "STAFFROOM_SECRET_KEY": "",
        "STAFFROOM_BIND": "127.0.0.1",
        "STAFFROOM_WEB_WORKERS": "1",
    }


def _registration(settings: Settings) -> list[str]:
    options = {
        "--issuer": settings.issuer,
        "--client-id": settings.client_id,
        "--auth-url": f"{settings.issuer}/lti/auth",
        "--token-url": settings.token_url,
        "--jwks-url": f"{settings.issuer}/lti/jwks.json",
        "--deployment-id": settings.deployment_id,
        "--name": "Practice LMS",
    }
    return [word for pair in options.items() for word in pair]


def _flask_command(*words: str) -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "lti_app.app", *words]


def _flask(environment: Mapping[str, str], *words: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own command
        _flask_command(*words), cwd=_ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DemoError(f"“flask {words[0]} {words[1]}” failed:\n{done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


@contextmanager
def _running(name: str, command: list[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process with its log in a file; end it, and what it started, with the block."""
    with (_folder() / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command, cwd=_ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], *, log: str) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise DemoError(f"{log} stopped while starting. Its last lines:\n{_last_lines(log)}")
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise DemoError(f"{log} was not ready after {READY_WITHIN_SECONDS} seconds. Its last lines:\n{_last_lines(log)}")


def _last_lines(name: str) -> str:
    return "\n".join((_folder() / f"{name}.log").read_text("utf-8", "replace").splitlines()[-10:])


def _folder() -> Path:
    folder = Path(os.environ.get("STAFFROOM_INSTANCE_PATH") or _ROOT / "instance").absolute() / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _port(variable: str, default: int) -> int:
    text = os.environ.get(variable, "").strip() or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise DemoError(f"{variable} is “{text}”; it takes a port number from 1 to 65535.")
    return int(text)


def _check_free(host: str, port: int, *, variable: str) -> None:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return
    except OSError as error:
        reason = f"Port {port} for {host} cannot be used ({error.strerror})"
        raise DemoError(f"{reason}. Choose another: make demo {variable}={port + 1}") from error


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
