"""The line item services (AGS 2.0 §3.2): list, make, read, change and delete gradebook columns."""

from flask import Blueprint, Response, request

from practice_lms.claims import AGS_SCOPE
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
from practice_lms.web.current import current_lms
from practice_lms.web.services import (
    ServiceError,
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
    require_scope(f"{AGS_SCOPE}lineitem", f"{AGS_SCOPE}lineitem.readonly")
    require_course(course_id)
    require_accepted(CONTAINER)
    lms = current_lms()
    with lms.reading() as state:
        columns = [column for column in state.line_items.values() if _is_asked_for(column)]
        try:
            page = page_of(columns, request.args, largest=state.page_size)
        except BadPageError as error:
            raise ServiceError(400, f"{error} is not a number that can be used") from error
    base = line_items_url(lms.settings).partition("?")[0]
    return json_answer(
        [line_item_json(lms.settings, column) for column in page.rows],
        media_type=CONTAINER,
        link=f"{base}?{page.next_query}" if page.next_query else None,
    )


@blueprint.post("")
@service(ServiceKind.LINE_ITEMS)
def make_line_item(course_id: int) -> Response:
    """Make a column, for a resource link or for none."""
    require_scope(f"{AGS_SCOPE}lineitem")
    require_course(course_id)
    require_content(LINE_ITEM)
    lms = current_lms()
    with lms.changing() as state:
        line_item = _parsed(state, line_item_id=state.next_number)
        state.line_items[state.take_number()] = line_item
    return json_answer(line_item_json(lms.settings, line_item), media_type=LINE_ITEM, status=201)


@blueprint.get("/<int:line_item_id>/lineitem")
@service(ServiceKind.LINE_ITEMS)
def show_line_item(course_id: int, line_item_id: int) -> Response:
    """Return one column."""
    require_scope(f"{AGS_SCOPE}lineitem", f"{AGS_SCOPE}lineitem.readonly")
    require_course(course_id)
    require_accepted(LINE_ITEM)
    lms = current_lms()
    with lms.reading() as state:
        line_item = existing_line_item(state, line_item_id)
    return json_answer(line_item_json(lms.settings, line_item), media_type=LINE_ITEM)


@blueprint.put("/<int:line_item_id>/lineitem")
@service(ServiceKind.LINE_ITEMS)
def change_line_item(course_id: int, line_item_id: int) -> Response:
    """Replace one column by what was sent, field by field."""
    require_scope(f"{AGS_SCOPE}lineitem")
    require_course(course_id)
    require_content(LINE_ITEM)
    lms = current_lms()
    with lms.changing() as state:
        existing_line_item(state, line_item_id)
        changed = _parsed(state, line_item_id=line_item_id)
        replace_line_item(state, changed)
    return json_answer(line_item_json(lms.settings, changed), media_type=LINE_ITEM)


@blueprint.delete("/<int:line_item_id>/lineitem")
@service(ServiceKind.LINE_ITEMS)
def delete_line_item(course_id: int, line_item_id: int) -> Response:
    """Delete one column together with its grades."""
    require_scope(f"{AGS_SCOPE}lineitem")
    require_course(course_id)
    with current_lms().changing() as state:
        existing_line_item(state, line_item_id)
        state.remove_line_item(line_item_id)
    return Response(status=204)


def existing_line_item(state: State, line_item_id: int) -> LineItem:
    """Return the column of this number.

    Raises:
        ServiceError: 404, when it was deleted or never was.
    """
    line_item = state.line_items.get(line_item_id)
    if line_item is None:
        raise ServiceError(404, "there is no such line item")
    return line_item


def _parsed(state: State, *, line_item_id: int) -> LineItem:
    try:
        return parse_line_item(request.get_data(), state, line_item_id=line_item_id)
    except LineItemRefusedError as error:
        raise ServiceError(error.status, error.reason) from error


def _is_asked_for(column: LineItem) -> bool:
    link = "" if column.activity_id is None else str(column.activity_id)
    wanted = {"resource_link_id": link, "resource_id": column.resource_id, "tag": column.tag}
    return all(request.args.get(name, value) == value for name, value in wanted.items())
