"""What leaves this package: messages, parsed out of verified claims into frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from lti_app.lti.claims import CLAIM, MAX_ID, identifier, is_storable, mapping, person_name, words
from lti_app.lti.refusals import Check, LaunchRefused
from lti_app.lti.service_claims import (
    AgsClaim,
    GroupsClaim,
    NrpsClaim,
    ags_of,
    groups_of,
    notice_service_of,
    nrps_of,
    told_groups_of,
)

RESOURCE_LINK_MESSAGE = "LtiResourceLinkRequest"
# Stands before the link's id where a link outside any course is a course of its own.
LINK_AS_COURSE = "resource-link:"
# $Canvas.masqueradingUser.id
MASQUERADE_PARAMETER = "canvas_masquerading_user_id"
MAX_ROLES, MAX_CUSTOM, MAX_CUSTOM_VALUE = 100, 100, 4096


@dataclass(frozen=True, kw_only=True)
class CourseClaim:
    """The course of a launch (LTI 1.3 core, 5.4.1)."""

    id_on_platform: str
    label: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """What every kind of message says of its sender; nothing unverified ever gets in here.

    `custom` holds the custom parameters with names in lower case; they never give anybody a right.
    """

    registration_id: int
    deployment_id: int
    deployment_id_on_platform: str
    sub: str
    name: str
    locale: str
    roles: tuple[str, ...]
    custom: Mapping[str, str]

    @property
    def is_masquerade(self) -> bool:
        """Whether somebody else, an LMS admin, acts as the sender (Canvas's "act as user")."""
        return MASQUERADE_PARAMETER in self.custom


@dataclass(frozen=True, kw_only=True)
class LaunchMessage(Message):
    """A launch of a resource link (LTI 1.3 core, 5.3).

    `told_groups` are the sender's groups in the course, or None where the platform does not say;
    `notice_service_url` is where to ask for notices of course copies, empty where there are none.
    """

    course: CourseClaim
    resource_link_id: str
    resource_link_title: str
    ags: AgsClaim | None
    nrps: NrpsClaim | None = None
    groups: GroupsClaim | None = None
    told_groups: tuple[str, ...] | None = None
    notice_service_url: str = ""


class Parser(Protocol):
    """Turns the verified claims of one type of message into its value; raises LaunchRefused like `parse_launch`."""

    def __call__(
        self, claims: Mapping[str, Any], *, registration_id: int, deployment_id: int, deployment_id_on_platform: str
    ) -> Message:
        """Return the message."""


def message_type_of(claims: Mapping[str, Any]) -> str:
    """Return the type of an LTI 1.3 message (LTI 1.3 core, 5.3.1 and 5.3.2).

    Raises:
        LaunchRefused: The version is missing, or another; or the type is missing, or no text.
    """
    if claims.get(CLAIM + "version") != "1.3.0":
        raise LaunchRefused(Check.MESSAGE, "The LTI version is missing or is not 1.3.0.")
    message_type = claims.get(CLAIM + "message_type")
    if not isinstance(message_type, str) or not message_type:
        raise LaunchRefused(Check.MESSAGE, "The message type is missing.")
    return message_type


def parse_launch(
    claims: Mapping[str, Any], *, registration_id: int, deployment_id: int, deployment_id_on_platform: str
) -> LaunchMessage:
    """Turn verified claims into a `LaunchMessage`.

    Raises:
        LaunchRefused: A claim is missing, has the wrong type or is too long.
    """
    link = mapping(claims, CLAIM + "resource_link", required=True)
    link_id = identifier(link, "id")
    return LaunchMessage(
        registration_id=registration_id,
        deployment_id=deployment_id,
        deployment_id_on_platform=deployment_id_on_platform,
        **sender(claims),
        course=course_of(claims, link_id=link_id),
        resource_link_id=link_id,
        resource_link_title=words(link, "title"),
        ags=ags_of(claims),
        nrps=nrps_of(claims),
        groups=groups_of(claims),
        told_groups=told_groups_of(claims),
        notice_service_url=notice_service_of(claims),
    )


def sender(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return who sends the message, as the fields of `Message` from `sub` on.

    Raises:
        LaunchRefused: A claim is missing, has the wrong type or is too long.
    """
    presentation = mapping(claims, CLAIM + "launch_presentation")
    return {
        "sub": identifier(claims, "sub"),
        "name": person_name(claims),
        "locale": words(presentation, "locale")[:35],
        "roles": _roles(claims),
        "custom": _custom(claims),
    }


def course_of(claims: Mapping[str, Any], *, link_id: str) -> CourseClaim:
    """Return the course of a message that belongs to a link.

    Raises:
        LaunchRefused: A claim has the wrong type, or the course has no id.
    """
    context = mapping(claims, CLAIM + "context")
    if not context:
        # A link may stand outside any course: then it is a course of its own, so that nobody
        # becomes a member of somebody else's.
        return CourseClaim(id_on_platform=f"{LINK_AS_COURSE}{link_id}", label="", title="")
    return CourseClaim(
        id_on_platform=identifier(context, "id"),
        label=words(context, "label"),
        title=words(context, "title"),
    )


def _custom(claims: Mapping[str, Any]) -> dict[str, str]:
    """Return the custom parameters that say something.

    Moodle 4.5.6 sends names as written and in lower case too, and null for what it does not know (recorded);
    Canvas sends a variable that it does not know as it was written, `$Name`: that counts as absent.
    """
    custom = mapping(claims, CLAIM + "custom")
    return {
        name.lower(): value
        for name, value in list(custom.items())[:MAX_CUSTOM]
        if isinstance(value, str) and _says_something(value) and len(name) <= MAX_ID and is_storable(name)
    }


def _says_something(value: str) -> bool:
    return bool(value) and not value.startswith("$") and len(value) <= MAX_CUSTOM_VALUE and is_storable(value)


def _roles(claims: Mapping[str, Any]) -> tuple[str, ...]:
    roles = claims.get(CLAIM + "roles")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise LaunchRefused(Check.MESSAGE, "The roles are missing or are no list of texts.")
    return tuple(roles[:MAX_ROLES])
