"""Groups in courses (course groups service 1.0): who is in which, and their addresses."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from practice_lms.settings import Settings

GROUPS_SCOPE = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"


@dataclass(frozen=True, kw_only=True)
class Group:
    """Some people of a course; `members` are their ids, `set_name` is empty for a group in no set."""

    id: int
    course_id: int
    name: str
    members: tuple[str, ...] = ()
    set_name: str = ""
    tag: str = ""


def groups_url(settings: Settings, course_id: int) -> str:
    """Return the address of a course's groups."""
    return f"{settings.issuer}/lti/courses/{course_id}/groups"


def group_sets_url(settings: Settings, course_id: int) -> str:
    """Return the address of a course's group sets."""
    return f"{settings.issuer}/lti/courses/{course_id}/group-sets"


def groups_claim(settings: Settings, course_id: int) -> dict[str, Any]:
    """Return what a launch says of the service (course groups service 1.0 §3.1)."""
    return {
        "scope": [GROUPS_SCOPE],
        "context_groups_url": groups_url(settings, course_id),
        "context_group_sets_url": group_sets_url(settings, course_id),
        "service_versions": ["1.0"],
    }


def sets_of(groups: Iterable[Group]) -> dict[str, list[Group]]:
    """Return the groups by the name of their set, without those that are in none."""
    sets: dict[str, list[Group]] = {}
    for group in groups:
        if group.set_name:
            sets.setdefault(group.set_name, []).append(group)
    return sets


def group_json(group: Group) -> dict[str, Any]:
    """Return a group in the shape of the specification; a set's name serves as its id."""
    shown = {"id": str(group.id), "name": group.name, "tag": group.tag, "set_id": group.set_name}
    return {name: value for name, value in shown.items() if value}
