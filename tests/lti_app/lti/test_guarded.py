"""Connections to public addresses only: checked where the socket is opened, under the name that was asked for."""

import datetime
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from urllib3.util import connection

from lti_app.clock import now
from lti_app.errors import PlatformUnavailable
from lti_app.lti.guarded import AddressForbidden, public_address, within
from lti_app.lti.outbound import Outbound
from tests.lti_app.lti.bare_platform import BarePlatform, Told
from tests.lti_app.lti.registering import lead_names_to

PUBLIC = "93.184.216.34"


@dataclass
class Connections:
    """Where connections were opened to; each one leads to this machine instead, so that something answers."""

    port: int
    opened: list[tuple[str, int]] = field(default_factory=list)

    def __call__(self, address: tuple[str, int], *_rest: Any, **_options: Any) -> socket.socket:
        """Open one."""
        self.opened.append(address)
        connected = socket.socket()
        connected.connect(("127.0.0.1", self.port))
        return connected


@pytest.fixture
def public_only() -> Iterator[Outbound]:
    outbound = Outbound(public_only=True)
    yield outbound
    outbound.close()


def _lead_connections_to(monkeypatch: pytest.MonkeyPatch, port: int) -> Connections:
    connections = Connections(port)
    monkeypatch.setattr(connection, "create_connection", connections)
    return connections


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["10.0.0.5"], ["169.254.169.254"], ["::1"], ["::ffff:127.0.0.1"], ["fd00::1"], ["64:ff9b::7f00:1"],
     [PUBLIC, "10.0.0.5"], ["10.0.0.5", PUBLIC], [PUBLIC, "::1"]],
    ids=str,
)  # fmt: skip
def test_name_when_any_of_its_addresses_is_private_then_nothing_is_opened(
    public_only: Outbound, bare: BarePlatform, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    lead_names_to(monkeypatch, lambda _host: addresses)
    connections = _lead_connections_to(monkeypatch, int(bare.url.rpartition(":")[2]))

    with pytest.raises(AddressForbidden, match="its address is not one of the public internet"):
        public_only.send("GET", "http://lms.example/register")

    assert (connections.opened, bare.asked) == ([], [])


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "localhost"]
)
def test_host_when_it_is_a_private_address_itself_then_nothing_is_opened(
    public_only: Outbound, bare: BarePlatform, host: str
) -> None:
    port = bare.url.rpartition(":")[2]

    with pytest.raises(PlatformUnavailable):
        public_only.send("GET", f"http://{host}:{port}/register")

    assert bare.asked == []


def test_name_when_it_changes_between_check_and_use_then_the_checked_address_is_used(
    public_only: Outbound, bare: BarePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])
    asked = lead_names_to(monkeypatch, lambda _host: next(answers))
    connections = _lead_connections_to(monkeypatch, int(bare.url.rpartition(":")[2]))

    answer = public_only.send("GET", "http://lms.example:8080/register")

    assert (answer.status, asked, connections.opened) == (200, ["lms.example"], [(PUBLIC, 8080)])
    assert bare.asked[0].headers["Host"] == "lms.example:8080"


