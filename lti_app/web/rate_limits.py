"""How often one address may fail: refused logins and launches, and registrations.

What succeeds is never counted: on a PD day a whole school launches from one address. See docs/decisions/0014.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, current_app, request
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage, Storage
from werkzeug.middleware.proxy_fix import ProxyFix

from lti_app.clock import now
from lti_app.errors import ToolError, sentence
from lti_app.lti.refusals import Check, LaunchRefused

WINDOW_SECONDS = 60
REDIS_SECONDS = 1
_WINDOW = timedelta(seconds=WINDOW_SECONDS)
_EXTENSION = "staffroom_rate_limits"
_EVERYBODY = "everybody"
_REDIS_SCHEMES = {"redis": "redis", "rediss": "rediss", "unix": "redis+unix"}

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Most:
    """What is still taken within a minute."""

    refused: int = 300
    """Refused logins and launches of one address."""

    listed: int = 3000
    """Refusals of all addresses together that get a line in the launch log."""

    registrations: int = 20
    """Attempts of one address to register a platform."""


class RateLimits:
    """The counts of one process; where Redis carries the queue, refusals are counted there for all processes."""

    def __init__(self, queue_url: str, *, most: Most | None = None) -> None:
        self.most = most or Most()
        self._own = MemoryStorage()
        self._shared = _shared_storage(queue_url) or self._own
        self._own_until = now()
        self._refused = RateLimitItemPerMinute(self.most.refused, namespace="staffroom-refused")
        self._listed = RateLimitItemPerMinute(self.most.listed, namespace="staffroom-listed")
        self._registrations = RateLimitItemPerMinute(self.most.registrations, namespace="staffroom-registrations")

    def weigh(self, refused: LaunchRefused, address: str) -> tuple[LaunchRefused, bool]:
        """Return what a refused launch is answered, and whether it gets a line in the launch log.

        Over the limit the answer is 429, whatever was wrong; only the first of these is listed, for all of them.
        """
        count = self._count(self._refused, address)
        if count <= self.most.refused:
            return refused, self._count(self._listed, _EVERYBODY) <= self.most.listed
        most = self.most.refused
        explanation = f"More than {most} launches of one address were refused in a minute; the rest are not listed."
        return _too_many(explanation), count == most + 1

    def begin_registration(self, address: str) -> None:
        """Count an attempt to register a platform.

        Raises:
            ToolError: There were too many of this address; nothing of this one is looked at.
        """
        if self._count(self._registrations, address) > self.most.registrations:
            happened = sentence("There were too many attempts to connect an LMS from your network.")
            refused = ToolError(happened, sentence("Wait a minute and try again."), status=429)
            refused.retry_after = WINDOW_SECONDS
            raise refused

    def _count(self, limit: RateLimitItem, address: str) -> int:
        key, seconds = limit.key_for(address), limit.get_expiry()
        if now() >= self._own_until:
            try:
                return self._shared.incr(key, seconds)
            except StorageError as error:
                log.warning("rate_limits_not_shared", error=type(error.storage_error).__name__)
                # Counting must hold nobody up: without Redis each process counts for itself, for a minute.
                self._own_until = now() + _WINDOW
        return self._own.incr(key, seconds)


def begin_registration() -> None:
    """Count the present request as an attempt to register; see `RateLimits.begin_registration`."""
    _limits().begin_registration(address_of(request.remote_addr))


def weigh(refused: LaunchRefused) -> tuple[LaunchRefused, bool]:
    """Return what the present request is answered, and whether it is listed; see `RateLimits.weigh`."""
    return _limits().weigh(refused, address_of(request.remote_addr))


@lru_cache(maxsize=4096)
def address_of(remote: str | None) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 network that one IPv6 subscriber has."""
    try:
        address = ip_address(remote or "")
    except ValueError:
        return "unknown"
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or ip_network((address, 64), strict=False))


def register(app: Flask, *, queue_url: str, trusted_proxies: int) -> None:
    """Count for this app, by the address that the innermost trusted proxies saw; none is trusted unless told."""
    app.extensions[_EXTENSION] = RateLimits(queue_url)
    if trusted_proxies:
        # The address alone: host and scheme are those of STAFFROOM_PUBLIC_URL, whatever a request says.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted_proxies, x_proto=0, x_host=0)  # type: ignore[method-assign]


def _limits() -> RateLimits:
    limits: RateLimits = current_app.extensions[_EXTENSION]
    return limits


def _shared_storage(queue_url: str) -> Storage | None:
    scheme = _REDIS_SCHEMES.get(urlsplit(queue_url).scheme)
    if scheme is None:
        return None
    options: dict[str, Any] = {"socket_timeout": REDIS_SECONDS, "socket_connect_timeout": REDIS_SECONDS}
    return RedisStorage(f"{scheme}:{queue_url.partition(':')[2]}", wrap_exceptions=True, **options)


def _too_many(explanation: str) -> LaunchRefused:
    refused = LaunchRefused(Check.RATE_LIMIT, explanation, status=429)
    refused.retry_after = WINDOW_SECONDS
    return refused
