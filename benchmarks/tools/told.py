"""What the tools of this folder are told by their environment: the platform, and where their database is."""

import os
from dataclasses import dataclass

from benchmarks.lms import Lms

_PREFIX = "BENCHMARK_"


@dataclass(frozen=True, kw_only=True)
class Told:
    """The platform's addresses, and the path of an SQLite file that the tool may make."""

    issuer: str
    auth_url: str
    token_url: str
    jwks_url: str
    database: str


def tell(lms: Lms, *, database: str) -> dict[str, str]:
    """Return the environment that says it."""
    addresses = {
        "issuer": lms.issuer,
        "auth_url": lms.auth_url,
        "token_url": lms.token_url,
        "jwks_url": lms.jwks_url,
        "database": database,
    }
    return {_PREFIX + name.upper(): value for name, value in addresses.items()}


def told() -> Told:
    """Read the environment."""
    return Told(**{name: os.environ[_PREFIX + name.upper()] for name in Told.__dataclass_fields__})
