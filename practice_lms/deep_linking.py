"""Reading the tool's answer to deep linking: the signed message first, then every item in it."""

import json
import math
from dataclasses import dataclass
from typing import Any

from practice_lms.claims import LTI
from practice_lms.course import Activity, LineItem
from practice_lms.launches import close_deep_linking
from practice_lms.lms import Lms
from practice_lms.state import DeepLinking
from practice_lms.tokens import seconds
from practice_lms.tool_keys import BadSignatureError, KeySetUnreachableError

DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
LONGEST_TITLE = 255


class AnswerRefusedError(Exception):
    """The tool's answer was not accepted; the message is one sentence for people."""


@dataclass(frozen=True, kw_only=True)
class WantedActivity:
    """One content item that was accepted; the column is None for an ungraded link."""

    title: str
    description: str
    target: str | None
    custom: dict[str, str]
    column: LineItem | None


@dataclass(frozen=True, kw_only=True)
class Added:
    """What an answer brought: the new activities, and what the tool wants people to read."""

    activities: tuple[Activity, ...]
    message: str
    error_message: str


def accept_answer(lms: Lms, number: int, *, token: str) -> Added:
    """Verify a LtiDeepLinkingResponse (deep linking 2.0 §4.5) and add its activities to the course.

    Raises:
        AnswerRefusedError: when anything about it is not as it must be; nothing is added then.
    """
    claims = _verified(lms, token)
    with lms.changing() as state:
        deep_linking = state.deep_linkings.get(number)
        if deep_linking is None or deep_linking.answered:
            raise AnswerRefusedError("This round of adding activities is unknown or already over.")
        _check_message(lms, claims, deep_linking)
        wanted = _wanted_activities(lms, claims)
        _check_first_time(lms, claims)
        close_deep_linking(state, number)
        added = tuple(_add(lms, each) for each in wanted)
    return Added(
        activities=added,
        message=_sentence(claims, "msg"),
        error_message=_sentence(claims, "errormsg"),
    )


def add_activity(lms: Lms, activity: Activity, *, column: LineItem | None) -> Activity:
    """Put an activity, and its column where it has one, into the course under fresh numbers."""
    with lms.changing() as state:
        placed = Activity(**(vars(activity) | {"id": state.take_number(), "graded": column is not None}))
        state.activities[placed.id] = placed
        if column is not None:
            numbers = {"id": state.take_number(), "activity_id": placed.id}
            placed_column = LineItem(**(vars(column) | numbers))
            state.line_items[placed_column.id] = placed_column
        return placed


def _add(lms: Lms, wanted: WantedActivity) -> Activity:
    activity = Activity(
        id=0,
        title=wanted.title,
        description=wanted.description,
        custom=wanted.custom,
        target=wanted.target,
    )
    return add_activity(lms, activity, column=wanted.column)


def _verified(lms: Lms, token: str) -> dict[str, Any]:
    try:
        return lms.tool_keys.verify(token)
    except BadSignatureError as error:
        raise AnswerRefusedError(f"The tool’s answer cannot be trusted: {error}.") from error
    except KeySetUnreachableError as error:
        raise AnswerRefusedError("The tool’s public keys cannot be read, so its answer cannot be checked.") from error


def _check_message(lms: Lms, claims: dict[str, Any], deep_linking: DeepLinking) -> None:
    settings = lms.settings
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    now = lms.now().timestamp()
    expires_at, issued_at = seconds(claims.get("exp")), seconds(claims.get("iat"))
    checks = {
        "iss must be the client id": claims.get("iss") == settings.client_id,
        "aud must be this platform": settings.issuer in audiences,
        "exp is missing or past": expires_at is not None and expires_at > now,
        "iat is missing or in the future": issued_at is not None and math.floor(issued_at) <= int(now),
        "nonce is missing": isinstance(claims.get("nonce"), str) and claims["nonce"] != "",
        "deployment_id is wrong": claims.get(f"{LTI}deployment_id") == settings.deployment_id,
        "message_type is wrong": claims.get(f"{LTI}message_type") == "LtiDeepLinkingResponse",
        "version is not 1.3.0": claims.get(f"{LTI}version") == "1.3.0",
        "data is not what was sent": claims.get(f"{DEEP_LINKING}data") == deep_linking.echo,
    }
    for complaint, is_right in checks.items():
        if not is_right:
            raise AnswerRefusedError(f"The tool’s answer is not in order: {complaint}.")


def _check_first_time(lms: Lms, claims: dict[str, Any]) -> None:
    with lms.reading() as state:
        is_new = state.first_time(f"nonce {claims['nonce']}", now=lms.now().timestamp(), until=float(claims["exp"]))
    if not is_new:
        raise AnswerRefusedError("The tool’s answer was sent before: its nonce is used up.")


def _wanted_activities(lms: Lms, claims: dict[str, Any]) -> list[WantedActivity]:
    rows = claims.get(f"{DEEP_LINKING}content_items", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise AnswerRefusedError("The tool’s answer is not in order: content_items is not a list of items.")
    return [_wanted_activity(lms, row) for row in rows]


def _wanted_activity(lms: Lms, row: dict[str, Any]) -> WantedActivity:
    if row.get("type") != "ltiResourceLink":
        raise AnswerRefusedError(f"Only links to the tool can be added, not {row.get('type')!r}.")
    title = row.get("title") or "Untitled activity"
    if not isinstance(title, str) or len(title) > LONGEST_TITLE:
        raise AnswerRefusedError(f"A title is longer than {LONGEST_TITLE} characters.")
    target = row.get("url")
    if target is not None and not str(target).startswith(f"{lms.settings.tool_url}/"):
        raise AnswerRefusedError("A link does not lead to the tool.")
    description = row.get("text") or ""
    return WantedActivity(
        title=title,
        description=description if isinstance(description, str) else "",
        target=target,
        custom=_custom(row.get("custom")),
        column=_column(row.get("lineItem"), title=title),
    )


def _custom(value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise AnswerRefusedError("The custom parameters of an item are not a JSON object.")
    return {str(name): each if isinstance(each, str) else json.dumps(each) for name, each in value.items()}


def _column(value: object, *, title: str) -> LineItem | None:
    if value is None:
        return None
    maximum = seconds(value.get("scoreMaximum")) if isinstance(value, dict) else None
    if not isinstance(value, dict) or maximum is None or maximum <= 0:
        raise AnswerRefusedError("A line item has no positive scoreMaximum.")
    # Moodle names the column after the activity, whatever label the tool asked for.
    return LineItem(
        id=0,
        activity_id=None,
        label=title,
        score_maximum=maximum,
        resource_id=str(value.get("resourceId") or ""),
        tag=str(value.get("tag") or ""),
    )


def _sentence(claims: dict[str, Any], name: str) -> str:
    value = claims.get(f"{DEEP_LINKING}{name}")
    return value if isinstance(value, str) else ""
