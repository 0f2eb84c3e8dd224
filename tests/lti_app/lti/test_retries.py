"""How long to wait before a platform is asked once more."""

import random
from datetime import timedelta

import pytest

from lti_app.lti.retries import wait_before_retry


@pytest.mark.parametrize(
    ("attempts", "minutes"),
    [(0, 1), (1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 64), (8, 128), (9, 256), (10, 360), (10_000, 360)],
)
def test_wait_before_retry_when_tried_so_often_then_grows_from_a_minute_to_six_hours(
    attempts: int, minutes: int
) -> None:
    random.seed(7)

    waits = [wait_before_retry(attempts, retry_after=None) for _ in range(200)]

    shortest = timedelta(minutes=minutes)
    assert shortest <= min(waits) <= shortest * 1.05
    assert shortest * 1.15 <= max(waits) <= shortest * 1.2


def test_wait_before_retry_when_the_platform_asks_for_seconds_then_never_comes_back_sooner() -> None:
    random.seed(7)

    waits = [wait_before_retry(9, retry_after=30) for _ in range(200)]

    assert timedelta(seconds=30) <= min(waits) < max(waits) <= timedelta(seconds=36)
