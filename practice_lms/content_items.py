"""Reading the content items of a deep linking answer, strictly (deep linking 2.0 §3)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from practice_lms.json_numbers import finite
from practice_lms.manner import ContentType, DeepLinkingOffer, DocumentTarget

LONGEST_TITLE = 255
REVIEWABLE_STATUSES = frozenset(("None", "NotReady", "Initialized", "Started", "InProgress", "Submitted", "Completed"))
_REQUIRED = {ContentType.LINK: "url", ContentType.FILE: "url", ContentType.IMAGE: "url", ContentType.HTML: "html"}
_WORDS = {ContentType.LTI_RESOURCE_LINK: "links to the tool"}


class AnswerRefusedError(Exception):
    """The tool's answer was not accepted; the message is one sentence for people."""


@dataclass(frozen=True, kw_only=True)
class WantedColumn:
    """The line item that an item asks for; `score_maximum` is in points."""

    score_maximum: float
    label: str
    resource_id: str
    tag: str
    submission_review: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class ContentItem:
    """One item that is in order; `sent` is the whole of it, with what this LMS does not honour."""

    type: ContentType
    title: str
    text: str
    url: str | None
    opens_window: bool
    custom: Mapping[str, str] = field(default_factory=dict)
    column: WantedColumn | None = None
    sent: Mapping[str, Any]


def read_items(value: object, offer: DeepLinkingOffer, *, tool_url: str) -> tuple[ContentItem, ...]:
    """Read `content_items` and check it against what the request offered to take.

    Raises:
        AnswerRefusedError: when one of them is not as it must be, or more come than were asked for.
    """
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise AnswerRefusedError("The tool’s answer is not in order: content_items is not a list of items.")
    if len(value) > 1 and offer.accept_multiple is not True:
        raise AnswerRefusedError("The tool sent several items, but was asked for one.")
    return tuple(_item(row, offer, tool_url=tool_url) for row in value)


def _item(row: dict[str, Any], offer: DeepLinkingOffer, *, tool_url: str) -> ContentItem:
    kind = row.get("type")
    if kind not in offer.accept_types:
        taken = ", ".join(_WORDS.get(each, each) for each in offer.accept_types)
        raise AnswerRefusedError(f"Only {taken or 'nothing at all'} can be added, not {kind!r}.")
    item_type = ContentType(kind)
    required = _REQUIRED.get(item_type)
    if required and not row.get(required):
        raise AnswerRefusedError(f"An item of the type {item_type} has no {required}.")
    title = _text(row, "title")
    if len(title) > LONGEST_TITLE:
        raise AnswerRefusedError(f"A title is longer than {LONGEST_TITLE} characters.")
    is_link = item_type is ContentType.LTI_RESOURCE_LINK
    _check_presentation(row, offer)
    return ContentItem(
        type=item_type,
        title=title or "Untitled activity",
        text=_text(row, "text"),
        url=_url(row, tool_url=tool_url if is_link else ""),
        opens_window="window" in row,
        custom=_custom(row.get("custom")) if is_link else {},
        column=_column(row.get("lineItem")) if is_link and offer.accept_lineitem is not False else None,
        sent=row,
    )


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise AnswerRefusedError(f"The {name} of an item is not text.")
    return value


def _url(row: Mapping[str, Any], *, tool_url: str) -> str | None:
    value = row.get("url")
    if value is None:
        return None
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        raise AnswerRefusedError("The url of an item is not a web address.")
    if tool_url and not value.startswith(f"{tool_url}/"):
        raise AnswerRefusedError("A link does not lead to the tool.")
    return value


def _check_presentation(row: Mapping[str, Any], offer: DeepLinkingOffer) -> None:
    for target in (DocumentTarget.WINDOW, DocumentTarget.IFRAME, DocumentTarget.EMBED):
        if target not in row:
            continue
        if target not in offer.accept_presentation_document_targets:
            raise AnswerRefusedError(f"An item wants to be shown in {target}, which was not offered.")
        _check_sizes(_object(row, target), target)
    for name in ("icon", "thumbnail"):
        if name in row:
            image = _object(row, name)
            _check_sizes(image, name)
            if not isinstance(image.get("url"), str):
                raise AnswerRefusedError(f"The {name} of an item has no url.")
    for name in ("available", "submission"):
        if name in row:
            _check_period(_object(row, name), name)


def _object(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = row[name]
    if not isinstance(value, dict):
        raise AnswerRefusedError(f"The {name} of an item is not a JSON object.")
    return value


def _check_sizes(shown: Mapping[str, Any], name: str) -> None:
    for side in ("width", "height"):
        value = shown.get(side, 1)
        if type(value) is not int or value < 1:
            raise AnswerRefusedError(f"The {side} of {name} is not a whole number of pixels.")


def _check_period(period: Mapping[str, Any], name: str) -> None:
    moments = [_moment(period[side], name) for side in ("startDateTime", "endDateTime") if period.get(side)]
    if len(moments) == 2 and moments[1] < moments[0]:
        raise AnswerRefusedError(f"The {name} period of an item ends before it begins.")


def _moment(value: object, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise AnswerRefusedError(f"A date of {name} is not ISO 8601 with a time zone.")
    return moment


def _custom(value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise AnswerRefusedError("The custom parameters of an item are not a JSON object.")
    return {str(name): each if isinstance(each, str) else json.dumps(each) for name, each in value.items()}


def _column(value: object) -> WantedColumn | None:
    if value is None:
        return None
    maximum = finite(value.get("scoreMaximum")) if isinstance(value, dict) else None
    if not isinstance(value, dict) or maximum is None or maximum <= 0:
        raise AnswerRefusedError("A line item has no positive scoreMaximum.")
    return WantedColumn(
        score_maximum=maximum,
        label=_text(value, "label"),
        resource_id=_text(value, "resourceId"),
        tag=_text(value, "tag"),
        submission_review=_submission_review(value),
    )


def _submission_review(line_item: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if line_item.get("submissionReview") is None:
        return None
    review = _object(line_item, "submissionReview")
    statuses = review.get("reviewableStatus", [])
    if not isinstance(statuses, list) or not all(each in REVIEWABLE_STATUSES for each in map(str, statuses)):
        raise AnswerRefusedError("The submissionReview of a line item names a status that does not exist.")
    if not isinstance(review.get("custom", {}), dict):
        raise AnswerRefusedError("The submissionReview of a line item has custom parameters that are no object.")
    return review
