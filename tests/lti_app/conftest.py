"""Fixtures of the tool's tests: other settings, its queue, what sends scores, a course on the practice LMS."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from flask import Flask
from huey import Huey

from config import Config
from lti_app.app import create_app
from lti_app.db import db
from lti_app.lti.connector import Lti
from lti_app.models.platform import Registration
from practice_lms.server import RunningLms
from tests.conftest import close
from tests.lti_app.gradebook.course import Course, a_course


@pytest.fixture
def start() -> Iterator[Callable[[Config], Flask]]:
    """Start the tool with other settings; it is closed after the test, also after one that fails."""
    with ExitStack() as started:

        def create(config: Config) -> Flask:
            app = create_app(config)
            started.callback(close, app)
            return app

        yield create


@pytest.fixture
def queue(app: Flask) -> Huey:
    """The tool's queue; nobody works on it but the test."""
    return app.extensions["staffroom_queue"]


@pytest.fixture
def lti(app: Flask) -> Lti:
    """What talking to platforms needs, as the tool's worker has it."""
    return Lti(keys=app.extensions["staffroom_keys"], outbound=app.extensions["staffroom_outbound"], engine=db.engine)


@pytest.fixture
def course(registration: Registration, lms: RunningLms, served: str, lti: Lti) -> Course:
    """The practice LMS's course with its graded journal; its people owe nothing yet."""
    del served
    return a_course(registration, lms=lms, lti=lti)
