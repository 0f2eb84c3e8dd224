"""A facilitator in the picker, and what comes out of it: the form that goes to the LMS, and the token in it."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

import requests
from werkzeug.test import TestResponse

from practice_lms.server import RunningLms
from tests.lti_app.activities.journal.writing import hidden_fields
from tests.lti_app.lti.launching import call, claims_of
from tests.visitor import FACILITATOR, Visitor

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
SETTINGS = f"{DL}deep_linking_settings"
DEFAULTS = {
    "link-title": "Weekly reflection",
    "link-is_graded": "y",
    "prompt": "",
    "entries_required": "1",
    "minimum_words": "50",
    "due_at": "",
    "closes_at": "",
    "may_revise": "y",
    "time_zone": "UTC",
}
_FORM = re.compile(
    r'<form method="post" action="([^"]*)" data-send-now>\s*<input type="hidden" name="JWT" value="([^"]+)">'
)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """The answer as the browser posts it."""

    url: str
    token: str

    @property
    def claims(self) -> dict[str, Any]:
        """The token's claims, unverified."""
        return claims_of(self.token)

    @property
    def items(self) -> list[dict[str, Any]]:
        """The content items in it."""
        items: list[dict[str, Any]] = self.claims[f"{DL}content_items"]
        return items

    def deliver(self) -> requests.Response:
        """Post it to the LMS, as the browser does."""
        return requests.post(self.url, data={"JWT": self.token}, timeout=10)


def asked_settings(lms: RunningLms, **changes: Any) -> dict[str, Any]:
    """Return the settings of the LMS's next request with some changed; None leaves one out."""
    with lms.lms.reading() as state:
        number = len(state.deep_linkings) + 1
    asked = {
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe", "window"],
        "accept_multiple": True,
        "deep_link_return_url": f"{lms.url}/lti/deep-linking/return/{number}",
        **changes,
    }
    return {name: value for name, value in asked.items() if value is not None}


def ask(
    visitor: Visitor, *, person: str = FACILITATOR, claims: dict[str, Any] | None = None, **settings: Any
) -> TestResponse:
    """Send a request with these settings, and return the answer of the launch address."""
    asked = {SETTINGS: asked_settings(visitor.lms, **settings)} if settings else {}
    call(visitor.lms, "next-launch", {"claims": {**asked, **(claims or {})}})
    return visitor.post_token(visitor.token(visitor.begin_adding(person)).fields)


def pick(visitor: Visitor, **settings: Any) -> TestResponse:
    """Open the picker of a request with these settings."""
    landed = ask(visitor, **settings)
    assert landed.status_code == 303, landed.text
    return visitor.get(landed.headers["Location"])


def configure(visitor: Visitor, picker: TestResponse, *, then: str = "add", **fields: str | None) -> TestResponse:
    """Choose the journal, change some settings (None: an empty box), and press a button."""
    path = f"{picker.request.path}/journal"
    changed = {**DEFAULTS, **{name.replace("link_", "link-"): value for name, value in fields.items()}, "then": then}
    # A box that is not ticked is not posted: so only what is hidden is taken from the page.
    form: dict[str, Any] = {**hidden_fields(visitor.get(path)), **changed}
    return visitor.post(path, **{name: value for name, value in form.items() if value is not None})


def sent(page: TestResponse) -> Sent:
    """Return the answer that a page carries."""
    found = _FORM.search(page.text)
    assert found, page.text
    return Sent(url=unescape(found.group(1)), token=unescape(found.group(2)))


def shown(page: TestResponse) -> str:
    """Return the page's words, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text.partition("<main")[2].partition(">")[2])).split())
