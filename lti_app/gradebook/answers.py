"""What a platform's answer to a score means; each quirk with the LMS, its version and the proof."""

from lti_app.errors import PlatformRefused, PlatformUnavailable, Refusal
from lti_app.lti.connector import is_rate_limit_text, retry_after
from lti_app.lti.outbound import Answer


class NewerOnPlatform(Exception):
    """The platform has an equal or newer score: its results tell whether that is ours."""


_REFUSALS = {
    # A fresh token was tried before this (`PlatformConnector.send`): the tool was removed or lost its access.
    401: Refusal.ACCESS_WITHDRAWN,
    # Brightspace answers so for a person who is not enrolled, others for a missing scope (vendor documents).
    403: Refusal.SCOPE_MISSING,
    404: Refusal.LINE_ITEM_GONE,
    410: Refusal.LINE_ITEM_GONE,
    # Canvas: not a student, or no attempts left (vendor documents).
    422: Refusal.NOT_GRADABLE,
    412: Refusal.OUR_FAULT,
    415: Refusal.OUR_FAULT,
}


def classify(answer: Answer) -> None:
    """Return when the score was stored; raise what else the answer means.

    Raises:
        NewerOnPlatform: The platform holds a score of the same or a later moment.
        PlatformUnavailable: Throttled, or an unknown outcome; the same bytes go out again later.
        PlatformRefused: It will not take this score; the reason is from the fixed list.
    """
    status = answer.status
    if 200 <= status < 300:
        if answer.body.lstrip().startswith(b"<"):
            # A login page or a proxy's: AGS answers with JSON or nothing. Whether the score was stored is unknown.
            raise PlatformUnavailable("a web page instead of an answer", status=status)
        return
    if status == 409 or (status == 400 and _says_older(answer)):
        raise NewerOnPlatform
    if status == 429 or (status == 403 and is_rate_limit_text(answer)):
        raise PlatformUnavailable("throttled", status=status, retry_after=retry_after(answer))
    if status == 400 and answer.body.strip() in {b"[]", b""}:
        # Moodle 4.5.6: a teacher, an unknown or an unenrolled person (ran).
        raise PlatformRefused("not gradable there", reason=Refusal.NOT_GRADABLE, status=status)
    if status in _REFUSALS:
        raise PlatformRefused("refused", reason=_REFUSALS[status], status=status)
    if 400 <= status < 500 and status != 408:
        raise PlatformRefused("refused", reason=Refusal.OUR_FAULT, status=status)
    # 3xx included: we follow no redirect, and a login page in the way says nothing about the score.
    raise PlatformUnavailable("unknown outcome", status=status, retry_after=retry_after(answer))


def _says_older(answer: Answer) -> bool:
    """Whether a 400 means "older than what is here": Open edX (Redwood, ran) says it in words."""
    text = answer.text.lower()
    return "timestamp" in text and ("older" in text or "newer" in text or "earlier" in text)
