"""Serving the tool, and the worker beside it."""

import os
import shlex
import socket
import sys

import click
from flask import current_app
from honcho.manager import Manager
from huey.consumer import Consumer

from lti_app.cli.keys import check_keys

# Each worker thread holds one score at a time; several keep a slow platform from holding up the others.
WORKER_THREADS = 4
# Requests that one server process handles at once; more would only wait for each other.
THREADS_PER_PROCESS = 8
# The longest pause between two looks at an idle queue, in seconds: a score leaves within it.
POLL_SECONDS = 0.5


@click.command("worker")
def work() -> None:
    """Send scores in the background until stopped."""
    check_keys()
    consumer = Consumer(current_app.extensions["staffroom_queue"], workers=WORKER_THREADS, max_delay=POLL_SECONDS)
    consumer.run()


@click.command("serve")
def serve() -> None:
    """Serve the tool with Granian, and run its worker beside it."""
    bind, port = current_app.config["STAFFROOM_BIND"], current_app.config["STAFFROOM_PORT"]
    _check_port(bind, port)
    # Also makes the first key here once, so that several processes do not each make one.
    check_keys()
    granian = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--host", bind, "--port", str(port),
        "--workers", str(current_app.config["STAFFROOM_WEB_WORKERS"]), "--no-ws",
        "--blocking-threads", str(THREADS_PER_PROCESS), "lti_app.app:create_app",
    ]  # fmt: skip
    worker = [sys.executable, "-m", "flask", "--app", "lti_app.app", "worker"]
    manager = Manager()
    manager.add_process("web", shlex.join(granian), env=dict(os.environ))
    manager.add_process("worker", shlex.join(worker), env=dict(os.environ))
    click.echo(f"Staffroom serves {current_app.config['STAFFROOM_PUBLIC_URL']} (port {port}). Ctrl-C stops it.")
    manager.loop()
    sys.exit(manager.returncode)


def _check_port(bind: str, port: int) -> None:
    """Stop with a sentence where the port is taken; Granian would answer with a traceback."""
    with socket.socket(socket.AF_INET6 if ":" in bind else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError as error:
            raise click.ClickException(
                f"Port {port} on {bind} cannot be used ({error.strerror}). Choose another: PORT=8001 make run"
            ) from error
