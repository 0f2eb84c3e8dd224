"""The API for tests on groups: Moodle's groups, Canvas's sections, and those of the groups service.

| call | what it does |
|---|---|
| `GET groups` | every group with its course, set and members |
| `POST groups {name, course?, members?, set?, tag?}` | makes a group; answers its id |
| `POST groups/<id>/members {members}` | puts these people into it, and nobody else |
| `DELETE groups/<id>` | removes it |
"""

from dataclasses import replace

from flask import Response, jsonify

from practice_lms.course import COURSE_ID
from practice_lms.groups import Group
from practice_lms.state import State
from practice_lms.web.api_calls import BadCallError, api_blueprint, call_fields
from practice_lms.web.current import current_lms

blueprint = api_blueprint("api_groups")


@blueprint.get("/groups")
def list_groups() -> Response:
    """List the groups of all courses."""
    with current_lms().reading() as state:
        return jsonify([vars(group) for group in state.groups.values()])


@blueprint.post("/groups")
def make() -> tuple[Response, int]:
    """Make a group."""
    wanted = call_fields()
    with current_lms().changing() as state:
        group = Group(
            id=state.take_number(),
            course_id=state.courses[wanted.get("course", COURSE_ID)].id,
            name=str(wanted["name"]),
            members=_people(state, wanted.get("members", [])),
            set_name=str(wanted.get("set", "")),
            tag=str(wanted.get("tag", "")),
        )
        state.groups[group.id] = group
    return jsonify(id=group.id), 201


@blueprint.post("/groups/<int:group_id>/members")
def set_members(group_id: int) -> Response:
    """Put these people into a group, and nobody else."""
    wanted = call_fields()
    with current_lms().changing() as state:
        members = _people(state, wanted["members"])
        state.groups[group_id] = replace(state.groups[group_id], members=members)
    return jsonify(ok=True)


@blueprint.delete("/groups/<int:group_id>")
def remove(group_id: int) -> Response:
    """Remove a group."""
    with current_lms().changing() as state:
        del state.groups[group_id]
    return jsonify(ok=True)


def _people(state: State, value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise BadCallError("members is a list of ids")
    return tuple(state.people[person_id].id for person_id in value)
