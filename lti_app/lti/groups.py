"""Groups of a course: what a launch tells of them, and the platform's list (LTI course groups service 1.0)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lti_app.errors import PlatformRefused, PlatformUnavailable, Refusal
from lti_app.lti.claims import MAX_ID, is_storable, words
from lti_app.lti.connector import PlatformConnector, is_rate_limit_text, retry_after
from lti_app.lti.outbound import Answer
from lti_app.lti.paging import next_page
from lti_app.lti.refusals import LaunchRefused
from lti_app.lti.service_claims import MAX_TOLD_GROUPS

GROUPS_SCOPE = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"
GROUPS_TYPE = "application/vnd.ims.lti-gs.v1.contextgroupcontainer+json"
# Platforms disagree on the type of the list of sets: some have one of its own (two tools' sources say one each).
SETS_TYPES = f"application/vnd.ims.lti-gs.v1.contextgroupsetcontainer+json, {GROUPS_TYPE}"
MAX_GROUPS = 1000
MAX_PAGES = 100


@dataclass(frozen=True, kw_only=True)
class PlatformGroup:
    """A group as the platform lists it; `set_name` is empty where it belongs to no set."""

    id_on_platform: str
    name: str
    set_name: str


def read_groups(connector: PlatformConnector, groups_url: str, *, sets_url: str) -> tuple[PlatformGroup, ...]:
    """Read the groups of a course, and the names of their sets where the platform has sets; at most 1,000.

    Raises:
        PlatformUnavailable: No usable answer, or a list that is malformed or never ends.
        PlatformRefused: The platform does not let us read it, or a page lies on a host not registered.
    """
    entries = list(_entries(connector, groups_url, key="groups", media_type=GROUPS_TYPE))
    sets = _entries(connector, sets_url, key="sets", media_type=SETS_TYPES) if sets_url else ()
    set_names = {_id(entry, "id"): _name(entry) for entry in sets}
    return tuple(
        PlatformGroup(
            id_on_platform=_id(entry, "id"),
            name=_name(entry),
            set_name=set_names.get(_id(entry, "set_id"), "") if entry.get("set_id") is not None else "",
        )
        for entry in entries
    )


def own_group_ids(entry: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the groups that a listed member is in, at most 50, or None where the list does not say (3.3).

    Raises:
        PlatformUnavailable: What it says cannot be read.
    """
    enrolments = entry.get("group_enrollments")
    if enrolments is None:
        return None
    if not isinstance(enrolments, list) or not all(isinstance(each, dict) for each in enrolments):
        raise PlatformUnavailable("a member's groups are no list of groups")
    return tuple(sorted({_id(each, "group_id") for each in enrolments})[:MAX_TOLD_GROUPS])


def _entries(connector: PlatformConnector, url: str, *, key: str, media_type: str) -> Iterator[Mapping[str, Any]]:
    following: str | None = url
    read: set[str] = set()
    count = 0
    while following is not None:
        if following in read or len(read) >= MAX_PAGES:
            raise PlatformUnavailable("the list of groups never ends")
        read.add(following)
        answer = _page(connector, following, media_type=media_type)
        document = answer.json()
        entries = document.get(key) if isinstance(document, dict) else None
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise PlatformUnavailable("the list of groups is malformed", status=answer.status)
        for entry in entries:
            if (count := count + 1) > MAX_GROUPS:
                return
            yield entry
        following = next_page(answer, url=following)


def _page(connector: PlatformConnector, url: str, *, media_type: str) -> Answer:
    answer = connector.send("GET", url, scopes=[GROUPS_SCOPE], headers={"Accept": media_type})
    status = answer.status
    if status == 200:
        return answer
    if status == 401:
        # A fresh token was tried before this (`PlatformConnector.send`).
        raise PlatformRefused("the groups are refused", reason=Refusal.ACCESS_WITHDRAWN, status=status)
    if status == 403 and not is_rate_limit_text(answer):
        raise PlatformRefused("the groups are not allowed", reason=Refusal.SCOPE_MISSING, status=status)
    if 400 <= status < 500 and status not in {403, 408, 429}:
        raise PlatformRefused("the groups are refused", reason=Refusal.OUR_FAULT, status=status)
    raise PlatformUnavailable("the groups cannot be read just now", status=status, retry_after=retry_after(answer))


def _id(entry: Mapping[str, Any], key: str) -> str:
    """Return an id as text: some platforms number their groups (Moodle's plug-in, its source)."""
    value = entry.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**20 else ""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ID or not is_storable(value):
        raise PlatformUnavailable("a group has no id that can be used")
    return value


def _name(entry: Mapping[str, Any]) -> str:
    try:
        return words(entry, "name")
    except LaunchRefused as error:
        raise PlatformUnavailable("a group's name is no text") from error
