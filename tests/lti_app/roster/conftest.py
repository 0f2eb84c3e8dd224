"""A platform that lists what a test tells it, for what the practice LMS is too well-behaved."""

from collections.abc import Iterator

import pytest

from tests.lti_app.lti.bare_platform import BarePlatform, serve_bare


@pytest.fixture
def bare() -> Iterator[BarePlatform]:
    with serve_bare() as platform:
        yield platform