def test_name_when_it_turns_private_later_then_the_next_connection_is_refused(
    public_only: Outbound, bare: BarePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    lead_names_to(monkeypatch, lambda _host: next(answers))
    _lead_connections_to(monkeypatch, int(bare.url.rpartition(":")[2]))
    public_only.send("GET", "http://lms.example/first")

    with pytest.raises(AddressForbidden):
        public_only.send("GET", "http://lms.example/second")

    assert bare.paths() == ["/first"]


def test_redirect_when_it_leads_to_a_private_address_then_not_followed(
    public_only: Outbound, bare: BarePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare.answer = lambda _asked: Told(status=302, headers={"Location": f"{bare.url}/inside"})
    lead_names_to(monkeypatch, lambda _host: [PUBLIC])
    _lead_connections_to(monkeypatch, int(bare.url.rpartition(":")[2]))

    answer = public_only.send("GET", "http://lms.example/outside")

    assert (answer.status, bare.paths()) == (302, ["/outside"])


def test_name_when_there_is_none_then_unavailable(public_only: Outbound, monkeypatch: pytest.MonkeyPatch) -> None:
    lead_names_to(monkeypatch, lambda _host: [])

    with pytest.raises(PlatformUnavailable, match="no answer"):
        public_only.send("GET", "http://lms.example/")


def test_public_address_when_there_are_several_then_the_first_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    lead_names_to(monkeypatch, lambda _host: ["2606:4700::1111", PUBLIC])

    assert public_address("lms.example", 443) == "2606:4700::1111"


def test_tls_when_connected_to_the_checked_address_then_name_and_certificate_are_those_of_the_host(
    public_only: Outbound, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lead_names_to(monkeypatch, lambda _host: [PUBLIC])
    with _tls_server("lms.example", tmp_path) as server:
        connections = _lead_connections_to(monkeypatch, server.port)
        public_only._session.verify = str(server.authority)  # noqa: SLF001 - the lab's authority is in no trust store

        answer = public_only.send("GET", "https://lms.example/register")
        with pytest.raises(PlatformUnavailable, match="SSLError"):
            public_only.send("GET", "https://other.example/register")

    assert (answer.status, answer.body) == (200, b"over TLS")
    assert server.names == ["lms.example", "other.example"]
    assert connections.opened == [(PUBLIC, 443)] * 2


def test_answer_when_it_trickles_then_ended_when_the_time_is_up() -> None:
    outbound = Outbound()
    with socket.create_server(("127.0.0.1", 0)) as listening, _trickling(listening):
        port = listening.getsockname()[1]
        began = time.monotonic()

        with pytest.raises((PlatformUnavailable, TimeoutError)), within(0.5):
            outbound.send("GET", f"http://127.0.0.1:{port}/")

    outbound.close()
    assert time.monotonic() - began < 2


def test_answer_when_in_time_then_whole(bare: BarePlatform) -> None:
    outbound = Outbound()

    with within(5):
        answer = outbound.send("GET", f"{bare.url}/")

    outbound.close()
    assert answer.body == b"{}"


class _trickling:  # noqa: N801 - reads as a block
    """Answers one connection a byte at a time, each within any read time-out."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening, self._stop = listening, threading.Event()
        self._thread = threading.Thread(target=self._answer)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _answer(self) -> None:
        connected, _ = self._listening.accept()
        with connected:
            try:
                connected.sendall(b"HTTP/1.1 200 OK\r\n")
                while not self._stop.wait(0.05):
                    connected.sendall(b"X")
            except OSError:
                return  # the tool has hung up


@dataclass
class _TlsServer:
    port: int
    authority: Path
    names: list[str | None]


class _tls_server:  # noqa: N801 - reads as a block
    """A server with a certificate for one name, which notes the names that it was asked for."""

    def __init__(self, name: str, folder: Path) -> None:
        self._authority, self._pem = _certificate(name, folder)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._names: list[str | None] = []

    def __enter__(self) -> _TlsServer:
        self._thread.start()
        return _TlsServer(self._listening.getsockname()[1], self._authority, self._names)

    def __exit__(self, *_error: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._pem)
        context.sni_callback = lambda _socket, name, _context: self._names.append(name)
        while True:
            try:
                connected, _ = self._listening.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(connected, server_side=True) as tls:
                    tls.recv(65536)
                    tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\nover TLS")
            except OSError:
                continue  # the tool did not like the certificate


def _certificate(name: str, folder: Path) -> tuple[Path, Path]:
    """Write a certificate that is its own authority, and the same with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    day = datetime.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now() - day)
        .not_valid_after(now() + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    authority, both = folder / "authority.pem", folder / "both.pem"
    authority.write_bytes(pem)
    both.write_bytes(pem + private)
    return authority, both
