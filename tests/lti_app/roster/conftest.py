"""An empty course, and a platform that lists what a test tells it: the practice LMS is too well-behaved for that."""

from collections.abc import Iterator

import pytest
from flask import Flask

from lti_app.db import db
from lti_app.models.people import Context
from tests.factories import ContextFactory
from tests.lti_app.lti.bare_platform import BarePlatform, serve_bare


@pytest.fixture
def bare() -> Iterator[BarePlatform]:
    with serve_bare() as platform:
        yield platform


@pytest.fixture
def context(app: Flask) -> Context:
    """A course with nobody in it."""
    del app
    course: Context = ContextFactory()
    db.session.commit()
    return course
