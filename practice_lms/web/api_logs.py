"""The API for tests on what was done and asked.

| call | what it lists |
|---|---|
| `GET gradebook` | cells: person, activity, course, line_item, score, maximum, timestamp, comment, received_at |
| `GET scores` | score posts: person, activity, line_item, body, status, at |
| `GET requests` | service requests: at, service, method, path, status, connection |
| `GET activities` | id, title, course, graded, window, custom, url, sent (content item), copied_from, line_items |
| `GET people` | id, name, part, courses, and roles and enrolled in the first course |
| `GET notices` | notices posted to tools: tool, notice_type, handler, token, status |
"""

import json
from typing import Any

from flask import Response, jsonify

from practice_lms.course import COURSE_ID
from practice_lms.faults import ServiceKind
from practice_lms.line_items import line_item_url
from practice_lms.request_log import ServiceRequest
from practice_lms.web.api_calls import api_blueprint
from practice_lms.web.current import current_lms

blueprint = api_blueprint("api_logs")


@blueprint.get("/gradebook")
def list_grades() -> Response:
    """List every cell that was ever written, oldest arrival first; a wiped one has a null score."""
    with current_lms().reading() as state:
        rows = [
            {
                "person": grade.person_id,
                "activity": state.line_items[grade.line_item_id].activity_id,
                "course": state.line_items[grade.line_item_id].course_id,
                "line_item": grade.line_item_id,
                "score": grade.score,
                "maximum": state.line_items[grade.line_item_id].score_maximum,
                "timestamp": grade.timestamp.isoformat(),
                "comment": grade.comment,
                "received_at": grade.received_at.isoformat(),
            }
            for grade in state.grades.values()
        ]
    return jsonify(rows)


@blueprint.get("/scores")
def list_score_posts() -> Response:
    """List every score post in the order of arrival, those refused and those lost to a fault too."""
    with current_lms().reading() as state:
        posts = [entry for entry in state.requests if entry.service is ServiceKind.SCORES]
    return jsonify([_score_post(entry) for entry in posts])


@blueprint.get("/requests")
def list_requests() -> Response:
    """List every service request in the order of arrival; status is null where no answer was sent."""
    with current_lms().reading() as state:
        entries = list(state.requests)
    return jsonify(
        [
            {
                "at": entry.at.isoformat(),
                "service": entry.service,
                "method": entry.method,
                "path": entry.path,
                "status": entry.status,
                "connection": entry.connection,
            }
            for entry in entries
        ]
    )


@blueprint.get("/activities")
def list_activities() -> Response:
    """List the activities with their line items; `sent` is the content item that one was made from."""
    lms = current_lms()
    with lms.reading() as state:
        rows = [
            {
                "id": activity.id,
                "title": activity.title,
                "graded": activity.graded,
                "window": activity.new_window,
                "custom": dict(activity.custom),
                "sent": dict(activity.sent),
                "course": activity.course_id,
                "url": activity.target,
                "copied_from": activity.copied_from,
                "line_items": [line_item_url(lms.settings, state, column) for column in state.columns_of(activity.id)],
            }
            for activity in state.activities.values()
        ]
    return jsonify(rows)


@blueprint.get("/notices")
def list_notices() -> Response:
    """List the notices that were posted to tools, oldest first; status is null where nobody answered."""
    with current_lms().reading() as state:
        return jsonify([vars(notice) for notice in state.sent_notices])


@blueprint.get("/people")
def list_people() -> Response:
    """List everybody with an account; roles and enrolled are those in the first course."""
    with current_lms().reading() as state:
        rows = [
            {
                "id": person.id,
                "name": person.name,
                "part": person.part,
                "roles": state.member(COURSE_ID, person).roles,
                "enrolled": state.member(COURSE_ID, person).is_enrolled,
                "courses": [
                    course.id for course in state.courses.values() if state.member(course.id, person).is_enrolled
                ],
            }
            for person in state.people.values()
        ]
    return jsonify(rows)


def _score_post(entry: ServiceRequest) -> dict[str, Any]:
    try:
        body = json.loads(entry.body)
    except (ValueError, RecursionError):
        body = entry.body
    return {
        "person": body.get("userId") if isinstance(body, dict) else None,
        "activity": entry.activity_id,
        "line_item": entry.line_item_id,
        "body": body,
        "status": entry.status,
        "at": entry.at.isoformat(),
    }
