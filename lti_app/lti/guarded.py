"""Connections to public addresses only: what the name service says is checked, and that very address is used.

Who may name an address that we then ask (a platform that wants to be registered) must not reach what only this
machine reaches. The check sits where the socket is opened, so nothing can change between check and use. The name
itself stays with the connection: TLS asks for it and compares the certificate with it, as always.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError

from lti_app.addresses import is_public
from lti_app.errors import PlatformUnavailable


class AddressForbidden(PlatformUnavailable):
    """The name leads to an address that is not of the public internet."""

    def __init__(self) -> None:
        super().__init__("its address is not one of the public internet")


class _Deadline:
    """Closes the connections of one request when its time is up: no trickle of bytes holds a thread for ever."""

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self.is_over = False
        self._timer.start()

    def watch(self, connected: socket.socket) -> None:
        """Close this connection too; a copy of its handle is kept, since TLS takes the original over."""
        with self._lock:
            self._sockets.append(connected.dup())

    def cancel(self) -> None:
        """Stop watching."""
        self._timer.cancel()
        with self._lock:
            for watched in self._sockets:
                watched.close()
            self._sockets.clear()

    def _end(self) -> None:
        with self._lock:
            self.is_over = True
            for watched in self._sockets:
                try:
                    watched.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # it is closed already


_deadline: ContextVar[_Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give the guarded requests of the block so many seconds in all, from the connection to the last byte.

    Raises:
        TimeoutError: The time was up before the block ended.
    """
    deadline = _Deadline(seconds)
    token = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(token)
        deadline.cancel()
    if deadline.is_over:
        raise TimeoutError


def public_address(host: str, port: int) -> str:
    """Return the address to connect to: the first of the name's, all of which must be public.

    Raises:
        AddressForbidden: One of them is not.
        OSError: The name has none.
    """
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(is_public(address) for address in addresses):
        raise AddressForbidden
    return addresses[0]


class _Guarded(HTTPConnection):
    """Opens its socket to a checked address, and keeps the deadline."""

    is_checked = True

    def _new_conn(self) -> socket.socket:
        name = self._dns_host
        try:
            if self.is_checked:
                # The name comes back below, before TLS asks for it: it is `host` as well.
                self._dns_host = self._public_address(name)
            connected = super()._new_conn()
        finally:
            self._dns_host = name
        if (deadline := _deadline.get()) is not None:
            deadline.watch(connected)
        return connected

    def _public_address(self, name: str) -> str:
        try:
            return public_address(name, self.port)
        except (socket.gaierror, UnicodeError) as error:
            raise NameResolutionError(name, self, socket.gaierror(str(error))) from error


class _GuardedTls(_Guarded, HTTPSConnection):
    """The same under TLS."""


class _Unchecked(_Guarded):
    """Opens its socket to any address: a demo, a lab."""

    is_checked = False


class _UncheckedTls(_Unchecked, HTTPSConnection):
    """The same under TLS."""


class _GuardedPool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _GuardedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedTls


class _UncheckedPool(HTTPConnectionPool):
    ConnectionCls = _Unchecked


class _UncheckedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _UncheckedTls


class GuardedAdapter(HTTPAdapter):
    """Sends requests over guarded connections; `allow_private` leaves the addresses unchecked."""

    def __init__(self, *, allow_private: bool, connections: int) -> None:
        self._pools: dict[str, type[HTTPConnectionPool]] = (
            {"http": _UncheckedPool, "https": _UncheckedTlsPool}
            if allow_private
            else {"http": _GuardedPool, "https": _GuardedTlsPool}
        )
        super().__init__(pool_connections=connections, pool_maxsize=connections)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: object) -> None:
        """Make the pools, of our connections."""
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools
