"""The ways in which a service of the practice LMS can be made to misbehave."""

from dataclasses import dataclass
from enum import StrEnum


class ServiceKind(StrEnum):
    """The services that the tool calls and that can be made to fail."""

    TOKEN = "token"  # noqa: S105 (the name of a service, no secret)
    SCORES = "scores"
    RESULTS = "results"
    LINE_ITEMS = "lineitems"
    MEMBERSHIPS = "memberships"
    JWKS = "jwks"
    NOTICES = "notices"
    GROUPS = "groups"

    @property
    def words(self) -> str:
        """Return what people call this service."""
        return {
            ServiceKind.TOKEN: "Access tokens",
            ServiceKind.SCORES: "Receiving scores",
            ServiceKind.RESULTS: "Reading results",
            ServiceKind.LINE_ITEMS: "Gradebook columns",
            ServiceKind.MEMBERSHIPS: "Course roster",
            ServiceKind.JWKS: "Our public keys",
            ServiceKind.NOTICES: "Notifications",
            ServiceKind.GROUPS: "Groups",
        }[self]


class Fault(StrEnum):
    """What goes wrong; those that name a status answer it and do nothing else."""

    UNAUTHORIZED = "401"
    RATE_LIMITED_FORBIDDEN = "403_rate_limited"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    CONFLICT = "409"
    UNPROCESSABLE = "422"
    TOO_MANY_REQUESTS = "429"
    SERVER_ERROR = "500"
    SLOW = "slow"
    STORED_BUT_500 = "stored_but_500"
    STORED_BUT_SLOW = "stored_but_slow"
    MALFORMED = "malformed"
    HANG_UP = "hang_up"

    @property
    def words(self) -> str:
        """Return one sentence that says what the tool will meet."""
        return _WORDS[self]


_WORDS = {
    Fault.UNAUTHORIZED: "Says the access token is not valid (401).",
    Fault.RATE_LIMITED_FORBIDDEN: "Throttles the way Canvas does (403 with a sentence).",
    Fault.FORBIDDEN: "Says it is not allowed (403).",
    Fault.NOT_FOUND: "Says there is no such thing (404).",
    Fault.CONFLICT: "Says it holds an equal or newer grade (409).",
    Fault.UNPROCESSABLE: "Says it cannot use what was sent (422).",
    Fault.TOO_MANY_REQUESTS: "Asks to come back after some seconds (429 with Retry-After).",
    Fault.SERVER_ERROR: "Breaks before doing anything (500).",
    Fault.SLOW: "Waits some seconds, then does the deed.",
    Fault.STORED_BUT_500: "Does the deed, then says it broke (500).",
    Fault.STORED_BUT_SLOW: "Does the deed, then waits some seconds before it says so.",
    Fault.MALFORMED: "Answers 200 with something that is not JSON, and does nothing.",
    Fault.HANG_UP: "Closes the connection without a word.",
}


@dataclass(frozen=True, kw_only=True)
class FaultRule:
    """A fault set for one service; `times` counts down to nothing, None means until switched off.

    Raises:
        ValueError: when a number is not one, or is too small.
    """

    kind: ServiceKind
    fault: Fault
    times: int | None = None
    retry_after_seconds: int = 1
    delay_seconds: float = 5.0

    def __post_init__(self) -> None:
        """Check the numbers, which come from forms, tests and a file."""
        if self.times is not None and (type(self.times) is not int or self.times < 1):
            raise ValueError("times must be a whole number from 1")
        for seconds in (self.retry_after_seconds, self.delay_seconds):
            if type(seconds) not in (int, float) or seconds < 0:
                raise ValueError("seconds must be a number from 0")
