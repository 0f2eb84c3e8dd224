"""Starting the tool with settings of a test's own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from flask import Flask

from config import Config
from lti_app.app import create_app
from tests.conftest import close


@pytest.fixture
def start() -> Iterator[Callable[[Config], Flask]]:
    """Start the tool with other settings; it is closed after the test, also after one that fails."""
    with ExitStack() as started:

        def create(config: Config) -> Flask:
            app = create_app(config)
            started.callback(close, app)
            return app

        yield create
