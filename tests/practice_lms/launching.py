"""Beginning and taking up a launch with plain HTTP, as a browser between LMS and tool would."""

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import jwt
import requests

from practice_lms.server import RunningLms
from tests.practice_lms.small_tool import TIMEOUT_SECONDS, call_api

LTI = "https://purl.imsglobal.org/spec/lti/claim/"


@dataclass(frozen=True, kw_only=True)
class Posted:
    """What a page would post: where to, and the hidden fields."""

    action: str
    fields: dict[str, str]


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form":
            self.action = found.get("action") or ""
        if tag == "input" and found.get("type") == "hidden":
            self.fields[found.get("name") or ""] = found.get("value") or ""


def form_in(page: str) -> Posted:
    """Return the form of a page that sends itself."""
    form = _Form()
    form.feed(page)
    return Posted(action=form.action, fields=form.fields)


def begin(lms: RunningLms, what: str = "1", *, person: str = "102") -> dict[str, str]:
    """Begin a launch through the API and return the login parameters; `what` may bring a query of its own."""
    joint = "&" if "?" in what else "?"
    fields: dict[str, str] = call_api(lms, f"launch/{what}{joint}person={person}")["fields"]
    return fields


def login_request(lms: RunningLms, login: dict[str, str], **changes: str | None) -> dict[str, str]:
    """Return the parameters that a tool would send to the auth endpoint; None leaves one out."""
    asked: dict[str, str | None] = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": lms.settings.client_id,
        "redirect_uri": lms.settings.redirect_uri,
        "login_hint": login["login_hint"],
        "lti_message_hint": login["lti_message_hint"],
        "nonce": "a-nonce",
        "state": "a-state",
    }
    return {name: value for name, value in (asked | changes).items() if value is not None}


def take_up(lms: RunningLms, login: dict[str, str], **changes: str | None) -> requests.Response:
    """Send the login request of a tool and return the page that comes back."""
    asked = login_request(lms, login, **changes)
    return requests.get(f"{lms.url}/lti/auth", params=asked, timeout=TIMEOUT_SECONDS)


def launch(lms: RunningLms, what: str = "1", *, person: str = "102") -> Posted:
    """Launch and return what is posted to the tool."""
    return form_in(take_up(lms, begin(lms, what, person=person)).text)


def verified(lms: RunningLms, token: str, *, audience: str | None = None) -> dict[str, Any]:
    """Return the claims of an id_token after checking its signature with the published keys."""
    keys = requests.get(f"{lms.url}/lti/jwks.json", timeout=TIMEOUT_SECONDS).json()["keys"]
    by_kid = {row["kid"]: jwt.PyJWK(row) for row in keys}
    key = by_kid[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, algorithms=["RS256"], audience=audience or lms.settings.client_id)
