"""The one course, its activities (resource links) and the line items of its gradebook."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

COURSE_ID = 1
COURSE_TITLE = "First-year induction"
COURSE_LABEL = "IND-1"


@dataclass(frozen=True, kw_only=True)
class Activity:
    """One placement of the tool in the course; its id is the resource link id of the launch.

    `sent` is the content item that it was made from, with what this LMS does not honour; empty for others.
    """

    id: int
    title: str
    description: str = ""
    graded: bool = True
    new_window: bool = False
    custom: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    sent: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LineItem:
    """One column of the gradebook; `activity_id` is None where the tool made it for no link."""

    id: int
    activity_id: int | None
    label: str
    score_maximum: float
    resource_id: str = ""
    tag: str = ""
    submission_review: Mapping[str, Any] | None = None


def seeded_activities() -> dict[int, Activity]:
    """Return the three activities that every fresh course has, by id."""
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
