"""The API for tests on courses, their activities and their rosters.

| call | what it does |
|---|---|
| `GET courses` | id (the context id), title, label, copied_from, and how many are enrolled |
| `POST courses {title, label?, members?: {person: [role URIs]}}` | makes a course; answers its id |
| `POST courses/<id>/copy {title?, label?, with_learners?}` | answers its id, and {old activity: new activity} |
| `POST activities {title, course?, tool?, graded?, maximum?, resource_id?, tag?, window?, custom?, url?}` | adds one |
| `POST activities/<id>/duplicate` | duplicates it; answers the new id |
| `POST enrol {count, course?}` | enrols so many generated teachers; answers their ids |
| `POST people/<id>/enrol {course, roles?, status?}` | enrols somebody, or changes how they are enrolled |
| `POST people/<id>/roles {roles, course?}` | other roles: in one course, or everywhere |
"""

from typing import Any

from flask import Response, jsonify

from practice_lms.course import COURSE_ID, Activity, LineItem
from practice_lms.enrolments import MemberStatus
from practice_lms.notices import tell_of_copy
from practice_lms.placing import add_activity, copy_course, duplicate_activity, make_course
from practice_lms.switches import change_roles, enrol_person
from practice_lms.tools import DEFAULT_TOOL
from practice_lms.web.api_calls import BadCallError, api_blueprint, call_fields
from practice_lms.web.current import current_lms

blueprint = api_blueprint("api_courses")


@blueprint.get("/courses")
def list_courses() -> Response:
    """List the courses."""
    with current_lms().reading() as state:
        rows = [
            vars(course) | {"enrolled": sum(member.is_enrolled for member in state.members_of(course.id))}
            for course in state.courses.values()
        ]
    return jsonify(rows)


@blueprint.post("/courses")
def make() -> tuple[Response, int]:
    """Make a course with these members."""
    wanted = call_fields()
    members: dict[str, Any] = wanted.get("members", {})
    lms = current_lms()
    with lms.changing() as state:
        for person_id in members:
            state.people[person_id]
        course = make_course(lms, title=str(wanted["title"]), label=str(wanted.get("label", "")))
        for person_id, roles in members.items():
            enrol_person(lms, person_id, course_id=course.id, roles=tuple(roles), status=MemberStatus.ACTIVE)
    return jsonify(id=course.id), 201


@blueprint.post("/courses/<int:course_id>/copy")
def copy(course_id: int) -> tuple[Response, int]:
    """Copy a course, and tell the tools that want to know; see `GET notices`."""
    wanted = call_fields()
    lms = current_lms()
    course = copy_course(
        lms,
        course_id,
        title=str(wanted.get("title", "")),
        label=str(wanted.get("label", "")),
        with_learners=bool(wanted.get("with_learners", False)),
    )
    with lms.reading() as state:
        activities = {activity.copied_from[0]: activity.id for activity in state.activities_of(course.id)}
    tell_of_copy(lms, course)
    return jsonify(id=course.id, activities=activities), 201


@blueprint.post("/activities")
def make_activity() -> tuple[Response, int]:
    """Add an activity; without `custom` and with `url` it is a link that was placed by its address."""
    wanted = call_fields()
    lms = current_lms()
    title = str(wanted["title"])
    column = LineItem(
        id=0,
        activity_id=None,
        label=title,
        score_maximum=float(wanted.get("maximum", 1)),
        resource_id=str(wanted.get("resource_id", "")),
        tag=str(wanted.get("tag", "")),
    )
    with lms.reading() as state:
        course = state.courses[wanted.get("course", COURSE_ID)]
        tool = state.tools[wanted.get("tool", DEFAULT_TOOL)]
    activity = Activity(
        id=0,
        course_id=course.id,
        tool=tool.id,
        title=title,
        new_window=bool(wanted.get("window", False)),
        custom=wanted.get("custom", {}),
        target=wanted.get("url"),
    )
    placed = add_activity(lms, activity, column=column if wanted.get("graded", True) else None)
    return jsonify(id=placed.id), 201


@blueprint.post("/activities/<int:activity_id>/duplicate")
def duplicate(activity_id: int) -> tuple[Response, int]:
    """Duplicate an activity in its course."""
    return jsonify(id=duplicate_activity(current_lms(), activity_id).id), 201


@blueprint.post("/enrol")
def enrol() -> Response:
    """Enrol `count` generated teachers; answers their ids."""
    wanted = call_fields()
    with current_lms().changing() as state:
        course = state.courses[wanted.get("course", COURSE_ID)]
        newcomers = state.enrol(int(wanted["count"]), course_id=course.id)
    return jsonify(people=[person.id for person in newcomers])


@blueprint.post("/people/<person_id>/enrol")
def enrol_somebody(person_id: str) -> Response:
    """Enrol a person, or change roles and status of the enrolment."""
    wanted = call_fields()
    roles = wanted.get("roles")
    enrol_person(
        current_lms(),
        person_id,
        course_id=wanted.get("course", COURSE_ID),
        roles=None if roles is None else _roles(roles),
        status=MemberStatus(wanted.get("status", MemberStatus.ACTIVE)),
    )
    return jsonify(ok=True)


@blueprint.post("/people/<person_id>/roles")
def set_roles(person_id: str) -> Response:
    """Give a person other roles, in launches, the roster and the gradebook alike."""
    wanted = call_fields()
    change_roles(current_lms(), person_id, roles=_roles(wanted["roles"]), course_id=wanted.get("course"))
    return jsonify(ok=True)


def _roles(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(role, str) for role in value):
        raise BadCallError("roles is a list of texts")
    return tuple(value)
