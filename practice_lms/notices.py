"""Platform notifications (PNS 1.0): who wants to hear of what, and telling them in signed notices."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import requests

from practice_lms.course import Course
from practice_lms.keys import sign
from practice_lms.lms import Lms
from practice_lms.settings import Settings
from practice_lms.spec import LTI
from practice_lms.state import SentNotice, State
from practice_lms.tools import NOTICES_SCOPE, Tool

LIFETIME_SECONDS = 3600
TIMEOUT_SECONDS = (3, 10)


class NoticeType(StrEnum):
    """The notices that this LMS sends."""

    CONTEXT_COPY = "LtiContextCopyNotice"


@dataclass(frozen=True, kw_only=True)
class _Letter:
    tool: Tool
    handler: str
    token: str


def notice_handlers_url(settings: Settings, tool: Tool) -> str:
    """Return the address at which a tool says where it wants its notices."""
    return f"{settings.issuer}/lti/notice-handlers/{tool.deployment_id}"


def notices_claim(settings: Settings, tool: Tool) -> dict[str, Any]:
    """Return what a launch says of the notification service (PNS 1.0 §3.1)."""
    return {
        "service_versions": ["1.0"],
        "platform_notification_service_url": notice_handlers_url(settings, tool),
        "scope": [NOTICES_SCOPE],
        "notice_types_supported": list(NoticeType),
    }


def tell_of_copy(lms: Lms, course: Course) -> None:
    """Tell every tool that wants to know that this course is a copy; nobody is asked twice, as in Canvas."""
    with lms.reading() as state:
        letters = [
            _letter(lms, state, tool=state.tools[tool_id], handler=handler, course=course)
            for (tool_id, notice_type), handler in state.notice_handlers.items()
            if notice_type == NoticeType.CONTEXT_COPY and tool_id in state.tools
        ]
    # The tool may well call our services before it answers, so the lock must be free by now.
    for letter in letters:
        sent = SentNotice(
            tool=letter.tool.id,
            notice_type=NoticeType.CONTEXT_COPY,
            handler=letter.handler,
            token=letter.token,
            status=_posted(letter),
        )
        with lms.reading() as state:
            state.sent_notices.append(sent)


def _letter(lms: Lms, state: State, *, tool: Tool, handler: str, course: Course) -> _Letter:
    claims = _context_copy_claims(lms.settings, tool, course, now=lms.now())
    return _Letter(tool=tool, handler=handler, token=sign(state.signing_key, claims))


def _context_copy_claims(settings: Settings, tool: Tool, course: Course, *, now: datetime) -> dict[str, Any]:
    issued_at = int(now.timestamp())
    return {
        "iss": settings.issuer,
        "aud": tool.client_id,
        "azp": tool.client_id,
        "iat": issued_at,
        "exp": issued_at + LIFETIME_SECONDS,
        "nonce": secrets.token_hex(16),
        f"{LTI}version": "1.3.0",
        f"{LTI}deployment_id": tool.deployment_id,
        f"{LTI}notice": {
            "id": str(uuid.uuid4()),
            "timestamp": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "type": NoticeType.CONTEXT_COPY,
        },
        f"{LTI}context": {
            "id": str(course.id),
            "label": course.label,
            "title": course.title,
            "type": ["CourseSection"],
        },
        f"{LTI}origin_contexts": [str(number) for number in course.copied_from[:1]],
    }


def _posted(letter: _Letter) -> int | None:
    body = {"notices": [{"jwt": letter.token}]}
    try:
        answer = requests.post(letter.handler, json=body, timeout=TIMEOUT_SECONDS, allow_redirects=False)
    except requests.RequestException:
        return None
    return answer.status_code
