"""The tools that this LMS knows: the one of its settings, and those that registered themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from practice_lms.groups import GROUPS_SCOPE
from practice_lms.settings import Settings

DEFAULT_TOOL = "default"
AGS_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/"
AGS_SCOPES = tuple(f"{AGS_SCOPE}{name}" for name in ("lineitem", "lineitem.readonly", "result.readonly", "score"))
NRPS_SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
NOTICES_SCOPE = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
EVERY_SCOPE = (*AGS_SCOPES, NRPS_SCOPE, NOTICES_SCOPE, GROUPS_SCOPE)


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A tool as it is registered here; `id` is ours alone, `scopes` are those that were granted.

    `targets` are the addresses of the message types that it registered, an inactive tool waits for an administrator.
    """

    id: str
    name: str
    client_id: str
    deployment_id: str
    login_url: str
    redirect_uris: tuple[str, ...]
    target: str
    key_set_url: str
    scopes: tuple[str, ...] = EVERY_SCOPE
    custom: Mapping[str, str] = field(default_factory=dict)
    targets: Mapping[str, str] = field(default_factory=dict)
    active: bool = True

    def target_of(self, message_type: str) -> str:
        """Return where a message of this type goes that belongs to no link."""
        return self.targets.get(message_type, self.target)

    @property
    def origin(self) -> str:
        """Return scheme, host and port of the tool."""
        parts = urlsplit(self.target)
        return f"{parts.scheme}://{parts.netloc}"


def default_tool(settings: Settings) -> Tool:
    """Return the tool that the settings name."""
    return Tool(
        id=DEFAULT_TOOL,
        name="Staffroom",
        client_id=settings.client_id,
        deployment_id=settings.deployment_id,
        login_url=settings.login_url,
        redirect_uris=(settings.redirect_uri,),
        target=settings.redirect_uri,
        key_set_url=settings.tool_key_set_url,
    )
