"""How long to wait before a platform is asked once more."""

import random
from datetime import timedelta

SHORTEST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)


def wait_before_retry(attempts: int, *, retry_after: int | None) -> timedelta:
    """Return how long to wait after that many tries: a minute, doubling up to six hours, with up to a fifth more.

    A platform that says how long (in seconds) is believed. The extra keeps what waits from coming back all at once.
    """
    wait = min(SHORTEST_WAIT * 2 ** min(max(attempts, 1) - 1, 20), LONGEST_WAIT)
    if retry_after is not None:
        wait = timedelta(seconds=retry_after)
    spread: float = random.uniform(1.0, 1.2)  # noqa: S311 - spreads load, hides nothing
    return timedelta(seconds=wait.total_seconds() * spread)
