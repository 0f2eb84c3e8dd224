"""Fixtures of the practice LMS's own tests: a small tool, an LMS set up for it, and a caller with a token."""

import shutil
from collections.abc import Iterator

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, Playwright

from practice_lms.server import RunningLms, serve
from practice_lms.settings import Settings
from tests.practice_lms.browser import Browser
from tests.practice_lms.small_tool import Caller, SmallTool, running_tool


@pytest.fixture(scope="session")
def tool_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def tool(tool_key: rsa.RSAPrivateKey) -> Iterator[SmallTool]:
    with running_tool(tool_key) as running:
        yield running


@pytest.fixture
def lms(tool: SmallTool) -> Iterator[RunningLms]:
    with serve(Settings(tool_url=tool.url)) as running:
        yield running


@pytest.fixture
def caller(lms: RunningLms, tool: SmallTool) -> Caller:
    return Caller(lms=lms, token=tool.token(lms))


@pytest.fixture
def browser(lms: RunningLms) -> Iterator[Browser]:
    """Somebody who looks at pages; overrides the one of the browser plugin, which no test here needs."""
    with requests.Session() as session:
        yield Browser(lms, session)


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Chromium]:
    installed = shutil.which("chromium")
    # As root, Chromium starts only without its sandbox; these tests open nothing but our own pages.
    browser = playwright.chromium.launch(executable_path=installed, args=["--no-sandbox"])
    yield browser
    browser.close()


@pytest.fixture
def page(chromium: Chromium) -> Iterator[Page]:
    with chromium.new_context() as context:
        yield context.new_page()
