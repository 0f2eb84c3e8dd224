"""What all services share: they are logged, can be made to fail, and want a token and a media type."""

import json
from collections.abc import Callable
from functools import wraps

from flask import Response, request

from practice_lms.course import Course
from practice_lms.faults import Fault, FaultRule, ServiceKind
from practice_lms.lms import Lms
from practice_lms.request_log import ServiceRequest
from practice_lms.tokens import valid_token
from practice_lms.tools import Tool
from practice_lms.web.current import current_lms

View = Callable[..., Response]
PLAIN_FAULTS = {
    Fault.UNAUTHORIZED: 401,
    Fault.FORBIDDEN: 403,
    Fault.NOT_FOUND: 404,
    Fault.CONFLICT: 409,
    Fault.UNPROCESSABLE: 422,
    Fault.SERVER_ERROR: 500,
}


class ServiceError(Exception):
    """A service refuses a request; `body` replaces the usual JSON where a platform answers otherwise."""

    def __init__(self, status: int, reason: str, *, body: str | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.body = body


def service(kind: ServiceKind) -> Callable[[View], View]:
    """Make a view a service of this kind: logged, and failing where a fault is set for it."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(**values: object) -> Response:
            lms = current_lms()
            entry = _logged_arrival(lms, kind)
            fault = lms.take_fault(kind)
            response = _answer_with(lms, fault, deed=lambda: _answered(view, values))
            if fault is None or fault.fault is not Fault.HANG_UP:
                entry.status = response.status_code
            return response

        return answer

    return decorate


def require_scope(*scopes: str) -> Tool:
    """Let only a valid token with one of these scopes pass, and return the tool that it was given to.

    Raises:
        ServiceError: 401 for a token that is missing, unknown or expired, 403 for one without the scope.
    """
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    lms = current_lms()
    token = valid_token(lms, value) if scheme.lower() == "bearer" else None
    if token is None:
        raise ServiceError(401, "the access token is missing, unknown or expired")
    if token.scopes.isdisjoint(scopes):
        raise ServiceError(403, "the access token does not cover this")
    with lms.reading() as state:
        return state.tools[token.tool]


def require_course(course_id: int, tool: Tool) -> None:
    """Let only addresses of a course pass that kept the query they were handed out with.

    Raises:
        ServiceError: 404.
    """
    existing_course(course_id)
    if request.args.get("type_id") != tool.deployment_id:
        raise ServiceError(404, "there is no such course for this tool; was type_id dropped from the address?")


def existing_course(course_id: int) -> Course:
    """Return the course of this number.

    Raises:
        ServiceError: 404.
    """
    with current_lms().reading() as state:
        course = state.courses.get(course_id)
    if course is None:
        raise ServiceError(404, "there is no such course")
    return course


def require_accepted(media_type: str) -> None:
    """Let only requests pass whose Accept header names this media type literally.

    Raises:
        ServiceError: 400.
    """
    accepted = {part.partition(";")[0].strip() for part in request.headers.get("Accept", "").split(",")}
    if media_type not in accepted:
        raise ServiceError(400, f"Accept must name {media_type}")


def require_content(media_type: str) -> None:
    """Let only bodies of this media type pass.

    Raises:
        ServiceError: 415.
    """
    if request.mimetype != media_type:
        raise ServiceError(415, f"Content-Type must be {media_type}")


def json_answer(content: object, *, media_type: str, status: int = 200, link: str | None = None) -> Response:
    """Return JSON under a media type of LTI, with a `Link` to the next page where there is one."""
    response = Response(json.dumps(content, ensure_ascii=False), status=status)
    response.headers["Content-Type"] = f"{media_type}; charset=utf-8"
    if link is not None:
        response.headers["Link"] = f'<{link}>; rel="next"'
    return response


def gradebook_answer(content: object, *, media_type: str, link: str | None) -> Response:
    """Return a page of columns or results; a switch garbles its `Link` as Moodle 4.5.6 was seen to."""
    with current_lms().reading() as state:
        is_odd = state.manner.odd_links
    if link is None or not is_odd:
        return json_answer(content, media_type=media_type, link=link)
    response = json_answer(content, media_type=media_type)
    garbled = f"<{link.replace('&', '&amp;')}>; rel=“next”"
    # Headers travel as Latin-1; the bytes on the wire are those of UTF-8.
    response.headers["Link"] = garbled.encode().decode("latin-1")
    return response


def refusal(status: int, reason: str) -> Response:
    """Return an error in the shape of Moodle's services."""
    body = {"status": status, "reason": reason, "request": {"method": request.method, "url": request.url}}
    return Response(json.dumps(body), status=status, mimetype="application/json")


def _logged_arrival(lms: Lms, kind: ServiceKind) -> ServiceRequest:
    line_item_id = (request.view_args or {}).get("line_item_id")
    query = request.query_string.decode("latin-1")
    with lms.reading() as state:
        column = state.line_items.get(line_item_id) if line_item_id is not None else None
        entry = ServiceRequest(
            at=lms.now(),
            service=kind,
            method=request.method,
            path=f"{request.path}?{query}" if query else request.path,
            connection=(request.remote_addr or "", int(request.environ.get("REMOTE_PORT", 0))),
            body=request.get_data(as_text=True) if kind is ServiceKind.SCORES else "",
            line_item_id=line_item_id,
            activity_id=column.activity_id if column else None,
        )
        state.requests.append(entry)
    return entry


def _answered(view: View, values: dict[str, object]) -> Response:
    try:
        return view(**values)
    except ServiceError as error:
        if error.body is not None:
            return Response(error.body, status=error.status, mimetype="application/json")
        return refusal(error.status, error.reason)


def _answer_with(lms: Lms, rule: FaultRule | None, *, deed: Callable[[], Response]) -> Response:
    if rule is None:
        return deed()
    if rule.fault is Fault.SLOW:
        lms.stopping.wait(rule.delay_seconds)
        return deed()
    if rule.fault is Fault.STORED_BUT_SLOW:
        response = deed()
        lms.stopping.wait(rule.delay_seconds)
        return response
    if rule.fault is Fault.STORED_BUT_500:
        deed()
        return refusal(500, "the practice LMS was told to break after the deed")
    return _answer_without_deed(rule)


def _answer_without_deed(rule: FaultRule) -> Response:
    if rule.fault in PLAIN_FAULTS:
        return refusal(PLAIN_FAULTS[rule.fault], "the practice LMS was told to answer this")
    if rule.fault is Fault.TOO_MANY_REQUESTS:
        response = refusal(429, "too many requests")
        response.headers["Retry-After"] = str(rule.retry_after_seconds)
        return response
    if rule.fault is Fault.RATE_LIMITED_FORBIDDEN:
        return Response("403 Forbidden (Rate Limit Exceeded)", status=403, mimetype="text/plain")
    hang_up = request.environ.get("practice_lms.hang_up")
    if rule.fault is Fault.HANG_UP and hang_up is not None:
        hang_up.set()
    return Response('<html><body>{"unfinished": [', mimetype="text/html")
