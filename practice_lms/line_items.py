"""Line items as the tool sees them (AGS 2.0 §3.2): their addresses, their JSON, and reading what it sends."""

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

from practice_lms.course import LineItem
from practice_lms.settings import Settings
from practice_lms.state import State
from practice_lms.tools import Tool

LONGEST_TEXT = 255


class LineItemRefusedError(Exception):
    """A line item was not accepted; carries the status of the answer and a reason for people."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def line_items_url(settings: Settings, tool: Tool, course_id: int) -> str:
    """Return the address of a course's container; as Moodle's it carries the tool's type in its query."""
    return f"{settings.issuer}/lti/courses/{course_id}/lineitems?type_id={tool.deployment_id}"


def line_item_url(settings: Settings, state: State, line_item: LineItem, *, below: str = "") -> str:
    """Return the address of one line item, or of what lies below it (`/scores`, `/results`)."""
    path = f"/lti/courses/{line_item.course_id}/lineitems/{line_item.id}/lineitem{below}"
    return f"{settings.issuer}{path}?type_id={state.tools[line_item.tool].deployment_id}"


def line_item_json(settings: Settings, state: State, line_item: LineItem) -> dict[str, Any]:
    """Return a line item in the shape of the specification."""
    shown: dict[str, Any] = {
        "id": line_item_url(settings, state, line_item),
        "label": line_item.label,
        "scoreMaximum": line_item.score_maximum,
        "resourceId": line_item.resource_id,
        "tag": line_item.tag,
    }
    if line_item.activity_id is not None:
        shown["resourceLinkId"] = str(line_item.activity_id)
        shown["ltiLinkId"] = str(line_item.activity_id)
    if line_item.submission_review is not None:
        shown["submissionReview"] = dict(line_item.submission_review)
    return shown


def parse_line_item(body: bytes, state: State, *, place: LineItem) -> LineItem:
    """Read a posted or put line item, every field of it: what is left out is emptied.

    `place` says where it goes: its number, its course and its tool.

    Raises:
        LineItemRefusedError: 400 for what cannot be read, 403 for a resource link that is not the tool's.
    """
    fields = _object(body)
    label = _text(fields, "label")
    if not label.strip():
        raise LineItemRefusedError(400, "label is missing")
    return replace(
        place,
        activity_id=_activity_id(fields, state, place),
        label=label,
        score_maximum=_maximum(fields),
        resource_id=_text(fields, "resourceId"),
        tag=_text(fields, "tag"),
    )


def replace_line_item(state: State, changed: LineItem) -> None:
    """Store a changed line item; a new maximum turns wiped grades into 0, as Moodle 4.5.6 was seen to do."""
    before = state.line_items[changed.id]
    state.line_items[changed.id] = changed
    if before.score_maximum == changed.score_maximum:
        return
    for key, grade in state.grades.items():
        if key[0] == changed.id:
            state.grades[key] = replace(grade, score=grade.score or 0.0)


def _object(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise LineItemRefusedError(400, "the body is not JSON") from error
    if not isinstance(fields, dict):
        raise LineItemRefusedError(400, "the body is not a JSON object")
    return fields


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name, "")
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise LineItemRefusedError(400, f"{name} is not text of at most {LONGEST_TEXT} characters")
    return value


def _maximum(fields: dict[str, Any]) -> float:
    value = fields.get("scoreMaximum")
    if isinstance(value, int | float) and not isinstance(value, bool):
        with suppress(OverflowError):
            maximum = float(value)
            if maximum > 0 and maximum.is_integer():
                return maximum
    raise LineItemRefusedError(400, "scoreMaximum must be a positive whole number")


def _activity_id(fields: dict[str, Any], state: State, place: LineItem) -> int | None:
    link = fields.get("resourceLinkId", fields.get("ltiLinkId"))
    if link is None:
        return None
    if not isinstance(link, str) or not link.isascii() or not link.isdigit():
        raise LineItemRefusedError(400, "resourceLinkId is not one of ours")
    activity = state.activities.get(int(link))
    if activity is None or (activity.course_id, activity.tool) != (place.course_id, place.tool):
        raise LineItemRefusedError(403, "resourceLinkId is not a link of this tool")
    return int(link)
