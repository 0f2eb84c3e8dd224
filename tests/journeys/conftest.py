"""Fixtures of the journeys: the whole tool in processes, and a Chromium that blocks third-party cookies."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Playwright
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from config import Config
from practice_lms.server import RunningLms, serve
from practice_lms.settings import Settings
from tests import services
from tests.journeys.stack import Stack, running_stack
from tests.placing import place_journals


@pytest.fixture
def own_lms(tmp_path: Path) -> Iterator[RunningLms]:
    """A practice LMS of this test's own, for a tool at a port of its own."""
    del tmp_path
    with serve(Settings(tool_url=f"http://localhost:{services.free_port()}")) as running:
        yield running


@pytest.fixture
def stack(own_lms: RunningLms, database_url: str, tmp_path: Path, keys_path: Path) -> Iterator[Stack]:
    """The tool, not started yet, registered with the LMS; the links in its course were placed as journals."""
    port = int(own_lms.settings.tool_url.rpartition(":")[2])
    environment = {
        "PORT": str(port),
        "STAFFROOM_PUBLIC_URL": own_lms.settings.tool_url,
        "STAFFROOM_DATABASE_URL": database_url,
        "STAFFROOM_INSTANCE_PATH": str(tmp_path),
        "STAFFROOM_KEYS_PATH": str(keys_path),
        "STAFFROOM_ALLOW_PRIVATE_PLATFORMS": "1",
    }
    with running_stack(own_lms, port=port, environment=environment, folder=tmp_path) as running:
        engine = create_engine(Config(database_url=database_url).sqlalchemy_url)
        with Session(engine) as session:
            place_journals(session, own_lms, registration_id=1)
        engine.dispose()
        yield running


@pytest.fixture
def strict_browser(playwright: Playwright, tmp_path: Path) -> Iterator[BrowserContext]:
    """A Chromium whose settings block third-party cookies, as a careful person's do."""
    with _chromium(playwright, tmp_path, {"cookie_controls_mode": 1, "block_third_party_cookies": True}) as context:
        yield context


@pytest.fixture
def cookieless_browser(playwright: Playwright, tmp_path: Path) -> Iterator[BrowserContext]:
    """A Chromium that keeps no cookie of a framed site at all, as browsers without partitioned cookies do."""
    blocked = {"http://localhost,http://127.0.0.1": {"setting": 2}}
    settings = {"content_settings": {"exceptions": {"cookies": blocked}}}
    with _chromium(playwright, tmp_path, settings) as context:
        yield context


@pytest.fixture
def lenient_browser(playwright: Playwright, tmp_path: Path) -> Iterator[BrowserContext]:
    """A Chromium that lets a framed site use its storage."""
    with _chromium(playwright, tmp_path, {"cookie_controls_mode": 0, "block_third_party_cookies": False}) as context:
        yield context


@contextmanager
def _chromium(playwright: Playwright, folder: Path, settings: dict[str, Any]) -> Iterator[BrowserContext]:
    profile = folder / "profile"
    (profile / "Default").mkdir(parents=True)
    (profile / "Default" / "Preferences").write_text(json.dumps({"profile": settings}))
    context = playwright.chromium.launch_persistent_context(
        str(profile),
        executable_path=services.find_chromium(),
        args=["--no-sandbox"],
        viewport={"width": 700, "height": 900},
    )
    yield context
    context.close()
