"""Messages about another person: from the gradebook, and from the LMS's privacy pages."""

from typing import Any

from werkzeug.test import TestResponse

from tests.lti_app.lti.launching import LTI, launch_with
from tests.visitor import FACILITATOR, LMS_ADMIN, TEACHER, WEEKLY, Visitor

REVIEW = "LtiSubmissionReviewRequest"
PRIVACY = "DataPrivacyLaunchRequest"
COURSE_CLAIMS = ("context", "resource_link")


def review(
    visitor: Visitor, *, person: str = FACILITATOR, of: Any = TEACHER, activity: int = WEEKLY, **overrides: Any
) -> TestResponse:
    """Open somebody's work from the gradebook, and return the answer of the launch address."""
    claims = {f"{LTI}message_type": REVIEW, f"{LTI}for_user": {"user_id": of}, **overrides.pop("claims", {})}
    return launch_with(visitor, person=person, activity=activity, claims=claims, **overrides)


def ask_what_is_kept(visitor: Visitor, *, person: str = LMS_ADMIN, of: Any = TEACHER, **overrides: Any) -> TestResponse:
    """Ask from the LMS what is kept of somebody, outside any course, and return the answer of the launch address."""
    claims = {f"{LTI}message_type": PRIVACY, f"{LTI}for_user": {"user_id": of}, **overrides.pop("claims", {})}
    remove = [LTI + name for name in COURSE_CLAIMS]
    return launch_with(visitor, person=person, claims=claims, remove=remove, **overrides)


def page_of(visitor: Visitor, answer: TestResponse) -> TestResponse:
    """Follow a launch that was let in to its page."""
    assert answer.status_code == 303, answer.text
    return visitor.get(answer.headers["Location"])
