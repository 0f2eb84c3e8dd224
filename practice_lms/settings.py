"""What one practice LMS is started with: its own address, the tool's, and where it keeps its state."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How one practice LMS is set up; every address comes without a slash at its end."""

    issuer: str = "http://127.0.0.1:9000"
    tool_url: str = "http://localhost:8000"
    client_id: str = "practice-staffroom"
    deployment_id: str = "1"
    state_file: Path | None = None
    clock_offset_seconds: int = 0

    @property
    def login_url(self) -> str:
        """Return where the tool starts a login (OIDC third-party initiated login)."""
        return f"{self.tool_url}/lti/login"

    @property
    def redirect_uri(self) -> str:
        """Return the one address to which id_tokens are posted; also the target of every link."""
        return f"{self.tool_url}/lti/launch"

    @property
    def tool_key_set_url(self) -> str:
        """Return where the tool publishes its public keys."""
        return f"{self.tool_url}/lti/jwks.json"

    @property
    def token_url(self) -> str:
        """Return the address of our token endpoint, which assertions must name as their audience."""
        return f"{self.issuer}/lti/token"

    @property
    def audience(self) -> str:
        """Return the authorization server that assertions are for where a switch says so, as with D2L."""
        return f"{self.issuer}/lti/audience"
