"""The courses, their activities (resource links) and the line items of their gradebooks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from practice_lms.tools import DEFAULT_TOOL

COURSE_ID = 1
OBSERVATION_COURSE_ID = 2


@dataclass(frozen=True, kw_only=True)
class Course:
    """A course; its id is the context id of a launch, `copied_from` are its ancestors, the nearest first."""

    id: int
    title: str
    label: str
    copied_from: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Activity:
    """One placement of a tool in a course; its id is the resource link id of the launch.

    `sent` is the content item that it was made from, with what this LMS does not honour; empty for others.
    `copied_from` are the ids of its originals, the nearest first.
    """

    id: int
    title: str
    course_id: int = COURSE_ID
    tool: str = DEFAULT_TOOL
    description: str = ""
    graded: bool = True
    new_window: bool = False
    custom: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    sent: Mapping[str, Any] = field(default_factory=dict)
    copied_from: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LineItem:
    """One column of the gradebook; `activity_id` is None where the tool made it for no link."""

    id: int
    activity_id: int | None
    label: str
    score_maximum: float
    course_id: int = COURSE_ID
    tool: str = DEFAULT_TOOL
    resource_id: str = ""
    tag: str = ""
    submission_review: Mapping[str, Any] | None = None


def seeded_courses() -> dict[int, Course]:
    """Return the two courses of a fresh LMS, by id; the second one is empty."""
    courses = (
        Course(id=COURSE_ID, title="First-year induction", label="IND-1"),
        Course(id=OBSERVATION_COURSE_ID, title="Open doors at Hillcrest", label="OBS-2"),
    )
    return {course.id: course for course in courses}


def seeded_activities() -> dict[int, Activity]:
    """Return the three activities that every fresh first course has, by id."""
    activities = (
        Activity(id=1, title="Weekly reflection", description="Ten quiet minutes at the end of the week."),
        Activity(id=2, title="End-of-unit reflection", description="Looking back on a unit.", new_window=True),
        Activity(id=3, title="Thinking space", description="A place to think; nothing counts.", graded=False),
    )
    return {activity.id: activity for activity in activities}


def seeded_line_items() -> dict[int, LineItem]:
    """Return the columns of the seeded activities; their ids differ from the activities' on purpose."""
    columns = (
        LineItem(id=11, activity_id=1, label="Weekly reflection", score_maximum=1),
        LineItem(id=12, activity_id=2, label="End-of-unit reflection", score_maximum=1),
    )
    return {line_item.id: line_item for line_item in columns}
