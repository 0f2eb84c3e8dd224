"""The line item services (AGS 2.0 §3.2): list, make, read, change and delete gradebook columns."""

from flask import Blueprint, Response, request

from practice_lms.course import LineItem
from practice_lms.faults import ServiceKind
from practice_lms.line_items import (
    LineItemRefusedError,
    line_item_json,
    line_items_url,
    parse_line_item,
    replace_line_item,
)
from practice_lms.paging import BadPageError, page_of
from practice_lms.state import State
from practice_lms.tools import AGS_SCOPE, Tool
from practice_lms.web.current import current_lms
from practice_lms.web.services import (
    ServiceError,
    gradebook_answer,
    json_answer,
    require_accepted,
    require_content,
    require_course,
    require_scope,
    service,
)

LINE_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
CONTAINER = "application/vnd.ims.lis.v2.lineitemcontainer+json"

blueprint = Blueprint("line_items", __name__, url_prefix="/lti/courses/<int:course_id>/lineitems")


@blueprint.get("")
@service(ServiceKind.LINE_ITEMS)
def list_line_items(course_id: int) -> Response:
    """List the columns of this tool, a page at a time."""
    tool = require_scope(f"{AGS_SCOPE}lineitem", f"{AGS_SCOPE}lineitem.readonly")
    require_course(course_id, tool)
    require_accepted(CONTAINER)
    lms = current_lms()
    with lms.reading() as state:
        columns = [
            column
            for column in state.line_items.values()
            if (column.course_id, column.tool) == (course_id, tool.id) and _is_asked_for(column)
        ]
        try:
            page = page_of(columns, request.args, largest=state.page_size)
        except BadPageError as error:
            raise ServiceError(400, f"{error} is not a number that can be used") from error
        rows = [line_item_json(lms.settings, state, column) for column in page.rows]
    base = line_items_url(lms.settings, tool, course_id).partition("?")[0]
    return gradebook_answer(
        rows,
        media_type=CONTAINER,
        link=f"{base}?{page.next_query}" if page.next_query else None,
    )


@blueprint.post("")
@service(ServiceKind.LINE_ITEMS)
def make_line_item(course_id: int) -> Response:
    """Make a column, for a resource link or for none."""
    tool = require_scope(f"{AGS_SCOPE}lineitem")
    require_course(course_id, tool)
    require_content(LINE_ITEM)
    lms = current_lms()
    with lms.changing() as state:
        place = LineItem(
            id=state.next_number, activity_id=None, label="", score_maximum=1, course_id=course_id, tool=tool.id
        )
        line_item = _parsed(state, place)
        state.line_items[state.take_number()] = line_item
        shown = line_item_json(lms.settings, state, line_item)
    return json_answer(shown, media_type=LINE_ITEM, status=201)


@blueprint.get("/<int:line_item_id>/lineitem")
@service(ServiceKind.LINE_ITEMS)
def show_line_item(course_id: int, line_item_id: int) -> Response:
    """Return one column."""
    tool = require_scope(f"{AGS_SCOPE}lineitem", f"{AGS_SCOPE}lineitem.readonly")
    require_course(course_id, tool)
    require_accepted(LINE_ITEM)
    lms = current_lms()
    with lms.reading() as state:
        shown = line_item_json(lms.settings, state, existing_line_item(state, course_id, line_item_id, tool))
    return json_answer(shown, media_type=LINE_ITEM)


@blueprint.put("/<int:line_item_id>/lineitem")
@service(ServiceKind.LINE_ITEMS)
def change_line_item(course_id: int, line_item_id: int) -> Response:
    """Replace one column by what was sent, field by field."""
    tool = require_scope(f"{AGS_SCOPE}lineitem")
    require_course(course_id, tool)
    require_content(LINE_ITEM)
    lms = current_lms()
    with lms.changing() as state:
        changed = _parsed(state, existing_line_item(state, course_id, line_item_id, tool))
        replace_line_item(state, changed)
        shown = line_item_json(lms.settings, state, changed)
    return json_answer(shown, media_type=LINE_ITEM)


@blueprint.delete("/<int:line_item_id>/lineitem")
@service(ServiceKind.LINE_ITEMS)
def delete_line_item(course_id: int, line_item_id: int) -> Response:
    """Delete one column together with its grades."""
    tool = require_scope(f"{AGS_SCOPE}lineitem")
    require_course(course_id, tool)
    with current_lms().changing() as state:
        existing_line_item(state, course_id, line_item_id, tool)
        state.remove_line_item(line_item_id)
    return Response(status=204)


def existing_line_item(state: State, course_id: int, line_item_id: int, tool: Tool) -> LineItem:
    """Return the column of this number in the course.

    Raises:
        ServiceError: 404, when it was deleted, never was, or is another tool's.
    """
    line_item = state.line_items.get(line_item_id)
    if line_item is None or (line_item.course_id, line_item.tool) != (course_id, tool.id):
        raise ServiceError(404, "there is no such line item")
    return line_item


def _parsed(state: State, place: LineItem) -> LineItem:
    try:
        return parse_line_item(request.get_data(), state, place=place)
    except LineItemRefusedError as error:
        raise ServiceError(error.status, error.reason) from error


def _is_asked_for(column: LineItem) -> bool:
    link = "" if column.activity_id is None else str(column.activity_id)
    wanted = {"resource_link_id": link, "resource_id": column.resource_id, "tag": column.tag}
    return all(request.args.get(name, value) == value for name, value in wanted.items())
