"""Serving the practice LMS on 127.0.0.1 with kept-alive connections, from the shell or inside a test."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from io import BytesIO
from threading import Event, Lock, Thread

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app

from practice_lms.app import create_app
from practice_lms.lms import Lms
from practice_lms.settings import Settings

HOST = "127.0.0.1"
LARGEST_BODY = 2_000_000
IDLE_SECONDS = 75
Connection = socket.socket | tuple[bytes, socket.socket]  # as socketserver declares it
Address = tuple[str, int] | str


class PortTakenError(Exception):
    """Another program listens on the wanted port."""


class KeepAliveHandler(WSGIRequestHandler):
    """Answers requests one after the other on a connection; Werkzeug's own handler closes it each time."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE_SECONDS

    def run_wsgi(self) -> None:
        """Read the whole request, let the app answer, and send the answer with its length."""
        body = self._body()
        if body is None:
            return
        hang_up = Event()
        environ = self.make_environ() | {"wsgi.input": BytesIO(body), "practice_lms.hang_up": hang_up}
        chunks, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        if hang_up.is_set():
            self.close_connection = True
            return
        content = b"".join(chunks)
        headers.setdefault("Content-Length", str(len(content)))
        self.send_response(int(status.split()[0]))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit():
            self._refuse(HTTPStatus.LENGTH_REQUIRED)
            return None
        if int(length) > LARGEST_BODY:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return None
        return self.rfile.read(int(length))

    def _refuse(self, status: HTTPStatus) -> None:
        # The body was not read, so the next request cannot be found: the connection must end.
        self.send_error(status)
        self.close_connection = True

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 (Werkzeug's name)
        """Say nothing: the LMS keeps its own log of what matters."""


class LmsServer(ThreadedWSGIServer):
    """A server that knows its open connections, so that it can close without leaving a thread behind."""

    daemon_threads = False

    def __init__(self, listening: socket.socket, app: Flask) -> None:
        super().__init__(HOST, 0, app, KeepAliveHandler, fd=listening.fileno())
        self._connections: set[Connection] = set()
        self._connections_lock = Lock()

    def process_request(self, request: Connection, client_address: Address) -> None:
        """Note the connection, then handle it in a thread of its own."""
        with self._connections_lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Connection) -> None:
        """Forget the connection and close it."""
        with self._connections_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def hang_up_on_all(self) -> None:
        """End every open connection, so that the threads that wait on them come to an end."""
        with self._connections_lock:
            for connection in self._connections:
                if isinstance(connection, socket.socket):
                    with suppress(OSError):
                        connection.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True, kw_only=True)
class RunningLms:
    """A practice LMS that serves right now; its settings name the port that it really got."""

    url: str
    settings: Settings
    lms: Lms


@contextmanager
def serve(settings: Settings | None = None, *, port: int = 0) -> Iterator[RunningLms]:
    """Run the LMS in a thread for the length of a `with` block; port 0 takes a free one.

    The issuer in `settings` is replaced by the address that is served.

    Raises:
        PortTakenError: when another program listens on this port.
        DamagedStateFileError: when the state file is there but cannot be used.
    """
    try:
        listening = socket.create_server((HOST, port), backlog=128)
    except OSError as error:
        raise PortTakenError(f"Port {port} on {HOST} is taken by another program.") from error
    with listening:
        url = f"http://{HOST}:{listening.getsockname()[1]}"
        actual = replace(settings or Settings(), issuer=url)
        app = create_app(actual)
        server = LmsServer(listening, app)
    lms: Lms = app.extensions["practice_lms"]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="practice-lms")
    thread.start()
    try:
        yield RunningLms(url=url, settings=actual, lms=lms)
    finally:
        lms.stopping.set()
        server.shutdown()
        server.hang_up_on_all()
        thread.join()
