"""The gradebook as a table for people: who, which columns, and what stands in each cell."""

from collections.abc import Sequence
from dataclasses import dataclass

from practice_lms.course import LineItem
from practice_lms.enrolments import Member
from practice_lms.gradebook import Grade
from practice_lms.people import Person
from practice_lms.state import State

EMPTY = "–"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell: the text as people read it, the exact moment of arrival for its title, may it be reviewed."""

    activity_id: int | None
    line_item_id: int
    label: str
    text: str
    title: str
    has_review: bool


@dataclass(frozen=True, kw_only=True)
class GradebookTable:
    """The whole table; `latest` is a sentence about the newest grade, empty when there is none."""

    columns: tuple[LineItem, ...]
    rows: tuple[tuple[Person, tuple[Cell, ...]], ...]
    latest: str


def table_for(state: State, viewer: Member, *, course_id: int) -> GradebookTable:
    """Return everybody's grades in a course for staff, and for a teacher the own row only."""
    columns = tuple(column for column in state.line_items.values() if column.course_id == course_id)
    graded = [member.person for member in state.members_of(course_id) if member.is_gradable]
    shown = graded if viewer.is_staff else [person for person in graded if person.id == viewer.person.id]
    rows = tuple((person, tuple(_cell(state, column, person) for column in columns)) for person in shown)
    return GradebookTable(columns=columns, rows=rows, latest=_latest(state, shown, course_id))


def grade_in(state: State, columns: Sequence[LineItem], person_id: str) -> Grade | None:
    """Return the person's grade in the first of these columns: an activity's own one."""
    return state.grades.get((columns[0].id, person_id)) if columns else None


def cell_text(grade: Grade | None, column: LineItem) -> str:
    """Return a grade as people read it, such as "1/1", or a dash."""
    if grade is None or grade.score is None:
        return EMPTY
    return f"{grade.score:g}/{column.score_maximum:g}"


def _cell(state: State, column: LineItem, person: Person) -> Cell:
    grade = state.grades.get((column.id, person.id))
    title = f"Arrived {grade.received_at:%a %d %b %Y, %H:%M:%S} UTC" if grade else ""
    if grade and grade.comment:
        title = f"{title}: {grade.comment}"
    return Cell(
        activity_id=column.activity_id,
        line_item_id=column.id,
        label=column.label,
        text=cell_text(grade, column),
        title=title,
        has_review=grade is not None and _is_reviewable(state, column),
    )


def _is_reviewable(state: State, column: LineItem) -> bool:
    return column.submission_review is not None or state.manner.dialect.reviews_undeclared


def _latest(state: State, shown: Sequence[Person], course_id: int) -> str:
    visible = {person.id for person in shown}
    for grade in reversed(state.grades.values()):
        column = state.line_items[grade.line_item_id]
        if grade.person_id in visible and column.course_id == course_id:
            name = state.people[grade.person_id].name
            return f"{name}, {column.label}: {cell_text(grade, column)} at {grade.received_at:%H:%M:%S} UTC"
    return ""
