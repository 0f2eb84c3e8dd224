"""What the tests of connector and key sets share: our side of the talk with platforms."""

from collections.abc import Iterator

import pytest

from lti_app.lti.outbound import Outbound
from tests.lti_app.lti.bare_platform import BarePlatform, serve_bare


@pytest.fixture
def outbound() -> Iterator[Outbound]:
    outbound = Outbound()
    yield outbound
    outbound.close()


@pytest.fixture
def bare() -> Iterator[BarePlatform]:
    with serve_bare() as platform:
        yield platform
