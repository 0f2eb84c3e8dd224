"""What the tool must know about a kind of activity."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint

from lti_app.gradebook.completion import Progress
from lti_app.models.activity import Activity
from lti_app.models.people import Membership, User


@dataclass(frozen=True, kw_only=True)
class ActivityType:
    """One kind of activity; `lti_app.catalog` lists them all.

    `label` and `summary` are message ids for gettext. `blueprint` has the endpoint `show`, which takes an
    `activity_id` and is where a launch lands. `settings` is the frozen dataclass of what a facilitator may
    set. `measure` counts a member's progress without changing anything. `forget` erases what a person
    wrote, `export` returns all of it as JSON-ready values.
    """

    key: str
    label: str
    summary: str
    blueprint: Blueprint
    settings: type[Any]
    measure: Callable[[Activity, Membership], Progress]
    forget: Callable[[User], None]
    export: Callable[[User], list[dict[str, Any]]]
