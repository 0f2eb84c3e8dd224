"""The page of a course's groups, for those who teach it."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from practice_lms.groups import Group
from practice_lms.people import Person
from practice_lms.web.current import current_lms
from practice_lms.web.entering import enter_as_facilitator, for_signed_in

blueprint = Blueprint("course_groups", __name__, url_prefix="/courses/<int:course_id>/groups")


@blueprint.get("")
@for_signed_in
def show(person: Person, course_id: int) -> str:
    """List the groups with their members, and offer to make one."""
    course = enter_as_facilitator(person, course_id)
    with current_lms().reading() as state:
        members = [member.person for member in state.sorted_members(course.id) if member.is_enrolled]
        names = {each.id: each.name for each in members}
        groups = [
            (group, [names[each] for each in group.members if each in names])
            for group in state.groups.values()
            if group.course_id == course.id
        ]
    return render_template("courses/groups.html", course=course, groups=groups, members=members)


@blueprint.post("")
@for_signed_in
def make(person: Person, course_id: int) -> AnyResponse:
    """Make a group of the people who were ticked."""
    course = enter_as_facilitator(person, course_id)
    name = request.form.get("name", "").strip() or abort(404)
    with current_lms().changing() as state:
        members = tuple(each for each in request.form.getlist("members") if (course.id, each) in state.enrolments)
        group = Group(id=state.take_number(), course_id=course.id, name=name, members=members)
        state.groups[group.id] = group
    return redirect(url_for("course_groups.show", course_id=course.id))


@blueprint.post("/<int:group_id>/remove")
@for_signed_in
def remove(person: Person, course_id: int, group_id: int) -> AnyResponse:
    """Remove a group."""
    course = enter_as_facilitator(person, course_id)
    with current_lms().changing() as state:
        group = state.groups.get(group_id)
        if group is None or group.course_id != course.id:
            abort(404)
        del state.groups[group_id]
    return redirect(url_for("course_groups.show", course_id=course.id))
