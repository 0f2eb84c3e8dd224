"""A platform that answers exactly what a test tells it: the practice LMS is too well-behaved for some answers."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, kw_only=True)
class Told:
    """One answer; `delay` is in seconds."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(kw_only=True)
class BarePlatform:
    """The running platform: `answer` decides what it says, `asked` is what it heard."""

    url: str
    answer: Callable[[Asked], Told] = lambda _asked: Told()
    asked: list[Asked] = field(default_factory=list)

    def paths(self) -> list[str]:
        """Return the paths that were asked for, in order."""
        return [asked.path for asked in self.asked]


@contextmanager
def serve_bare() -> Iterator[BarePlatform]:
    """Run the platform in threads for the length of a `with` block."""
    stopping = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            asked = Asked(method=self.command, path=self.path, headers=dict(self.headers), body=self.rfile.read(length))
            platform.asked.append(asked)
            told = platform.answer(asked)
            stopping.wait(told.delay)
            try:
                self.send_response(told.status)
                for name, value in told.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(told.body)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(told.body)
            except OSError:
                self.close_connection = True  # the tool had enough of waiting, or of the answer

        do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 (the library's names)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    platform = BarePlatform(url=f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield platform
    finally:
        stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()
