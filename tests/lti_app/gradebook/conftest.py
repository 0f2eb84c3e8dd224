"""Fixtures of the gradebook's tests: what sends scores, and a course on the practice LMS."""

import pytest
from flask import Flask

from lti_app.db import db
from lti_app.lti.connector import Lti
from lti_app.models.platform import Registration
from practice_lms.server import RunningLms
from tests.lti_app.gradebook.course import Course, a_course


@pytest.fixture
def lti(app: Flask) -> Lti:
    """What talking to platforms needs, as the tool's worker has it."""
    return Lti(keys=app.extensions["staffroom_keys"], outbound=app.extensions["staffroom_outbound"], engine=db.engine)


@pytest.fixture
def course(registration: Registration, lms: RunningLms, served: str, lti: Lti) -> Course:
    """The practice LMS's course with its graded journal; its people owe nothing yet."""
    del served
    return a_course(registration, lms=lms, lti=lti)
