"""Line items, the columns of the platform's gradebook: listing and making them (AGS 2.0, 3.2)."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlencode, urlsplit, urlunsplit

from lti_app.addresses import origin_of
from lti_app.errors import PlatformRefused, PlatformUnavailable, Refusal
from lti_app.lti.connector import PlatformConnector, is_rate_limit_text, retry_after
from lti_app.lti.outbound import Answer
from lti_app.lti.paging import next_page

LINE_ITEM_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
LINE_ITEM_READ_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
# Moodle 4.5.6 answers 400 to any other spelling of these (ran).
LINE_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
CONTAINER_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
MAX_PAGES = 100
MAX_URL = 2048
# Known by the address of their lists; Open edX sends no claim that names the product.
_LEAVES_COLUMNS_TO_TOOLS = (
    # Brightspace makes no column for a link by itself (vendor documents).
    "/d2l/api/lti/ags/",
    # Open edX grants the scope to make one only where the author chose “programmatic”; then it makes none (source).
    "/api/lti_consumer/",
)
_REFUSALS = {
    401: Refusal.ACCESS_WITHDRAWN,
    403: Refusal.SCOPE_MISSING,
    404: Refusal.LINE_ITEM_GONE,
    410: Refusal.LINE_ITEM_GONE,
}


@dataclass(frozen=True, kw_only=True)
class LineItem:
    """A column as the platform tells of it, as far as it tells whose it is; texts are empty where it says nothing."""

    url: str
    resource_link_id: str
    resource_id: str
    tag: str


@dataclass(frozen=True, kw_only=True)
class NewLineItem:
    """A column to make: one point, for one resource link."""

    label: str
    resource_link_id: str
    resource_id: str
    tag: str

    def to_json(self) -> str:
        """Return the body to send."""
        return json.dumps(
            {
                "label": self.label,
                # A whole number: Open edX refuses any other (Redwood, ran).
                "scoreMaximum": 1,
                "resourceId": self.resource_id,
                "tag": self.tag,
                "resourceLinkId": self.resource_link_id,
            }
        )


def reading_scope(scopes: Sequence[str]) -> str | None:
    """Return which of the granted scopes lists line items, or None where none does."""
    return next((scope for scope in (LINE_ITEM_SCOPE, LINE_ITEM_READ_SCOPE) if scope in scopes), None)


def leaves_columns_to_tools(line_items_url: str) -> bool:
    """Whether this is a platform that makes no column by itself and expects the tool to."""
    return any(part in urlsplit(line_items_url).path for part in _LEAVES_COLUMNS_TO_TOOLS)


def list_line_items(
    connector: PlatformConnector, line_items_url: str, *, scope: str, **filters: str
) -> Iterator[LineItem]:
    """Yield the tool's line items in the platform's order, page after page.

    `filters` are `resource_link_id`, `resource_id` and `tag` (AGS 2.0, 3.2.3); platforms that ignore them give more.

    Raises:
        PlatformUnavailable: No usable answer, or a list without an end: whether an item is there is unknown.
        PlatformRefused: As `PlatformConnector.send`, or the platform does not show its line items.
    """
    url: str | None = _with_query(line_items_url, filters)
    seen: set[str] = set()
    while url is not None:
        if url in seen or len(seen) == MAX_PAGES:
            raise PlatformUnavailable("the list of line items has no end")
        seen.add(url)
        answer = connector.send("GET", url, scopes=[scope], headers={"Accept": CONTAINER_TYPE})
        if answer.status != 200:
            _raise(answer)
        yield from _line_items(answer)
        url = next_page(answer, url=url)


def make_line_item(connector: PlatformConnector, line_items_url: str, *, new: NewLineItem) -> LineItem:
    """Make a line item and return it as the platform has it.

    Raises:
        PlatformUnavailable: The outcome is unknown: it may have been made.
        PlatformRefused: As `PlatformConnector.send`, or the platform made none.
    """
    answer = connector.send(
        "POST",
        line_items_url,
        scopes=[LINE_ITEM_SCOPE],
        headers={"Content-Type": LINE_ITEM_TYPE, "Accept": LINE_ITEM_TYPE},
        body=new.to_json().encode(),
    )
    if answer.status not in {200, 201}:
        _raise(answer)
    return _line_item(answer.json())


def _raise(answer: Answer) -> NoReturn:
    status = answer.status
    if status == 429 or (status == 403 and is_rate_limit_text(answer)):
        raise PlatformUnavailable("throttled", status=status, retry_after=retry_after(answer))
    if 400 <= status < 500 and status != 408:
        reason = _REFUSALS.get(status, Refusal.OUR_FAULT)
        raise PlatformRefused("the line items are refused", reason=reason, status=status)
    raise PlatformUnavailable("no line items just now", status=status, retry_after=retry_after(answer))


def _line_items(answer: Answer) -> list[LineItem]:
    document = answer.json()
    if not isinstance(document, list):
        raise PlatformUnavailable("the line items are malformed", status=answer.status)
    return [_line_item(entry) for entry in document]


def _line_item(entry: Any) -> LineItem:
    """Read one line item; one that cannot be read may be the one looked for, so it is never passed over."""
    if not isinstance(entry, dict) or not _is_address(entry.get("id")):
        raise PlatformUnavailable("a line item is malformed")
    return LineItem(
        url=entry["id"],
        resource_link_id=_text(entry, "resourceLinkId"),
        resource_id=_text(entry, "resourceId"),
        tag=_text(entry, "tag"),
    )


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MAX_URL and value.isprintable() and origin_of(value) is not None


def _text(entry: dict[str, Any], name: str) -> str:
    value = entry.get(name)
    # Some platforms write ids as bare numbers.
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return str(value)
    return value if isinstance(value, str) else ""


def _with_query(url: str, query: dict[str, str]) -> str:
    """Return the address with more in its query; its own stays: Moodle's ends in `?type_id=1` (recorded)."""
    parts = urlsplit(url)
    joined = "&".join(part for part in (parts.query, urlencode(query)) if part)
    return urlunsplit(parts._replace(query=joined))
