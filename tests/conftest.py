"""Fixtures of all tests: the tool on SQLite and on PostgreSQL, the practice LMS, a Chromium."""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, Playwright
from werkzeug.serving import make_server

from config import Config
from lti_app.app import create_app
from lti_app.db import db
from lti_app.models.platform import Deployment, Registration
from practice_lms.server import RunningLms, serve
from practice_lms.settings import Settings
from tests import services
from tests.databases import POSTGRES_URL, Databases
from tests.placing import place_journals
from tests.visitor import ClientOfItsOwn, Visitor

REDIS_URL = "STAFFROOM_TEST_REDIS_URL"
# The same examples at every run, so that a build fails for its own change only. To look for new ones:
# pytest --hypothesis-profile=search --hypothesis-seed=random
settings.register_profile(
    "ci",
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    # Examples share a test's app: what they may leave there is a line in the launch log, and the tests count it.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("search", settings.get_profile("ci"), max_examples=2000, derandomize=False)
settings.load_profile("ci")
_IN_CI = os.environ.get("CI") == "true"
_started = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """Start PostgreSQL and Redis once for all workers; under CI a missing program stops the run."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    missing = []
    if POSTGRES_URL not in os.environ:
        if programs := services.find_postgres():
            folder = Path(_started.enter_context(tempfile.TemporaryDirectory(prefix="staffroom-pg-")))
            os.environ[POSTGRES_URL] = _started.enter_context(services.running_postgres(programs, folder))
        else:
            missing.append("PostgreSQL")
    if REDIS_URL not in os.environ:
        if program := services.find_redis():
            folder = Path(_started.enter_context(tempfile.TemporaryDirectory(prefix="staffroom-redis-")))
            os.environ[REDIS_URL] = _started.enter_context(services.running_redis(program, folder))
        else:
            missing.append("Redis")
    if services.find_chromium() is None:
        missing.append("Chromium")
    if missing and _IN_CI:
        raise pytest.UsageError(f"Not installed: {', '.join(missing)}. In CI nothing may be left out.")
    config.stash[_missing] = missing


_missing = pytest.StashKey[list[str]]()


def pytest_report_header(config: pytest.Config) -> str:
    """Say what is left out, and how to get it."""
    missing = config.stash.get(_missing, [])
    return f"left out, not installed: {', '.join(missing)} (see tests/install_services.sh)" if missing else ""


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what `pytest_configure` started."""
    if not hasattr(config, "workerinput"):
        _started.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test that touches a database on both."""
    if "database" in metafunc.fixturenames and not _has_parameters(metafunc, "database"):
        metafunc.parametrize("database", ["sqlite", *(["postgresql"] if os.environ.get(POSTGRES_URL) else [])])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave browser tests out where there is no Chromium; under CI `pytest_configure` has stopped before."""
    if services.find_chromium() is None:
        kept = [item for item in items if item.get_closest_marker("browser") is None]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


def _has_parameters(metafunc: pytest.Metafunc, name: str) -> bool:
    return any(name in str(mark.args[0]) for mark in metafunc.definition.iter_markers("parametrize"))


@pytest.fixture(scope="session")
def keys_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder of keys per worker: making a key is slow."""
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="session")
def tool_port() -> int:
    return services.free_port()


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory, keys_path: Path) -> Databases:
    """The databases of this worker."""
    return Databases(folder=tmp_path_factory.mktemp("template"), migrate=partial(_migrate, keys_path=keys_path))


def _migrate(url: str, folder: Path, *, keys_path: Path) -> None:
    app = create_app(Config(database_url=url, instance_path=folder, keys_path=keys_path))
    with app.app_context():
        upgrade()
        db.engine.dispose()
    close(app)


def close(app: Flask) -> None:
    """Close what an app keeps open."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    app.extensions["staffroom_outbound"].close()
    app.extensions["staffroom_queue"].storage.close()


@pytest.fixture
def database_url(database: str, tmp_path: Path, databases: Databases) -> Iterator[str]:
    url = databases.take(database, tmp_path)
    yield url
    if database == "postgresql":
        databases.give_back(url)


@pytest.fixture
def config(database_url: str, tmp_path: Path, keys_path: Path, tool_port: int) -> Config:
    # Style sheets are compressed once per worker, not once per test.
    (keys_path / "assets").mkdir(exist_ok=True)
    if not (tmp_path / "assets").exists():
        (tmp_path / "assets").symlink_to(keys_path / "assets")
    return Config(
        public_url=f"http://localhost:{tool_port}",
        port=tool_port,
        database_url=database_url,
        instance_path=tmp_path,
        keys_path=keys_path,
        allow_private_platforms=True,
        secret_key="a secret of the tests, long enough to sign with",
    )


@pytest.fixture
def app(config: Config) -> Iterator[Flask]:
    """The tool, with its context pushed: a test reads and writes rows by `db.session`."""
    app = create_app(config)
    app.test_client_class = ClientOfItsOwn
    with app.app_context():
        yield app
    close(app)


@pytest.fixture(scope="session")
def session_lms(tool_port: int) -> Iterator[RunningLms]:
    with serve(Settings(tool_url=f"http://localhost:{tool_port}")) as running:
        yield running


@pytest.fixture
def lms(session_lms: RunningLms) -> RunningLms:
    """The practice LMS, as fresh as on its first day."""
    session_lms.lms.reset()
    return session_lms


@pytest.fixture
def registration(app: Flask, lms: RunningLms) -> Registration:
    """The practice LMS, registered with the tool."""
    del app
    return register(lms)


def register(lms: RunningLms) -> Registration:
    """Register a practice LMS with its deployment; the links in its course were placed as journals."""
    row = Registration(
        name="Practice LMS",
        issuer=lms.url,
        client_id=lms.settings.client_id,
        auth_url=f"{lms.url}/lti/auth",
        token_url=lms.settings.token_url,
        jwks_url=f"{lms.url}/lti/jwks.json",
    )
    db.session.add(row)
    db.session.flush()
    db.session.add(Deployment(registration_id=row.id, deployment_id_on_platform=lms.settings.deployment_id))
    place_journals(db.session(), lms, registration_id=row.id)
    return row


@pytest.fixture
def visitor(app: Flask, lms: RunningLms, registration: Registration) -> Visitor:
    """Somebody with a fresh browser."""
    del registration
    return Visitor(app, lms)


@pytest.fixture
def another_visitor(app: Flask, lms: RunningLms, registration: Registration) -> Visitor:
    """Somebody else, with another browser."""
    del registration
    return Visitor(app, lms)


@pytest.fixture
def served(app: Flask, tool_port: int) -> Iterator[str]:
    """The tool, served over HTTP as well, so that the LMS can fetch its keys; yields its address."""
    server = make_server("127.0.0.1", tool_port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://localhost:{tool_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The system's Chromium; as root it starts only without its sandbox."""
    browser = playwright.chromium.launch(executable_path=services.find_chromium(), args=["--no-sandbox"])
    yield browser
    browser.close()
