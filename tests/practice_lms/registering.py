"""Registering a tool with plain HTTP, as its server would."""

from typing import Any

import requests

from practice_lms.server import RunningLms
from tests.practice_lms.small_tool import EVERY_SCOPE, SmallTool, call_api

TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-platform-configuration"


def metadata(tool: SmallTool) -> dict[str, Any]:
    """Return a good registration of the tool."""
    return {
        "application_type": "web",
        "client_name": "Second tool",
        "grant_types": ["implicit", "client_credentials"],
        "response_types": ["id_token"],
        "initiate_login_uri": f"{tool.url}/lti/login",
        "redirect_uris": [f"{tool.url}/lti/launch"],
        "jwks_uri": f"{tool.url}/lti/jwks.json",
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(EVERY_SCOPE),
        TOOL_CONFIGURATION: {
            "domain": tool.url.partition("://")[2],
            "target_link_uri": f"{tool.url}/lti/launch",
            "custom_parameters": {"course_hist": "$Context.id.history", "fixed": "x"},
            "claims": ["iss", "sub", "name"],
            "messages": [
                {
                    "type": "LtiDeepLinkingRequest",
                    "target_link_uri": f"{tool.url}/lti/pick",
                    "label": "Pick",
                    "custom_parameters": {"dlonly": "yes"},
                },
                {"type": "LtiResourceLinkRequest"},
                {"type": "LtiSubmissionReviewRequest", "target_link_uri": f"{tool.url}/lti/review"},
            ],
        },
    }


def begin_registration(lms: RunningLms, tool: SmallTool) -> str:
    """Make a ticket as the administrator, and return its token."""
    token: str = call_api(lms, "registrations", {"url": f"{tool.url}/lti/register/invite"})["token"]
    return token


def register(lms: RunningLms, document: object, *, token: str | None) -> requests.Response:
    """Post a registration."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.post(f"{lms.url}/lti/register", json=document, headers=headers, timeout=10)
