"""`python -m benchmarks.roster`: how long a large course's list of people takes, and how much memory."""

import argparse
import json
import resource
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import event, func, select

from benchmarks.staffroom import own_schema
from config import Config
from lti_app import tasks
from lti_app.app import create_app
from lti_app.clock import now
from lti_app.db import db
from lti_app.lti.connector import Lti
from lti_app.models.people import Context, Membership, RosterCause
from lti_app.models.platform import Deployment, Registration

# The goal: so many people, in pages of a hundred at 50 ms a page, are read and stored within so many seconds.
MEMBERS, PAGE_SECONDS, LIMIT_SECONDS = 5000, 0.05, 10.0
# Memory does not grow with people: four times as many may need this much more at the highest moment, in MB.
LIMIT_GROWTH_MB = 1.0
_MB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What reading one list took; memory is the highest moment above the start, in MB."""

    name: str
    members: int
    seconds: float
    cpu_seconds: float
    statements_per_page: float
    resident_mb: float


class Platform(ThreadingHTTPServer):
    """A platform with one course: a token, and its list a page at a time, each after a moment's thought."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.members = MEMBERS
        self.page_seconds = PAGE_SECONDS

    @property
    def url(self) -> str:
        """Where it is served."""
        return f"http://127.0.0.1:{self.server_port}"

    def page(self, path: str) -> tuple[dict[str, Any], str | None]:
        """Return a page of the list and the address of the next one, in the shape of Moodle 4.5.6."""
        query = parse_qs(urlsplit(path).query)
        start, size = int(query.get("from", ["0"])[0]), int(query["limit"][0])
        end = min(start + size, self.members)
        following = f"{self.url}/members?limit={size}&from={end}" if end < self.members else None
        return {"id": f"{self.url}/members", "members": [_member(number) for number in range(start, end)]}, following


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave together: else each page would wait 40 ms for an acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Platform

    def do_GET(self) -> None:
        """Send a page."""
        time.sleep(self.server.page_seconds)
        page, following = self.server.page(self.path)
        self._send(page, {"Link": f'<{following}>; rel="next"'} if following else {})

    def do_POST(self) -> None:
        """Give a token."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self._send({"access_token": "benchmark", "expires_in": 3600}, {})

    def _send(self, document: dict[str, Any], headers: dict[str, str]) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Write nothing."""


def main() -> int:
    """Measure and print; return 1 where reading takes longer, or more memory, than it may."""
    options = _options()
    with ExitStack() as stack:
        platform = stack.enter_context(_running_platform())
        figures, growth = [], 0.0
        for name, url in _databases(options.postgres, stack):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="staffroom-bench-")))
            app = stack.enter_context(_staffroom(folder, platform=platform, database_url=url))
            platform.members, platform.page_seconds = options.members, PAGE_SECONDS
            figures += [_measure(app, f"{name}, first time"), _measure(app, f"{name}, nothing new")]
            growth = max(growth, _growth_mb(app, platform))
    print(_table(figures))
    print(f"\nFour times as many people need {growth:.2f} MB more at the highest moment (limit {LIMIT_GROWTH_MB} MB).")
    if options.json:
        rows = {"lists": [asdict(row) for row in figures], "growth_mb": growth}
        options.json.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    is_fast = all(row.seconds <= LIMIT_SECONDS * row.members / MEMBERS for row in figures)
    return 0 if is_fast and growth <= LIMIT_GROWTH_MB else 1


def _measure(app: Flask, name: str) -> Figures:
    """Let a worker read the course's list once, and return what it took."""
    statements = 0

    def count(*_arguments: Any) -> None:
        nonlocal statements
        statements += 1

    resident, cpu, wall = _peak_mb(), time.process_time(), time.perf_counter()
    event.listen(db.engine, "before_cursor_execute", count)
    pages = _pull(app) / 100
    event.remove(db.engine, "before_cursor_execute", count)
    return Figures(
        name=name,
        members=int(pages * 100),
        seconds=time.perf_counter() - wall,
        cpu_seconds=time.process_time() - cpu,
        statements_per_page=statements / pages,
        resident_mb=_peak_mb() - resident,
    )


