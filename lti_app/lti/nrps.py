"""The people of a course, page by page (LTI Names and Role Provisioning Services 2.0)."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from lti_app.errors import PlatformRefused, PlatformUnavailable, Refusal
from lti_app.lti.claims import identifier, person_name
from lti_app.lti.connector import PlatformConnector, is_rate_limit_text, retry_after
from lti_app.lti.groups import own_group_ids
from lti_app.lti.messages import MAX_ROLES
from lti_app.lti.outbound import Answer
from lti_app.lti.paging import next_page
from lti_app.lti.refusals import LaunchRefused

MEMBERSHIPS_SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
MEMBERSHIPS_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
# Schoology gives at most 100 a page, Canvas 50 (vendor documents); the standard leaves it to the platform (3.6.2).
PAGE = 100
MAX_PAGES = 2000


class MemberStatus(StrEnum):
    """Whether somebody is in the course now (NRPS 2.0, 3.5.1)."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DELETED = "deleted"


@dataclass(frozen=True, kw_only=True)
class Member:
    """One person of a course as the platform lists them; their mail address is never taken over.

    `group_ids` are the groups of the course that they are in, or None where the list does not say.
    """

    sub: str
    name: str
    roles: tuple[str, ...]
    status: MemberStatus
    group_ids: tuple[str, ...] | None = None


def read_members(connector: PlatformConnector, url: str, *, resource_link_id: str = "") -> Iterator[tuple[Member, ...]]:
    """Read the list at `url` to its end, at most 100 people at a time, in the platform's order.

    `resource_link_id` asks for the people of one link (`rlid`). Leave it empty for a course: Moodle 4.5.6 then adds
    nothing that is used here, but leaves out whoever may not see that link (read in its source).

    Raises:
        PlatformUnavailable: No usable answer, a page that is malformed, or a list that never ends.
        PlatformRefused: The platform does not let us read it, or the next page lies on a host not registered.
    """
    url, answer = _first_page(connector, url, resource_link_id=resource_link_id)
    read = {url}
    for _ in range(MAX_PAGES):
        members = _members(answer)
        for start in range(0, len(members), PAGE):
            yield tuple(members[start : start + PAGE])
        following = next_page(answer, url=url)
        if following is None:
            return
        if following in read:
            raise PlatformUnavailable("the list of people leads back to a page that was read already")
        read.add(following)
        url, answer = following, _page(connector, following)
    raise PlatformUnavailable(f"the list of people has more than {MAX_PAGES} pages")


def _first_page(connector: PlatformConnector, url: str, *, resource_link_id: str) -> tuple[str, Answer]:
    """Ask for a page of a hundred; a platform that takes no limit is asked for what it gives by itself."""
    link = {"rlid": resource_link_id} if resource_link_id else {}
    limited, unlimited = _with_query(url, {**link, "limit": str(PAGE)}), _with_query(url, link)
    try:
        return limited, _page(connector, limited)
    except PlatformRefused as refused:
        if refused.status not in {400, 404, 422} or limited == unlimited:
            raise
        return unlimited, _page(connector, unlimited)


def _page(connector: PlatformConnector, url: str) -> Answer:
    answer = connector.send("GET", url, scopes=[MEMBERSHIPS_SCOPE], headers={"Accept": MEMBERSHIPS_TYPE})
    status = answer.status
    if status == 200:
        return answer
    if status == 401:
        # A fresh token was tried before this (`PlatformConnector.send`).
        raise PlatformRefused("the list is refused", reason=Refusal.ACCESS_WITHDRAWN, status=status)
    if status == 403 and not is_rate_limit_text(answer):
        raise PlatformRefused("the list is not allowed", reason=Refusal.SCOPE_MISSING, status=status)
    if 400 <= status < 500 and status not in {403, 408, 429}:
        raise PlatformRefused("the list is refused", reason=Refusal.OUR_FAULT, status=status)
    raise PlatformUnavailable("the list cannot be read just now", status=status, retry_after=retry_after(answer))


def _with_query(url: str, wanted: dict[str, str]) -> str:
    """Return the address with these parameters after its own, which stay as they are and win."""
    parts = urlsplit(url)
    own = parse_qs(parts.query, keep_blank_values=True)
    added = urlencode({name: value for name, value in wanted.items() if name not in own})
    return urlunsplit(parts._replace(query="&".join(part for part in (parts.query, added) if part), fragment=""))


def _members(answer: Answer) -> list[Member]:
    document = answer.json()
    entries = document.get("members") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise PlatformUnavailable("the page holds no list of members", status=answer.status)
    try:
        return [_member(entry) for entry in entries]
    except LaunchRefused as error:
        # One line that cannot be read makes the list incomplete, and who is missing from it would count as gone.
        raise PlatformUnavailable(f"a member is malformed: {error.explanation}", status=answer.status) from error


def _member(entry: Any) -> Member:
    if not isinstance(entry, dict):
        raise PlatformUnavailable("a member is no object")
    roles, status = entry.get("roles"), entry.get("status")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise PlatformUnavailable("a member's roles are no list of texts")
    if status is not None and not isinstance(status, str):
        raise PlatformUnavailable("a member's status is no text")
    return Member(
        sub=identifier(entry, "user_id"),
        name=person_name(entry),
        roles=tuple(roles[:MAX_ROLES]),
        status=_status(status),
        group_ids=own_group_ids(entry),
    )


def _status(text: str | None) -> MemberStatus:
    """Return the status; without one somebody is active, with one that is not known they are not (least right)."""
    if text is None:
        return MemberStatus.ACTIVE
    name = text.rpartition("#")[2].lower()
    return MemberStatus(name) if name in set(MemberStatus) else MemberStatus.INACTIVE
