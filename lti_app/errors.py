"""What can go wrong, said so that the person it happens to knows what to do next."""

import secrets
from collections.abc import Mapping
from enum import StrEnum

REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_reference() -> str:
    """Return a reference number that can be read out over the phone: eight letters and digits, none alike."""
    return "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(8))


def sentence(text: str) -> str:
    """Mark a sentence for translation where it is written; it is translated where it is shown."""
    return text


class ToolError(Exception):
    """Something a person reads: one sentence what happened, one what to do now, and a reference number.

    `happened` and `advice` are message ids for gettext, `values` fill their placeholders. `retry_after` is in
    seconds, where waiting helps.
    """

    status = 400
    retry_after: int | None = None

    def __init__(
        self,
        happened: str,
        advice: str,
        *,
        status: int | None = None,
        values: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(happened)
        self.happened = happened
        self.advice = advice
        self.values = dict(values or {})
        self.reference = new_reference()
        if status is not None:
            self.status = status


class SignInEnded(ToolError):
    """Nobody is signed in here: the session ran out, or the browser kept no cookie."""

    status = 401


class NotThere(ToolError):
    """There is no such thing for this person; whether it exists for somebody else is not told."""

    status = 404


class PlatformUnavailable(Exception):
    """The platform gave no usable answer; trying again later is right.

    `retry_after` is what the platform asked for, in seconds.
    """

    def __init__(self, message: str, *, status: int | None = None, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class Refusal(StrEnum):
    """Why a platform does not take what we send; trying again unchanged is wrong."""

    ACCESS_WITHDRAWN = "access_withdrawn"
    SCOPE_MISSING = "scope_missing"
    LINE_ITEM_GONE = "line_item_gone"
    NO_LINE_ITEM = "no_line_item"
    NEWER_GRADE = "newer_grade"
    NOT_GRADABLE = "not_gradable"
    OUR_FAULT = "our_fault"


class PlatformRefused(Exception):
    """The platform answered no, for a reason of the fixed list."""

    def __init__(self, message: str, *, reason: Refusal, status: int | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.status = status
