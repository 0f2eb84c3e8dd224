"""Reading the tool's answer to deep linking: the signed message first, then every item in it."""

import math
from dataclasses import dataclass
from typing import Any

from practice_lms.content_items import AnswerRefusedError, ContentItem, read_items
from practice_lms.course import Activity, LineItem
from practice_lms.dialects import Dialect
from practice_lms.json_numbers import finite
from practice_lms.launches import close_deep_linking
from practice_lms.lms import Lms
from practice_lms.manner import ContentType
from practice_lms.placing import add_activity
from practice_lms.spec import DEEP_LINKING, LTI
from practice_lms.state import DeepLinking
from practice_lms.tool_keys import BadSignatureError, KeySetUnreachableError
from practice_lms.tools import Tool

_NOT_OPEN = "This round of adding activities is unknown or already over."


@dataclass(frozen=True, kw_only=True)
class Added:
    """What an answer brought: the new activities, other content, and what the tool wants people to read."""

    activities: tuple[Activity, ...]
    others: tuple[ContentItem, ...]
    message: str
    error_message: str


def accept_answer(lms: Lms, number: int, *, token: str) -> Added:
    """Verify a LtiDeepLinkingResponse (deep linking 2.0 §4.5) and add its activities to the course.

    Raises:
        AnswerRefusedError: when anything about it is not as it must be; nothing is added then.
    """
    tool = _asked_tool(lms, number)
    claims = _verified(lms, tool, token)
    with lms.changing() as state:
        deep_linking = state.deep_linkings[number]
        if deep_linking.claims is not None:
            raise AnswerRefusedError(_NOT_OPEN)
        _check_message(lms, claims, tool=tool, deep_linking=deep_linking)
        rows = claims.get(f"{DEEP_LINKING}content_items", [])
        items = read_items(rows, deep_linking.offer, tool_url=tool.origin)
        _check_first_time(lms, claims)
        close_deep_linking(state, number, claims)
        links = [item for item in items if item.type is ContentType.LTI_RESOURCE_LINK]
        added = tuple(_add(lms, item, deep_linking, state.manner.dialect) for item in links)
    return Added(
        activities=added,
        others=tuple(item for item in items if item not in links),
        message=_sentence(claims, "msg"),
        error_message=_sentence(claims, "errormsg"),
    )


def _asked_tool(lms: Lms, number: int) -> Tool:
    with lms.reading() as state:
        deep_linking = state.deep_linkings.get(number)
        if deep_linking is None or deep_linking.tool not in state.tools:
            raise AnswerRefusedError(_NOT_OPEN)
        return state.tools[deep_linking.tool]


def _add(lms: Lms, item: ContentItem, deep_linking: DeepLinking, dialect: Dialect) -> Activity:
    activity = Activity(
        id=0,
        course_id=deep_linking.course_id,
        tool=deep_linking.tool,
        title=item.title,
        description=item.text,
        new_window=dialect.honours_presentation and item.opens_window,
        custom=item.custom,
        target=item.url,
        sent=item.sent,
    )
    return add_activity(lms, activity, column=_column(item, dialect))


def _column(item: ContentItem, dialect: Dialect) -> LineItem | None:
    wanted = item.column
    if wanted is None:
        return None
    return LineItem(
        id=0,
        activity_id=None,
        # Moodle names the column after the activity, whatever label the tool asked for.
        label=(dialect.honours_presentation and wanted.label) or item.title,
        score_maximum=wanted.score_maximum,
        resource_id=wanted.resource_id,
        tag=wanted.tag,
        submission_review=wanted.submission_review,
    )


def _verified(lms: Lms, tool: Tool, token: str) -> dict[str, Any]:
    try:
        return lms.verify(tool, token)
    except BadSignatureError as error:
        raise AnswerRefusedError(f"The tool’s answer cannot be trusted: {error}.") from error
    except KeySetUnreachableError as error:
        raise AnswerRefusedError("The tool’s public keys cannot be read, so its answer cannot be checked.") from error


def _check_message(lms: Lms, claims: dict[str, Any], *, tool: Tool, deep_linking: DeepLinking) -> None:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    now = lms.now().timestamp()
    expires_at, issued_at = finite(claims.get("exp")), finite(claims.get("iat"))
    checks = {
        "iss must be the client id": claims.get("iss") == tool.client_id,
        "aud must be this platform": lms.settings.issuer in audiences,
        "exp is missing or past": expires_at is not None and expires_at > now,
        "iat is missing or in the future": issued_at is not None and math.floor(issued_at) <= int(now),
        "nonce is missing": isinstance(claims.get("nonce"), str) and claims["nonce"] != "",
        "deployment_id is wrong": claims.get(f"{LTI}deployment_id") == tool.deployment_id,
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


def _sentence(claims: dict[str, Any], name: str) -> str:
    value = claims.get(f"{DEEP_LINKING}{name}")
    return value if isinstance(value, str) else ""
