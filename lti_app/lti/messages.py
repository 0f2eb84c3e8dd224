"""What leaves this package: messages, parsed out of verified claims into frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from lti_app.lti.refusals import Check, LaunchRefused

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
AGS_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS_CLAIM = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
NRPS_VERSION = "2.0"
# Stands before the link's id where a link outside any course is a course of its own.
LINK_AS_COURSE = "resource-link:"
GROUPS_CLAIM = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"
NOTICES_CLAIM = CLAIM + "platformnotificationservice"
RESOURCE_LINK_MESSAGE = "LtiResourceLinkRequest"
CONTEXT_COPY_NOTICE = "LtiContextCopyNotice"
# Custom parameters that a registration asks for: $Moodle.Person.userGroupIds, $Canvas.course.sectionIds.
GROUP_PARAMETERS = ("moodle_group_ids", "canvas_section_ids")
# $Canvas.masqueradingUser.id
MASQUERADE_PARAMETER = "canvas_masquerading_user_id"
MAX_ID, MAX_NAME, MAX_URL, MAX_ROLES = 255, 255, 2048, 100
MAX_CUSTOM, MAX_CUSTOM_VALUE = 100, 4096
MAX_TOLD_GROUPS, MAX_GROUP_ID = 50, 64


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
class NrpsClaim:
    """Where the course's list of people is (NRPS 2.0, 3.6.1.1); empty where the platform names none of our version."""

    memberships_url: str


@dataclass(frozen=True, kw_only=True)
class GroupsClaim:
    """Where the groups of the course are listed (LTI course groups service 1.0, 3.1); no sets: an empty string."""

    groups_url: str
    sets_url: str


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
        nrps=_nrps(claims),
        groups=_groups(claims),
        told_groups=_told_groups(claims),
        notice_service_url=_notice_service(claims),
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


def identifier(claims: Mapping[str, Any], key: str) -> str:
    """Return a required identifier of 1 to 255 characters.

    Raises:
        LaunchRefused: It is missing, no text, too long, or not storable.
    """
    value = claims.get(key)
    if not isinstance(value, str) or not value or len(value) > MAX_ID or not is_storable(value):
        raise LaunchRefused(Check.MESSAGE, f"“{key.removeprefix(CLAIM)}” is missing or malformed.")
    return value


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


def ags_of(claims: Mapping[str, Any]) -> AgsClaim | None:
    """Return where scores go, or None where the message says nothing of it.

    Raises:
        LaunchRefused: A claim has the wrong type.
    """
    endpoint = mapping(claims, AGS_CLAIM)
    if not endpoint:
        return None
    scopes = endpoint.get("scope", [])
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        raise LaunchRefused(Check.MESSAGE, "The gradebook claim's scopes are no list of texts.")
    return AgsClaim(
        line_item_url=_url(endpoint, "lineitem", of="gradebook"),
        line_items_url=_url(endpoint, "lineitems", of="gradebook"),
        scopes=tuple(scope for scope in scopes if len(scope) <= MAX_ID and is_storable(scope))[:20],
    )


def _groups(claims: Mapping[str, Any]) -> GroupsClaim | None:
    service = mapping(claims, GROUPS_CLAIM)
    groups_url = _url(service, "context_groups_url", of="groups")
    if not groups_url or not _offers(service, "service_versions", "1.0"):
        return None
    return GroupsClaim(groups_url=groups_url, sets_url=_url(service, "context_group_sets_url", of="groups"))


def _told_groups(claims: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the ids in order, at most 50; a parameter that is there and empty says that there are none."""
    custom = mapping(claims, CLAIM + "custom")
    told = [custom.get(name) for name in GROUP_PARAMETERS]
    texts = [text for text in told if isinstance(text, str) and not text.startswith("$")]
    if not texts:
        return None
    ids = {part.strip() for text in texts for part in text[:MAX_CUSTOM_VALUE].split(",")}
    usable = (group_id for group_id in ids if 0 < len(group_id) <= MAX_GROUP_ID and is_storable(group_id))
    return tuple(sorted(usable)[:MAX_TOLD_GROUPS])


def _notice_service(claims: Mapping[str, Any]) -> str:
    """Return the address of the platform's notification service, if it tells of course copies (PNS 1.0)."""
    service = mapping(claims, NOTICES_CLAIM)
    url = _url(service, "platform_notification_service_url", of="notice")
    is_ours = _offers(service, "service_versions", "1.0") and _offers(
        service, "notice_types_supported", CONTEXT_COPY_NOTICE, default=False
    )
    return url if is_ours else ""


def _offers(service: Mapping[str, Any], key: str, wanted: str, *, default: bool = True) -> bool:
    """Whether a service's list holds what we want; `default` where it has no such list."""
    offered = service.get(key)
    return default if offered is None else isinstance(offered, list) and wanted in offered


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


def _nrps(claims: Mapping[str, Any]) -> NrpsClaim | None:
    service = mapping(claims, NRPS_CLAIM)
    if not service:
        return None
    url, versions = _url(service, "context_memberships_url", of="roster"), service.get("service_versions")
    is_ours = versions is None or (isinstance(versions, list) and NRPS_VERSION in versions)
    return NrpsClaim(memberships_url=url if is_ours else "")


def _roles(claims: Mapping[str, Any]) -> tuple[str, ...]:
    roles = claims.get(CLAIM + "roles")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise LaunchRefused(Check.MESSAGE, "The roles are missing or are no list of texts.")
    return tuple(roles[:MAX_ROLES])


def person_name(claims: Mapping[str, Any]) -> str:
    """Return a person's name of at most 255 characters, whole or made of its parts; empty where there is none.

    Raises:
        LaunchRefused: A part of it is no text.
    """
    return words(claims, "name") or f"{words(claims, 'given_name')} {words(claims, 'family_name')}".strip()


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


def _is_for_people(letter: str) -> bool:
    """Whether a name may hold the character: no controls, but the joiners that some scripts are spelled with."""
    return letter.isprintable() or letter.isspace() or letter in "\u200c\u200d"


def _url(endpoint: Mapping[str, Any], key: str, *, of: str) -> str:
    value = endpoint.get(key) or ""
    if not isinstance(value, str) or len(value) > MAX_URL or not is_storable(value):
        raise LaunchRefused(Check.MESSAGE, f"The {of} claim's “{key}” is malformed.")
    if value and not value.startswith(("https://", "http://")):
        raise LaunchRefused(Check.MESSAGE, f"The {of} claim's “{key}” is no web address.")
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


def is_storable(text: str) -> bool:
    """Whether every database takes the text: no NUL, no lone surrogate."""
    try:
        return b"\x00" not in text.encode()
    except UnicodeEncodeError:
        return False
