"""The score and result services (AGS 2.0 §3.4 and §3.3): grades come in, and can be read back."""

from typing import Any

from flask import Blueprint, Response, request

from practice_lms.faults import ServiceKind
from practice_lms.gradebook import Grade, Score, ScoreRefusedError, grade_from, parse_score
from practice_lms.line_items import line_item_url
from practice_lms.lms import Lms
from practice_lms.paging import BadPageError, page_of
from practice_lms.state import State
from practice_lms.tools import AGS_SCOPE
from practice_lms.web.current import current_lms
from practice_lms.web.line_items import existing_line_item
from practice_lms.web.services import (
    ServiceError,
    gradebook_answer,
    require_accepted,
    require_content,
    require_course,
    require_scope,
    service,
)

SCORE = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"

blueprint = Blueprint(
    "scores", __name__, url_prefix="/lti/courses/<int:course_id>/lineitems/<int:line_item_id>/lineitem"
)


@blueprint.post("/scores")
@service(ServiceKind.SCORES)
def receive_score(course_id: int, line_item_id: int) -> Response:
    """Store a score, or refuse it the way Moodle does: with an empty list for a body."""
    tool = require_scope(f"{AGS_SCOPE}score")
    require_course(course_id, tool)
    require_content(SCORE)
    lms = current_lms()
    with lms.changing() as state:
        existing_line_item(state, course_id, line_item_id, tool)
        try:
            score = parse_score(request.get_data())
            _store(lms, state, score=score, line_item_id=line_item_id)
        except ScoreRefusedError as error:
            raise ServiceError(error.status, error.reason, body="[]") from error
    return Response(status=200, mimetype="application/json")


@blueprint.get("/results")
@service(ServiceKind.RESULTS)
def list_results(course_id: int, line_item_id: int) -> Response:
    """List the grades of one column, a page at a time, everybody's or those of `user_id`."""
    tool = require_scope(f"{AGS_SCOPE}result.readonly")
    require_course(course_id, tool)
    require_accepted(RESULTS)
    if "limit" in request.args:
        raise ServiceError(404, "results with both limit and type_id are not found, as in Moodle 4.5")
    lms = current_lms()
    with lms.reading() as state:
        column = existing_line_item(state, course_id, line_item_id, tool)
        user_id = request.args.get("user_id")
        cells = [
            grade
            for (number, person_id), grade in state.grades.items()
            if number == line_item_id and user_id in (None, person_id)
        ]
        try:
            page = page_of(cells, request.args, largest=state.page_size)
        except BadPageError as error:
            raise ServiceError(400, f"{error} is not a number that can be used") from error
        rows = [_result(lms, state, grade) for grade in page.rows]
        base = line_item_url(lms.settings, state, column, below="/results").partition("?")[0]
    return gradebook_answer(rows, media_type=RESULTS, link=f"{base}?{page.next_query}" if page.next_query else None)


def _store(lms: Lms, state: State, *, score: Score, line_item_id: int) -> None:
    person, line_item = state.people.get(score.person_id), state.line_items[line_item_id]
    if person is None or not state.member(line_item.course_id, person).is_gradable:
        raise ScoreRefusedError(400, "this person cannot be graded in this course")
    key = (line_item_id, person.id)
    grade = grade_from(score, line_item, stored=state.grades.get(key), received_at=lms.now())
    # The newest arrival is the last of the table, which the gradebook page relies on.
    state.grades.pop(key, None)
    state.grades[key] = grade


def _result(lms: Lms, state: State, grade: Grade) -> dict[str, Any]:
    column = state.line_items[grade.line_item_id]
    base = line_item_url(lms.settings, state, column, below="/results")
    row: dict[str, Any] = {
        "id": f"{base}&user_id={grade.person_id}",
        "userId": grade.person_id,
        "resultMaximum": column.score_maximum,
        "comment": grade.comment,
        "scoreOf": line_item_url(lms.settings, state, column),
    }
    return row if grade.score is None else row | {"resultScore": grade.score}
