"""What leaves this package: launch messages, parsed out of verified claims into frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lti_app.lti.refusals import Check, LaunchRefused

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
AGS_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
RESOURCE_LINK_MESSAGE = "LtiResourceLinkRequest"
MAX_ID, MAX_NAME, MAX_URL, MAX_ROLES = 255, 255, 2048, 100


@dataclass(frozen=True, kw_only=True)
class CourseClaim:
    """The course of a launch (LTI 1.3 core, 5.4.1)."""

    id_on_platform: str
    label: str
    title: str


@dataclass(frozen=True, kw_only=True)
class AgsClaim:
    """Where this link's scores go (AGS 2.0, 3.1); empty strings where the platform named nothing."""

    line_item_url: str
    line_items_url: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LaunchMessage:
    """A resource link launch whose token was verified; nothing unverified ever gets in here."""

    registration_id: int
    deployment_id: int
    deployment_id_on_platform: str
    sub: str
    name: str
    locale: str
    roles: tuple[str, ...]
    course: CourseClaim
    resource_link_id: str
    resource_link_title: str
    ags: AgsClaim | None


def check_resource_link_message(claims: Mapping[str, Any]) -> None:
    """Refuse claims that are no LTI 1.3 resource link launch (LTI 1.3 core, 5.3).

    Raises:
        LaunchRefused: The version or the message type is missing, or another.
    """
    if claims.get(CLAIM + "version") != "1.3.0":
        raise LaunchRefused(Check.MESSAGE, "The LTI version is missing or is not 1.3.0.")
    message_type = claims.get(CLAIM + "message_type")
    if not isinstance(message_type, str) or not message_type:
        raise LaunchRefused(Check.MESSAGE, "The message type is missing.")
    if message_type != RESOURCE_LINK_MESSAGE:
        raise LaunchRefused(Check.MESSAGE, "The message type is none that Staffroom takes here.")


def parse_launch(
    claims: Mapping[str, Any], *, registration_id: int, deployment_id: int, deployment_id_on_platform: str
) -> LaunchMessage:
    """Turn verified claims into a `LaunchMessage`.

    Raises:
        LaunchRefused: A claim is missing, has the wrong type or is too long.
    """
    check_resource_link_message(claims)
    link = _mapping(claims, CLAIM + "resource_link", required=True)
    link_id = identifier(link, "id")
    presentation = _mapping(claims, CLAIM + "launch_presentation")
    return LaunchMessage(
        registration_id=registration_id,
        deployment_id=deployment_id,
        deployment_id_on_platform=deployment_id_on_platform,
        sub=identifier(claims, "sub"),
        name=_name(claims),
        locale=_words(presentation, "locale")[:35],
        roles=_roles(claims),
        course=_course(claims, link_id=link_id),
        resource_link_id=link_id,
        resource_link_title=_words(link, "title"),
        ags=_ags(claims),
    )


def identifier(claims: Mapping[str, Any], key: str) -> str:
    """Return a required identifier of 1 to 255 characters.

    Raises:
        LaunchRefused: It is missing, no text, too long, or not storable.
    """
    value = claims.get(key)
    if not isinstance(value, str) or not value or len(value) > MAX_ID or not _is_storable(value):
        raise LaunchRefused(Check.MESSAGE, f"“{key.removeprefix(CLAIM)}” is missing or malformed.")
    return value


def _course(claims: Mapping[str, Any], *, link_id: str) -> CourseClaim:
    context = _mapping(claims, CLAIM + "context")
    if not context:
        # A link may stand outside any course: then it is a course of its own, so that nobody
        # becomes a member of somebody else's.
        return CourseClaim(id_on_platform=f"resource-link:{link_id}", label="", title="")
    return CourseClaim(
        id_on_platform=identifier(context, "id"),
        label=_words(context, "label"),
        title=_words(context, "title"),
    )


def _ags(claims: Mapping[str, Any]) -> AgsClaim | None:
    endpoint = _mapping(claims, AGS_CLAIM)
    if not endpoint:
        return None
    scopes = endpoint.get("scope", [])
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        raise LaunchRefused(Check.MESSAGE, "The gradebook claim's scopes are no list of texts.")
    return AgsClaim(
        line_item_url=_url(endpoint, "lineitem"),
        line_items_url=_url(endpoint, "lineitems"),
        scopes=tuple(scope for scope in scopes if len(scope) <= MAX_ID and _is_storable(scope))[:20],
    )


def _roles(claims: Mapping[str, Any]) -> tuple[str, ...]:
    roles = claims.get(CLAIM + "roles")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise LaunchRefused(Check.MESSAGE, "The roles are missing or are no list of texts.")
    return tuple(roles[:MAX_ROLES])


def _name(claims: Mapping[str, Any]) -> str:
    return _words(claims, "name") or f"{_words(claims, 'given_name')} {_words(claims, 'family_name')}".strip()


def _words(claims: Mapping[str, Any], key: str) -> str:
    """Return an optional text for people: without control characters, at most 255 characters."""
    value = claims.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise LaunchRefused(Check.MESSAGE, f"“{key}” is no text.")
    kept = "".join(" " if letter.isspace() else letter for letter in value if _is_for_people(letter))
    return " ".join(kept.split())[:MAX_NAME].strip()


def _is_for_people(letter: str) -> bool:
    """Whether a name may hold the character: no controls, but the joiners that some scripts are spelled with."""
    return letter.isprintable() or letter.isspace() or letter in "\u200c\u200d"


def _url(endpoint: Mapping[str, Any], key: str) -> str:
    value = endpoint.get(key) or ""
    if not isinstance(value, str) or len(value) > MAX_URL or not _is_storable(value):
        raise LaunchRefused(Check.MESSAGE, f"The gradebook claim's “{key}” is malformed.")
    if value and not value.startswith(("https://", "http://")):
        raise LaunchRefused(Check.MESSAGE, f"The gradebook claim's “{key}” is no web address.")
    return value


def _mapping(claims: Mapping[str, Any], key: str, *, required: bool = False) -> Mapping[str, Any]:
    value = claims.get(key)
    if value is None and not required:
        return {}
    if not isinstance(value, dict):
        raise LaunchRefused(Check.MESSAGE, f"“{key.rpartition('/')[2]}” is missing or malformed.")
    return value


def _is_storable(text: str) -> bool:
    """Whether every database takes the text: no NUL, no lone surrogate."""
    try:
        return b"\x00" not in text.encode()
    except UnicodeEncodeError:
        return False
