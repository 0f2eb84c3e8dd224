"""The rules by which a posted score becomes a grade (AGS 2.0, as Moodle 4.5.6 was seen to apply them)."""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from practice_lms.course import LineItem

ACTIVITY_PROGRESS = ("Initialized", "Started", "InProgress", "Submitted", "Completed")
GRADING_PROGRESS = ("NotReady", "Failed", "Pending", "PendingManual", "FullyGraded")


@dataclass(frozen=True, kw_only=True)
class Grade:
    """What one cell of the gradebook holds; `score` is in points of the line item, None when wiped."""

    line_item_id: int
    person_id: str
    score: float | None
    timestamp: datetime
    comment: str
    received_at: datetime


@dataclass(frozen=True, kw_only=True)
class Score:
    """A score as posted; `given` is out of `maximum` and becomes None unless it is FullyGraded."""

    person_id: str
    timestamp: datetime
    given: float | None
    maximum: float
    comment: str


class ScoreRefusedError(Exception):
    """A score was not stored; carries the status of the answer and a reason for people."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def parse_score(body: bytes) -> Score:
    """Read a posted score.

    Raises:
        ScoreRefusedError: 400, when a part is missing or cannot be what the specification asks for.
    """
    fields = _object(body)
    _check_progress(fields)
    given = _points(fields, "scoreGiven")
    maximum = _points(fields, "scoreMaximum")
    if given is not None and (maximum is None or maximum <= 0 or given < 0):
        raise ScoreRefusedError(400, "scoreGiven must not be negative, and needs a positive scoreMaximum")
    if maximum is not None and maximum <= 0:
        raise ScoreRefusedError(400, "scoreMaximum must be positive")
    return Score(
        person_id=_text(fields, "userId"),
        timestamp=parse_timestamp(fields.get("timestamp")),
        given=given if fields["gradingProgress"] == "FullyGraded" else None,
        maximum=maximum or 1.0,
        comment=_text(fields, "comment", default=""),
    )


def grade_from(score: Score, line_item: LineItem, *, stored: Grade | None, received_at: datetime) -> Grade:
    """Return the grade that this score leaves in the cell: scaled to the line item and capped there.

    Raises:
        ScoreRefusedError: 409, when the cell holds an equal or newer timestamp (compared in whole seconds).
    """
    if stored is not None and int(stored.timestamp.timestamp()) >= int(score.timestamp.timestamp()):
        raise ScoreRefusedError(409, "the gradebook holds an equal or newer timestamp")
    points = None
    if score.given is not None:
        points = min(score.given * line_item.score_maximum / score.maximum, line_item.score_maximum)
    return Grade(
        line_item_id=line_item.id,
        person_id=score.person_id,
        score=points,
        timestamp=score.timestamp,
        comment=score.comment,
        received_at=received_at,
    )


def parse_timestamp(value: object) -> datetime:
    """Read an ISO 8601 moment with its time zone, and return it in UTC.

    Raises:
        ScoreRefusedError: 400, when it is missing, unreadable or without a time zone.
    """
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ScoreRefusedError(400, "timestamp cannot be read") from error
    raise ScoreRefusedError(400, "timestamp is missing or has no time zone")


def _object(body: bytes) -> dict[str, Any]:
    try:
        # NaN and Infinity are no JSON, though Python's reader lets them pass unless told otherwise.
        fields = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ScoreRefusedError(400, "the body is not JSON") from error
    if not isinstance(fields, dict):
        raise ScoreRefusedError(400, "the body is not a JSON object")
    return fields


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _check_progress(fields: dict[str, Any]) -> None:
    if fields.get("activityProgress") not in ACTIVITY_PROGRESS:
        raise ScoreRefusedError(400, "activityProgress is missing or unknown")
    if fields.get("gradingProgress") not in GRADING_PROGRESS:
        raise ScoreRefusedError(400, "gradingProgress is missing or unknown")


def _points(fields: dict[str, Any], name: str) -> float | None:
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ScoreRefusedError(400, f"{name} is not a number")
    try:
        points = float(value)
    except OverflowError as error:
        raise ScoreRefusedError(400, f"{name} is too large") from error
    if not math.isfinite(points):
        raise ScoreRefusedError(400, f"{name} is not finite")
    return points


def _text(fields: dict[str, Any], name: str, *, default: str | None = None) -> str:
    value = fields.get(name, default)
    if not isinstance(value, str):
        raise ScoreRefusedError(400, f"{name} is missing or not text")
    return value
