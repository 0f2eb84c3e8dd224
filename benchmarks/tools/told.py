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
    key_caching: str = "on"
    example: str = "off"

    @property
    def caches_keys(self) -> bool:
        """Whether a plain tool keeps the platform's key set, which the library leaves off."""
        return self.key_caching == "on"

    @property
    def follows_example(self) -> bool:
        """Whether a plain tool also checks cookies and reads its configuration as the library's own example does."""
        return self.example == "on"


def tell(lms: Lms, *, database: str, key_caching: str = "on", example: str = "off") -> dict[str, str]:
    """Return the environment that says it."""
    addresses = {
        "issuer": lms.issuer,
        "auth_url": lms.auth_url,
        "token_url": lms.token_url,
        "jwks_url": lms.jwks_url,
        "database": database,
        "key_caching": key_caching,
        "example": example,
    }
    return {_PREFIX + name.upper(): value for name, value in addresses.items()}


def told() -> Told:
    """Read the environment."""
    return Told(**{name: os.environ[_PREFIX + name.upper()] for name in Told.__dataclass_fields__})
