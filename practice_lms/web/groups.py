"""The course groups service (course groups service 1.0 §3): groups, those of a person, and sets of groups."""

from collections.abc import Sequence

from flask import Blueprint, Response, request

from practice_lms.faults import ServiceKind
from practice_lms.groups import GROUPS_SCOPE, Group, group_json, group_sets_url, groups_url, sets_of
from practice_lms.paging import BadPageError, Page, Row, page_of
from practice_lms.web.current import current_lms
from practice_lms.web.services import (
    ServiceError,
    existing_course,
    json_answer,
    require_accepted,
    require_scope,
    service,
)

CONTAINER = "application/vnd.ims.lti-gs.v1.contextgroupcontainer+json"

blueprint = Blueprint("groups", __name__, url_prefix="/lti/courses/<int:course_id>")


@blueprint.get("/groups")
@service(ServiceKind.GROUPS)
def list_groups(course_id: int) -> Response:
    """List the groups of a course, or those of `user_id`, a page at a time."""
    person_id = request.args.get("user_id")
    groups = [group for group in _groups(course_id) if person_id is None or person_id in group.members]
    page = _page(groups)
    url = groups_url(current_lms().settings, course_id)
    body = {"id": url, "groups": [group_json(group) for group in page.rows]}
    return json_answer(body, media_type=CONTAINER, link=_link(url, page))


@blueprint.get("/group-sets")
@service(ServiceKind.GROUPS)
def list_sets(course_id: int) -> Response:
    """List the group sets of a course, with their groups where `include` asks for them."""
    page = _page(list(sets_of(_groups(course_id)).items()))
    has_groups = request.args.get("include") == "groups"
    url = group_sets_url(current_lms().settings, course_id)
    sets = [
        {"id": name, "name": name} | ({"groups": [group_json(group) for group in groups]} if has_groups else {})
        for name, groups in page.rows
    ]
    return json_answer({"id": url, "sets": sets}, media_type=CONTAINER, link=_link(url, page))


def _groups(course_id: int) -> list[Group]:
    require_scope(GROUPS_SCOPE)
    require_accepted(CONTAINER)
    existing_course(course_id)
    with current_lms().reading() as state:
        if not state.manner.groups_service:
            raise ServiceError(404, "this platform has no groups service")
        return [group for group in state.groups.values() if group.course_id == course_id]


def _page(rows: Sequence[Row]) -> Page[Row]:
    with current_lms().reading() as state:
        largest = state.page_size
    try:
        return page_of(rows, request.args, largest=largest)
    except BadPageError as error:
        raise ServiceError(400, f"{error} is not a number that can be used") from error


def _link(url: str, page: Page[Row]) -> str | None:
    return f"{url}?{page.next_query}" if page.next_query else None
