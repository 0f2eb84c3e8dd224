"""The course roster (NRPS 2.0), with bare-word roles as Moodle sends them."""

from typing import Any

from flask import Blueprint, Response, request

from practice_lms.claims import memberships_url
from practice_lms.course import Course
from practice_lms.enrolments import Member
from practice_lms.faults import ServiceKind
from practice_lms.paging import BadPageError, page_of
from practice_lms.spec import LTI
from practice_lms.state import State
from practice_lms.tools import NRPS_SCOPE
from practice_lms.web.current import current_lms
from practice_lms.web.services import (
    ServiceError,
    existing_course,
    json_answer,
    require_accepted,
    require_scope,
    service,
)

CONTAINER = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"

blueprint = Blueprint("memberships", __name__)


@blueprint.get("/lti/courses/<int:course_id>/memberships")
@service(ServiceKind.MEMBERSHIPS)
def list_members(course_id: int) -> Response:
    """List the people of the course, a page at a time."""
    require_scope(NRPS_SCOPE)
    require_accepted(CONTAINER)
    course = existing_course(course_id)
    lms = current_lms()
    with lms.reading() as state:
        link_id = _asked_link(state, course)
        members = sorted(
            (member for member in state.members_of(course_id) if _is_asked_for(member)),
            key=lambda member: (member.person.family_name, member.person.id),
        )
        try:
            page = page_of(members, request.args, largest=state.page_size)
        except BadPageError as error:
            raise ServiceError(400, f"{error} is not a number that can be used") from error
    url = memberships_url(lms.settings, course_id)
    roster = {
        "id": url,
        "context": {"id": str(course.id), "label": course.label, "title": course.title},
        "members": [_member(member, link_id) for member in page.rows],
    }
    link = f"{url}?{page.next_query}" if page.next_query else None
    return json_answer(roster, media_type=CONTAINER, link=link)


def _asked_link(state: State, course: Course) -> int | None:
    link = request.args.get("rlid")
    if link is None:
        return None
    activity = state.activities.get(int(link)) if link.isascii() and link.isdigit() else None
    if activity is None or activity.course_id != course.id:
        raise ServiceError(404, "there is no such resource link")
    return activity.id


def _is_asked_for(member: Member) -> bool:
    wanted = request.args.get("role")
    if not member.is_enrolled or not member.roles:
        return False
    return wanted is None or wanted.rpartition("#")[2] in _bare_roles(member)


def _bare_roles(member: Member) -> list[str]:
    return [role.rpartition("#")[2] for role in member.roles]


def _member(member: Member, link_id: int | None) -> dict[str, Any]:
    person = member.person
    shown: dict[str, Any] = {
        "status": "Active",
        "user_id": person.id,
        "roles": _bare_roles(member),
        "name": person.name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
        "lis_person_sourcedid": f"EMP-{person.id}",
        "ext_user_username": person.username,
    }
    if link_id is not None:
        shown["message"] = [
            {f"{LTI}message_type": "LtiResourceLinkRequest", f"{LTI}resource_link": {"id": str(link_id)}}
        ]
    return shown
