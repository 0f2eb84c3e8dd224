"""What a launch tells of the platform's services: scores, people, groups, notices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lti_app.lti.claims import CLAIM, MAX_ID, is_storable, mapping, web_address
from lti_app.lti.refusals import Check, LaunchRefused

AGS_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS_CLAIM = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
NRPS_VERSION = "2.0"
GROUPS_CLAIM = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"
NOTICES_CLAIM = CLAIM + "platformnotificationservice"
CONTEXT_COPY_NOTICE = "LtiContextCopyNotice"
# Custom parameters that a registration asks for: $Moodle.Person.userGroupIds, $Canvas.course.sectionIds.
GROUP_PARAMETERS = ("moodle_group_ids", "canvas_section_ids")
MAX_TOLD_GROUPS, MAX_GROUP_ID, MAX_TOLD_TEXT = 50, 64, 4096


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
        line_item_url=web_address(endpoint, "lineitem", of="gradebook"),
        line_items_url=web_address(endpoint, "lineitems", of="gradebook"),
        scopes=tuple(scope for scope in scopes if len(scope) <= MAX_ID and is_storable(scope))[:20],
    )


def nrps_of(claims: Mapping[str, Any]) -> NrpsClaim | None:
    """Return where the list of people is, or None where the message says nothing of it.

    Raises:
        LaunchRefused: A claim has the wrong type.
    """
    service = mapping(claims, NRPS_CLAIM)
    if not service:
        return None
    url, versions = web_address(service, "context_memberships_url", of="roster"), service.get("service_versions")
    is_ours = versions is None or (isinstance(versions, list) and NRPS_VERSION in versions)
    return NrpsClaim(memberships_url=url if is_ours else "")


def groups_of(claims: Mapping[str, Any]) -> GroupsClaim | None:
    """Return where the groups are listed, or None where they are not, or not in our version.

    Raises:
        LaunchRefused: A claim has the wrong type.
    """
    service = mapping(claims, GROUPS_CLAIM)
    groups_url = web_address(service, "context_groups_url", of="groups")
    if not groups_url or not _offers(service, "service_versions", "1.0"):
        return None
    return GroupsClaim(groups_url=groups_url, sets_url=web_address(service, "context_group_sets_url", of="groups"))


def told_groups_of(claims: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the ids of the sender's groups in order, at most 50, or None where the message does not say.

    A parameter that is there and empty says that there are none.

    Raises:
        LaunchRefused: A claim has the wrong type.
    """
    custom = mapping(claims, CLAIM + "custom")
    told = [custom.get(name) for name in GROUP_PARAMETERS]
    texts = [text for text in told if isinstance(text, str) and not text.startswith("$")]
    if not texts:
        return None
    ids = {part.strip() for text in texts for part in text[:MAX_TOLD_TEXT].split(",")}
    usable = (group_id for group_id in ids if 0 < len(group_id) <= MAX_GROUP_ID and is_storable(group_id))
    return tuple(sorted(usable)[:MAX_TOLD_GROUPS])


def notice_service_of(claims: Mapping[str, Any]) -> str:
    """Return the address of the platform's notification service, if it tells of course copies (PNS 1.0).

    Raises:
        LaunchRefused: A claim has the wrong type.
    """
    service = mapping(claims, NOTICES_CLAIM)
    url = web_address(service, "platform_notification_service_url", of="notice")
    is_ours = _offers(service, "service_versions", "1.0") and _offers(
        service, "notice_types_supported", CONTEXT_COPY_NOTICE, default=False
    )
    return url if is_ours else ""


def _offers(service: Mapping[str, Any], key: str, wanted: str, *, default: bool = True) -> bool:
    """Whether a service's list holds what we want; `default` where it has no such list."""
    offered = service.get(key)
    return default if offered is None else isinstance(offered, list) and wanted in offered
