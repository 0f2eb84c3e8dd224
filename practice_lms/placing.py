"""Putting activities into courses: new ones, duplicates, and those of a copied course."""

from dataclasses import replace

from practice_lms.course import Activity, Course, LineItem
from practice_lms.lms import Lms
from practice_lms.people import INSTRUCTOR
from practice_lms.state import State


def add_activity(lms: Lms, activity: Activity, *, column: LineItem | None) -> Activity:
    """Put an activity, and its column where it is graded, into its course under fresh numbers.

    Where a switch says so no column is made, as with D2L: the tool has to make one itself.
    """
    with lms.changing() as state:
        columns = [column] if column is not None else []
        return _placed(state, replace(activity, graded=column is not None), columns)


def duplicate_activity(lms: Lms, activity_id: int) -> Activity:
    """Duplicate an activity in its course: a new link and a new column with the same custom, resourceId and tag.

    Raises:
        KeyError: when there is no such activity.
    """
    with lms.changing() as state:
        original = state.activities[activity_id]
        copy = replace(_copied(original), title=f"{original.title} (copy)")
        return _placed(state, copy, state.columns_of(activity_id))


def make_course(lms: Lms, *, title: str, label: str) -> Course:
    """Make an empty course."""
    with lms.changing() as state:
        course = Course(id=state.take_number(), title=title, label=label)
        state.courses[course.id] = course
        return course


def copy_course(lms: Lms, course_id: int, *, title: str = "", label: str = "", with_learners: bool = False) -> Course:
    """Copy a course with its activities; who teaches comes along, who learns only `with_learners`.

    Raises:
        KeyError: when there is no such course.
    """
    with lms.changing() as state:
        original = state.courses[course_id]
        number = state.take_number()
        course = Course(
            id=number,
            title=title or f"{original.title} copy",
            label=label or f"{original.label}-C{number}",
            copied_from=(original.id, *original.copied_from),
        )
        state.courses[course.id] = course
        for activity in state.activities_of(original.id):
            _placed(state, replace(_copied(activity), course_id=course.id), state.columns_of(activity.id))
        for member in state.members_of(original.id):
            if member.enrolment and (with_learners or INSTRUCTOR in member.roles):
                state.place(replace(member.enrolment, course_id=course.id))
        return course


def _copied(activity: Activity) -> Activity:
    return replace(activity, copied_from=(activity.id, *activity.copied_from))


def _placed(state: State, activity: Activity, columns: list[LineItem]) -> Activity:
    placed = replace(activity, id=state.take_number())
    state.activities[placed.id] = placed
    for column in columns if state.manner.makes_columns else ():
        number = state.take_number()
        state.line_items[number] = replace(
            column, id=number, activity_id=placed.id, course_id=placed.course_id, tool=placed.tool
        )
    return placed
