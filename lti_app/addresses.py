"""Web addresses, as browsers compare them; and which of them lead into a private network."""

import re
import socket
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

LONGEST_URL = 1024
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9.])?|[0-9a-f:.]*:[0-9a-f:.]*")
_PATTERN = re.compile(r"https://\*(\.[a-z0-9-]+){2,}")
_LOCAL_NAMES = (".localhost", ".local", ".internal", ".localdomain", ".home.arpa")
# Addresses of IPv6 that stand for one of IPv4 in their last 32 bits (RFC 6052); 6to4 is asked for by `sixtofour`.
_NAT64 = IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = IPv6Network("2000::/3")


class AddressProblem(StrEnum):
    """Why an address of a platform is not taken."""

    NO_WEB_ADDRESS = "no_web_address"
    PRIVATE = "private"


class Origins(frozenset[str]):
    """Origins as a content security policy writes them; `https://*.example.org` is every host below example.org."""

    def __contains__(self, origin: object) -> bool:
        """Whether the origin is one of these, or of a host below a name of these."""
        if not isinstance(origin, str) or "*" in origin:
            return False
        if super().__contains__(origin):
            return True
        host = urlsplit(origin).netloc
        return origin.startswith("https://") and any(
            host.endswith(pattern.removeprefix("https://*")) for pattern in self if pattern.startswith("https://*.")
        )


def origin_of(url: str) -> str | None:
    """Return the origin of a web address as browsers write it: lower case, no default port; None if it has none.

    What is no plain host name or address is refused: the origin stands in security headers.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    scheme, host = parts.scheme.lower(), (parts.hostname or "")
    if scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(host) or "@" in parts.netloc:
        return None
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" + ("" if port in {None, _DEFAULT_PORTS[scheme]} else f":{port}")


def host_of(url: str) -> str:
    """Return the host of a web address, in lower case; empty if it has none."""
    origin = origin_of(url)
    return (urlsplit(origin).hostname or "") if origin else ""


def problem_of(url: str, *, allow_private: bool) -> AddressProblem | None:
    """Return what speaks against an address of a platform, as far as it shows without asking the name service.

    `allow_private` takes plain http and addresses of this machine or its network: a demo, a lab.
    """
    origin = origin_of(url)
    if origin is None or not url.isprintable() or " " in url or len(url) > LONGEST_URL:
        return AddressProblem.NO_WEB_ADDRESS
    if not allow_private and (origin.startswith("http:") or is_private_host(host_of(url))):
        return AddressProblem.PRIVATE
    return None


def is_issuer(text: str) -> bool:
    """Whether a text can be a platform's issuer: one printable word; a web address is a well-formed one."""
    is_plain = text.isascii() and text.isprintable() and " " not in text and 0 < len(text) <= LONGEST_URL
    return is_plain and ("://" not in text or origin_of(text) is not None)


def other_origin_of(text: str) -> str | None:
    """Return a further origin of a platform as it is kept: of a web address, or a pattern `https://*.example.org`."""
    return text if _PATTERN.fullmatch(text) else origin_of(text)


def is_private_host(host: str) -> bool:
    """Whether a host is, as it is written, on this machine or its network; names are not looked up."""
    host = host.rstrip(".")
    try:
        # inet_aton reads what browsers and clients read too: 127.1, 2130706433, 0x7f000001.
        address = IPv6Address(host) if ":" in host else IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return host == "localhost" or host.endswith(_LOCAL_NAMES)
    return not is_public(str(address))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet; an IPv6 address that stands for an IPv4 one counts as that.

    Raises:
        ValueError: It is no IP address.
    """
    number = ip_address(address.partition("%")[0])
    if isinstance(number, IPv4Address):
        return number.is_global and not number.is_multicast
    inner = number.ipv4_mapped or number.sixtofour
    if number in _NAT64:
        inner = IPv4Address(int(number) & 0xFFFFFFFF)
    if inner is not None:
        return inner.is_global and not inner.is_multicast
    return number in _GLOBAL_UNICAST and number.is_global and number.teredo is None
