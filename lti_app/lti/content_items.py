"""The answer to a deep linking request: resource links, in a token that we sign (LTI deep linking 2.0, 3.2 and 4.5)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from lti_app.clock import Period, now
from lti_app.lti.claims import CLAIM
from lti_app.lti.connector import BACKDATE_SECONDS
from lti_app.lti.deep_linking import DEEP_LINKING_CLAIM, RESOURCE_LINK
from lti_app.models.platform import Registration

DEEP_LINKING_RESPONSE = "LtiDeepLinkingResponse"
ANSWER_SECONDS = 300
# Moodle 4.5.6 refuses longer titles (recorded).
MAX_TITLE = 255
# In the order of our liking; a platform that takes neither shows the link in its own page. Canvas knows no other
# name of a window than _blank (its deep linking documentation).
_SIZES: Mapping[str, Mapping[str, Any]] = {
    "iframe": {"width": 800, "height": 900},
    "window": {"targetName": "_blank", "width": 1000, "height": 800},
}


@dataclass(frozen=True, kw_only=True)
class WantedLineItem:
    """The gradebook column that comes with a link: 1 point, for complete.

    `resource_id` and `tag` find the column again; a submission review opens the activity itself.
    """

    label: str
    resource_id: str
    tag: str
    review_url: str

    def to_json(self) -> dict[str, Any]:
        """Return it as the specification writes it (deep linking 2.0, 3.2.5.1; submission review 1.0, 3.2)."""
        return {
            "scoreMaximum": 1,
            "label": self.label,
            "resourceId": self.resource_id,
            "tag": self.tag,
            "submissionReview": {"reviewableStatus": ["Completed"], "url": self.review_url},
        }


@dataclass(frozen=True, kw_only=True)
class ResourceLinkItem:
    """One link to an activity; `document_targets` are those that the platform takes."""

    url: str
    title: str
    text: str = ""
    custom: Mapping[str, str] = field(default_factory=dict)
    line_item: WantedLineItem | None = None
    document_targets: Sequence[str] = ()
    available: Period = field(default_factory=Period)
    submission: Period = field(default_factory=Period)

    def to_json(self) -> dict[str, Any]:
        """Return it as the specification writes it (deep linking 2.0, 3.2.5); what is not said is left out."""
        said = {
            "title": self.title[:MAX_TITLE],
            "text": self.text,
            "custom": dict(self.custom),
            "lineItem": self.line_item.to_json() if self.line_item else None,
            **_presentation(self.document_targets),
            "available": _period(self.available),
            "submission": _period(self.submission),
        }
        return {"type": RESOURCE_LINK, "url": self.url, **{name: value for name, value in said.items() if value}}


def answer_claims(
    registration: Registration,
    *,
    deployment_id_on_platform: str,
    data: str | None,
    items: Iterable[ResourceLinkItem],
) -> dict[str, Any]:
    """Return the claims of the answer, to be signed with our key; good for five minutes.

    No items is an answer too: nothing was chosen. `data` is left out where the platform sent none.
    """
    issued_at = int(now().timestamp()) - BACKDATE_SECONDS
    claims = {
        "iss": registration.client_id,
        "aud": [registration.issuer],
        "iat": issued_at,
        "exp": issued_at + ANSWER_SECONDS,
        "nonce": uuid4().hex,
        f"{CLAIM}version": "1.3.0",
        f"{CLAIM}message_type": DEEP_LINKING_RESPONSE,
        f"{CLAIM}deployment_id": deployment_id_on_platform,
        f"{DEEP_LINKING_CLAIM}content_items": [item.to_json() for item in items],
    }
    return claims if data is None else {**claims, f"{DEEP_LINKING_CLAIM}data": data}


def _presentation(targets: Sequence[str]) -> dict[str, Any]:
    """Return the one presentation to ask for: Canvas opens a window wherever a window is named."""
    return next(({target: dict(size)} for target, size in _SIZES.items() if target in targets), {})


def _period(period: Period) -> dict[str, str]:
    moments = {"startDateTime": period.start, "endDateTime": period.end}
    return {name: moment.isoformat() for name, moment in moments.items() if moment}
