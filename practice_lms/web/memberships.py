"""The course roster (NRPS 2.0): its pages, and the links between them."""

from collections.abc import Sequence
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from practice_lms.claims import memberships_url
from practice_lms.course import Activity, Course
from practice_lms.cursors import cursor_for, row_at
from practice_lms.enrolments import Member
from practice_lms.faults import ServiceKind
from practice_lms.paging import BadPageError, Page, page_of
from practice_lms.roster import member_json, roster_of
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
    """List the people of the course, a page at a time; `since` lists what changed, where a switch offers that."""
    require_scope(NRPS_SCOPE)
    require_accepted(CONTAINER)
    course = existing_course(course_id)
    lms = current_lms()
    with lms.reading() as state:
        link = _asked_link(state, course)
        page = _page(state, roster_of(state, course_id, role=request.args.get("role"), since=_since(state)))
        url = memberships_url(lms.settings, course_id)
        roster = {
            "id": url,
            "context": {"id": str(course.id), "label": course.label, "title": course.title},
            "members": [member_json(state, member, course, link=link) for member in page.rows],
        }
        links = _links(state, url, page)
    response = json_answer(roster, media_type=CONTAINER)
    if links:
        response.headers["Link"] = ", ".join(f'<{address}>; rel="{name}"' for name, address in links.items())
    return response


def _asked_link(state: State, course: Course) -> Activity | None:
    link = request.args.get("rlid")
    if link is None:
        return None
    activity = state.activities.get(int(link)) if link.isascii() and link.isdigit() else None
    if activity is None or activity.course_id != course.id:
        raise ServiceError(404, "there is no such resource link")
    return activity


def _since(state: State) -> float | None:
    since = request.args.get("since")
    if since is None or not state.manner.offers_differences:
        return None
    try:
        return float(since)
    except ValueError as error:
        raise ServiceError(400, "since is not a number") from error


def _page(state: State, members: Sequence[Member]) -> Page[Member]:
    query = request.args.to_dict()
    try:
        if state.manner.opaque_cursors and "page" in query:
            query["from"] = str(row_at(query.pop("page"), secret=state.session_secret))
        return page_of(members, query, largest=state.page_size)
    except BadPageError as error:
        raise ServiceError(400, f"{error} is nothing that can be used") from error


def _links(state: State, url: str, page: Page[Member]) -> dict[str, str]:
    links = {}
    if state.manner.opaque_cursors:
        for name, start in (("current", page.start), ("next", page.following), ("first", 0)):
            if start is not None:
                kept = {name: value for name, value in request.args.items() if name != "page"}
                links[name] = f"{url}?{urlencode(kept | {'page': cursor_for(start, secret=state.session_secret)})}"
    elif page.next_query:
        links["next"] = f"{url}?{page.next_query}"
    if state.manner.offers_differences and page.following is None:
        links["differences"] = f"{url}?since={current_lms().now().timestamp():.3f}"
    return links
