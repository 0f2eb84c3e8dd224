"""The course roster (NRPS 2.0), with bare-word roles as Moodle sends them."""

from typing import Any

from flask import Blueprint, Response, request

from practice_lms.claims import LTI, NRPS_SCOPE, memberships_url
from practice_lms.course import COURSE_ID, COURSE_LABEL, COURSE_TITLE
from practice_lms.faults import ServiceKind
from practice_lms.paging import BadPageError, page_of
from practice_lms.people import Person
from practice_lms.state import State
from practice_lms.web.current import current_lms
from practice_lms.web.services import ServiceError, json_answer, require_accepted, require_scope, service

CONTAINER = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"

blueprint = Blueprint("memberships", __name__)


@blueprint.get("/lti/courses/<int:course_id>/memberships")
@service(ServiceKind.MEMBERSHIPS)
def list_members(course_id: int) -> Response:
    """List the people of the course, a page at a time."""
    require_scope(NRPS_SCOPE)
    require_accepted(CONTAINER)
    if course_id != COURSE_ID:
        raise ServiceError(404, "there is no such course")
    lms = current_lms()
    with lms.reading() as state:
        link_id = _asked_link(state)
        members = sorted(
            (person for person in state.people.values() if _is_asked_for(person)),
            key=lambda person: (person.family_name, person.id),
        )
        try:
            page = page_of(members, request.args, largest=state.page_size)
        except BadPageError as error:
            raise ServiceError(400, f"{error} is not a number that can be used") from error
    url = memberships_url(lms.settings)
    roster = {
        "id": url,
        "context": {"id": str(COURSE_ID), "label": COURSE_LABEL, "title": COURSE_TITLE},
        "members": [_member(person, link_id) for person in page.rows],
    }
    link = f"{url}?{page.next_query}" if page.next_query else None
    return json_answer(roster, media_type=CONTAINER, link=link)


def _asked_link(state: State) -> int | None:
    link = request.args.get("rlid")
    if link is None:
        return None
    if not link.isascii() or not link.isdigit() or int(link) not in state.activities:
        raise ServiceError(404, "there is no such resource link")
    return int(link)


def _is_asked_for(person: Person) -> bool:
    wanted = request.args.get("role")
    if not person.enrolled or not person.roles:
        return False
    return wanted is None or wanted.rpartition("#")[2] in _bare_roles(person)


def _bare_roles(person: Person) -> list[str]:
    return [role.rpartition("#")[2] for role in person.roles]


def _member(person: Person, link_id: int | None) -> dict[str, Any]:
    member: dict[str, Any] = {
        "status": "Active",
        "user_id": person.id,
        "roles": _bare_roles(person),
        "name": person.name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
        "lis_person_sourcedid": f"EMP-{person.id}",
        "ext_user_username": person.username,
    }
    if link_id is not None:
        member["message"] = [
            {f"{LTI}message_type": "LtiResourceLinkRequest", f"{LTI}resource_link": {"id": str(link_id)}}
        ]
    return member