def _growth_mb(app: Flask, platform: Platform) -> float:
    """Return how much more memory four times as many people need at the highest moment, the server's share included."""
    platform.page_seconds, peaks = 0.0, []
    for members in (MEMBERS // 4, MEMBERS):
        platform.members = members
        tracemalloc.start()
        _pull(app)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    return (peaks[1] - peaks[0]) / _MB


def _pull(app: Flask) -> int:
    """Make the list due, do what a worker does, and return how many people are in the course then."""
    context_id = db.session.scalars(select(Context.id)).one()
    course = db.session.get_one(Context, context_id)
    course.roster_due_at, course.launched_at, course.roster_cause = now(), now(), RosterCause.ASKED
    db.session.commit()
    engine, extensions = db.engine, app.extensions
    lti = Lti(keys=extensions["staffroom_keys"], outbound=extensions["staffroom_outbound"], engine=engine)
    tasks.pull_members(context_id, lti=lti)
    course = db.session.get_one(Context, context_id)
    assert course.roster_read_at is not None, course.roster_problem
    assert course.roster_read_at > now() - timedelta(minutes=5)
    people = db.session.scalar(select(func.count()).select_from(Membership).where(Membership.is_active))
    db.session.commit()
    return people or 0


def _member(number: int) -> dict[str, Any]:
    return {
        "status": "Active",
        "user_id": str(1000 + number),
        "roles": ["Learner"],
        "name": f"Sam Number {number}",
        "given_name": "Sam",
        "family_name": f"Number {number}",
        "email": f"sam{number}@lab.invalid",
        "lis_person_sourcedid": f"EMP-{number}",
        "ext_user_username": f"sam{number}",
    }


def _databases(postgres_url: str | None, stack: ExitStack) -> Iterator[tuple[str, str]]:
    yield "SQLite", ""
    if postgres_url:
        yield "PostgreSQL", stack.enter_context(own_schema(postgres_url))


@contextmanager
def _running_platform() -> Iterator[Platform]:
    with Platform() as platform:
        thread = threading.Thread(target=platform.serve_forever, daemon=True)
        thread.start()
        try:
            yield platform
        finally:
            platform.shutdown()
            thread.join()


@contextmanager
def _staffroom(folder: Path, *, platform: Platform, database_url: str) -> Iterator[Flask]:
    """Yield Staffroom with an empty course on that platform, its context pushed."""
    app = create_app(
        Config(
            instance_path=folder,
            keys_path=folder / "keys",
            database_url=database_url,
            allow_private_platforms=True,
        )
    )
    with app.app_context():
        upgrade()
        registration = Registration(
            name="LMS",
            issuer=platform.url,
            client_id="client",
            auth_url=f"{platform.url}/auth",
            token_url=f"{platform.url}/token",
            jwks_url=f"{platform.url}/jwks",
        )
        db.session.add(registration)
        db.session.flush()
        deployment = Deployment(registration_id=registration.id, deployment_id_on_platform="1")
        db.session.add(deployment)
        db.session.flush()
        url = f"{platform.url}/members"
        db.session.add(Context(deployment_id=deployment.id, context_id_on_platform="2", memberships_url=url))
        db.session.commit()
        yield app
        db.session.remove()
        db.engine.dispose()
    app.extensions["staffroom_outbound"].close()


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _table(figures: list[Figures]) -> str:
    lines = [f"{'list':<28}{'people':>8}{'seconds':>9}{'CPU s':>8}{'statements/page':>17}{'peak, MB more':>15}"]
    lines += [
        f"{row.name:<28}{row.members:>8}{row.seconds:>9.2f}{row.cpu_seconds:>8.2f}"
        f"{row.statements_per_page:>17.2f}{row.resident_mb:>15.1f}"
        for row in figures
    ]
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=MEMBERS, help="people in the course")
    parser.add_argument("--postgres", help="address of a PostgreSQL database to measure too")
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
