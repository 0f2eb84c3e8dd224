"""Fixtures of the pages' tests: a platform that answers what it is told, and the operator's browser."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from tests.lti_app.lti.bare_platform import BarePlatform, serve_bare
from tests.lti_app.web.admin_browser import AdminBrowser


@pytest.fixture
def bare() -> Iterator[BarePlatform]:
    with serve_bare() as platform:
        yield platform


@pytest.fixture
def operator(app: Flask) -> AdminBrowser:
    """The operator, signed in."""
    return AdminBrowser(app).sign_in()


@pytest.fixture
def admin(app: Flask) -> AdminBrowser:
    """An LMS admin's browser that keeps no cookie of ours: inside the LMS's frame."""
    return AdminBrowser(app, keeps_cookies=False)


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page of a real browser."""
    context = chromium.new_context(viewport={"width": 1000, "height": 800})
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()
