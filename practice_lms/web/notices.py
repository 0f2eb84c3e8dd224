"""The platform notification service: where a tool says which notices it wants, and where to (PNS 1.0 §3)."""

import json
from typing import Any

from flask import Blueprint, Response, request

from practice_lms.faults import ServiceKind
from practice_lms.notices import NoticeType
from practice_lms.tools import NOTICES_SCOPE, Tool
from practice_lms.web.current import current_lms
from practice_lms.web.services import ServiceError, json_answer, require_content, require_scope, service

JSON = "application/json"

blueprint = Blueprint("notices", __name__, url_prefix="/lti/notice-handlers/<deployment_id>")


@blueprint.get("")
@service(ServiceKind.NOTICES)
def list_handlers(deployment_id: str) -> Response:
    """List where the tool wants each kind of notice; an empty address means nowhere."""
    tool = _caller(deployment_id)
    with current_lms().reading() as state:
        handlers = [
            {"notice_type": kind, "handler": state.notice_handlers.get((tool.id, kind), "")} for kind in NoticeType
        ]
    catalogue = {"client_id": tool.client_id, "deployment_id": tool.deployment_id, "notice_handlers": handlers}
    return json_answer(catalogue, media_type=JSON)


@blueprint.put("")
@service(ServiceKind.NOTICES)
def set_handler(deployment_id: str) -> Response:
    """Set where the tool wants one kind of notice; an empty address ends it."""
    tool = _caller(deployment_id)
    require_content(JSON)
    kind, handler = _parsed(tool)
    with current_lms().changing() as state:
        state.notice_handlers.pop((tool.id, kind), None)
        if handler:
            state.notice_handlers[tool.id, kind] = handler
    return json_answer({"notice_type": kind, "handler": handler}, media_type=JSON)


def _caller(deployment_id: str) -> Tool:
    tool = require_scope(NOTICES_SCOPE)
    with current_lms().reading() as state:
        if not state.manner.notices or tool.deployment_id != deployment_id:
            raise ServiceError(404, "there is no such notification service")
    return tool


def _parsed(tool: Tool) -> tuple[NoticeType, str]:
    try:
        fields: Any = json.loads(request.get_data())
        kind, handler = NoticeType(fields["notice_type"]), fields["handler"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ServiceError(400, "the body must name a supported notice_type and a handler") from error
    # As in Canvas: a handler elsewhere than at the tool would send notices to a stranger.
    if not isinstance(handler, str) or (handler and not handler.startswith(f"{tool.origin}/")):
        raise ServiceError(400, "handler is not an address of the tool")
    return kind, handler
