"""A round of deep linking with plain HTTP: the request's claims, a good answer, and sending it."""

import time
import uuid
from typing import Any

import requests

from practice_lms.server import RunningLms
from tests.practice_lms.launching import LTI, launch, verified
from tests.practice_lms.small_tool import SmallTool

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
LINK = {
    "type": "ltiResourceLink",
    "title": "Four lenses",
    "text": "One event, four ways to look.",
    "custom": {"activity_type": "journal", "who": "$User.username", "odd": "$Nobody.knows", "count": 3},
    "lineItem": {"scoreMaximum": 1, "label": "ignored", "resourceId": "t-1", "tag": "journal"},
    "window": {"targetName": "_blank"},
}


def request_claims(lms: RunningLms) -> dict[str, Any]:
    """Launch a round as the facilitator and return the claims that reach the tool."""
    return verified(lms, launch(lms, "deep-linking", person="101").fields["id_token"])


def response_claims(lms: RunningLms, request: dict[str, Any], *items: object) -> dict[str, Any]:
    """Return a good answer with these items, or with one link."""
    now = int(time.time())
    data = request[f"{DL}deep_linking_settings"].get("data")
    return {
        "iss": lms.settings.client_id,
        "aud": [lms.url],
        "iat": now - 5,
        "exp": now + 300,
        "nonce": uuid.uuid4().hex,
        f"{LTI}deployment_id": "1",
        f"{LTI}message_type": "LtiDeepLinkingResponse",
        f"{LTI}version": "1.3.0",
        f"{DL}data": data,
        f"{DL}content_items": list(items or [LINK]),
    }


def send_answer(lms: RunningLms, tool: SmallTool, claims: dict[str, Any], *, number: int = 1) -> requests.Response:
    """Sign an answer and post it to the return address of a round."""
    url = f"{lms.url}/lti/deep-linking/return/{number}"
    return requests.post(url, data={"JWT": tool.sign(claims)}, timeout=10)


def add_link(lms: RunningLms, tool: SmallTool, *items: object) -> requests.Response:
    """Go through a whole round, the first of this LMS."""
    return send_answer(lms, tool, response_claims(lms, request_claims(lms), *items))
