"""Reading one claim: of its type, of a bounded length, and such that every database takes it."""

from collections.abc import Mapping
from typing import Any

from lti_app.lti.refusals import Check, LaunchRefused

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
MAX_ID, MAX_NAME, MAX_URL = 255, 255, 2048


def identifier(claims: Mapping[str, Any], key: str) -> str:
    """Return a required identifier of 1 to 255 characters.

    Raises:
        LaunchRefused: It is missing, no text, too long, or not storable.
    """
    value = claims.get(key)
    if not isinstance(value, str) or not value or len(value) > MAX_ID or not is_storable(value):
        raise LaunchRefused(Check.MESSAGE, f"“{key.removeprefix(CLAIM)}” is missing or malformed.")
    return value


def mapping(claims: Mapping[str, Any], key: str, *, required: bool = False) -> Mapping[str, Any]:
    """Return a claim that is an object; an empty one where it is missing and need not be there.

    Raises:
        LaunchRefused: It is no object, or required and missing.
    """
    value = claims.get(key)
    if value is None and not required:
        return {}
    if not isinstance(value, dict):
        raise LaunchRefused(Check.MESSAGE, f"“{key.rpartition('/')[2]}” is missing or malformed.")
    return value


def words(claims: Mapping[str, Any], key: str) -> str:
    """Return an optional text for people: without control characters, at most 255 characters.

    Raises:
        LaunchRefused: It is no text.
    """
    value = claims.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise LaunchRefused(Check.MESSAGE, f"“{key}” is no text.")
    kept = "".join(" " if letter.isspace() else letter for letter in value if _is_for_people(letter))
    return " ".join(kept.split())[:MAX_NAME].strip()


def person_name(claims: Mapping[str, Any]) -> str:
    """Return a person's name of at most 255 characters, whole or made of its parts; empty where there is none.

    Raises:
        LaunchRefused: A part of it is no text.
    """
    return words(claims, "name") or f"{words(claims, 'given_name')} {words(claims, 'family_name')}".strip()


def _is_for_people(letter: str) -> bool:
    """Whether a name may hold the character: no controls, but the joiners that some scripts are spelled with."""
    return letter.isprintable() or letter.isspace() or letter in "\u200c\u200d"


def web_address(endpoint: Mapping[str, Any], key: str, *, of: str) -> str:
    """Return an address that a service's claim names; empty where it names none. `of` says which claim, to people.

    Raises:
        LaunchRefused: It is no text, too long, or no web address.
    """
    value = endpoint.get(key) or ""
    if not isinstance(value, str) or len(value) > MAX_URL or not is_storable(value):
        raise LaunchRefused(Check.MESSAGE, f"The {of} claim's “{key}” is malformed.")
    if value and not value.startswith(("https://", "http://")):
        raise LaunchRefused(Check.MESSAGE, f"The {of} claim's “{key}” is no web address.")
    return value


def is_storable(text: str) -> bool:
    """Whether every database takes the text: no NUL, no lone surrogate."""
    try:
        return b"\x00" not in text.encode()
    except UnicodeEncodeError:
        return False
