"""A second platform beside the practice LMS, and somebody who comes from there."""

from collections.abc import Iterator

import pytest
from flask import Flask

from lti_app.models.platform import Registration
from practice_lms.server import RunningLms, serve
from practice_lms.settings import Settings
from tests.conftest import register
from tests.visitor import Visitor


@pytest.fixture(scope="session")
def session_other_lms(tool_port: int) -> Iterator[RunningLms]:
    with serve(Settings(tool_url=f"http://localhost:{tool_port}", client_id="another-client")) as running:
        yield running


@pytest.fixture
def other_lms(session_other_lms: RunningLms) -> RunningLms:
    session_other_lms.lms.reset()
    return session_other_lms


@pytest.fixture
def other_registration(app: Flask, registration: Registration, other_lms: RunningLms) -> Registration:
    """The second platform, registered after the first."""
    del app, registration
    return register(other_lms)


@pytest.fixture
def stranger(app: Flask, other_lms: RunningLms, other_registration: Registration) -> Visitor:
    """Somebody with a fresh browser, on the second platform."""
    del other_registration
    return Visitor(app, other_lms)
