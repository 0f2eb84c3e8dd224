"""What the tests of connector and key sets share: our side of the talk with platforms."""

from collections.abc import Iterator

import pytest
from flask import Flask

from lti_app.db import db
from lti_app.lti.connector import Lti
from lti_app.lti.outbound import Outbound
from tests.lti_app.lti.bare_platform import BarePlatform, serve_bare


@pytest.fixture
def outbound() -> Iterator[Outbound]:
    outbound = Outbound()
    yield outbound
    outbound.close()


@pytest.fixture
def lti(app: Flask) -> Lti:
    """What the app's own workers talk to platforms with."""
    return Lti(keys=app.extensions["staffroom_keys"], outbound=app.extensions["staffroom_outbound"], engine=db.engine)


@pytest.fixture
def bare() -> Iterator[BarePlatform]:
    with serve_bare() as platform:
        yield platform
