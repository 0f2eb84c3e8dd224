"""Scores and results of the platform's gradebook (LTI Assignment and Grade Services 2.0)."""

import json
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from lti_app.errors import PlatformUnavailable
from lti_app.lti.connector import PlatformConnector
from lti_app.lti.outbound import Answer

SCORE_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
RESULT_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"


@dataclass(frozen=True, kw_only=True)
class Score:
    """A score of AGS 2.0, 3.4: points from 0 to `maximum`; `timestamp` in whole seconds, UTC."""

    sub: str
    given: float
    maximum: float
    timestamp: datetime
    comment: str

    def to_json(self) -> str:
        """Return the body to send: complete and fully graded.

        Raises:
            ValueError: The points are not finite, or outside 0 to `maximum`.
        """
        if not math.isfinite(self.maximum) or not 0 <= self.given <= self.maximum:
            raise ValueError("a score lies between 0 and its maximum")
        return json.dumps(
            {
                "userId": self.sub,
                "scoreGiven": self.given,
                "scoreMaximum": self.maximum,
                "activityProgress": "Completed",
                "gradingProgress": "FullyGraded",
                "timestamp": self.timestamp.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
                "comment": self.comment,
            },
            allow_nan=False,
        )


@dataclass(frozen=True, kw_only=True)
class Result:
    """What the platform's gradebook holds for one person (AGS 2.0, 3.3); None where it holds nothing."""

    given: float | None
    maximum: float | None


def post_score(connector: PlatformConnector, line_item_url: str, *, body: str) -> Answer:
    """Post a score's body to its line item; the caller classifies the answer.

    Raises:
        PlatformUnavailable, PlatformRefused: As `PlatformConnector.send`.
    """
    return connector.send(
        "POST",
        _below(line_item_url, "scores"),
        scopes=[SCORE_SCOPE],
        headers={"Content-Type": SCORE_TYPE},
        body=body.encode(),
    )


def read_result(connector: PlatformConnector, line_item_url: str, *, sub: str) -> Result | None:
    """Return one person's result on a line item, or None where there is none.

    Raises:
        PlatformUnavailable: No usable answer.
        PlatformRefused: As `PlatformConnector.send`.
    """
    # No `limit`: with Moodle's `type_id` in the query it is answered by a 404 page (4.5.6, ran).
    url = _below(line_item_url, "results", user_id=sub)
    answer = connector.send("GET", url, scopes=[RESULT_SCOPE], headers={"Accept": RESULTS_TYPE})
    if answer.status != 200:
        raise PlatformUnavailable("the results cannot be read", status=answer.status)
    document = answer.json()
    if not isinstance(document, list):
        raise PlatformUnavailable("the results are malformed", status=answer.status)
    # Some platforms ignore the filter; the person is looked for in any case.
    for entry in document:
        if isinstance(entry, dict) and str(entry.get("userId")) == sub:
            return Result(given=_number(entry.get("resultScore")), maximum=_number(entry.get("resultMaximum")))
    return None


def _number(value: Any) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _below(line_item_url: str, name: str, **query: str) -> str:
    """Return an address below the line item's, whose own query stays: Moodle's ends in `?type_id=1` (recorded)."""
    parts = urlsplit(line_item_url)
    joined = "&".join(part for part in (parts.query, urlencode(query)) if part)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}", query=joined))
