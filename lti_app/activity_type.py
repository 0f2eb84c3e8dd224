"""What the tool must know about a kind of activity."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
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
    set. `measure` counts a member's progress without changing anything; `due_at` is when the work is due, if ever;
    `facts` names each kind of fact (message ids). `forget` erases what a person wrote, `export` returns all of
    it as JSON-ready values, `count` says how many pieces that is.
    """

    key: str
    label: str
    summary: str
    blueprint: Blueprint
    settings: type[Any]
    measure: Callable[[Activity, Membership], Progress]
    due_at: Callable[[Activity], datetime | None]
    facts: Mapping[str, str]
    forget: Callable[[User], None]
    export: Callable[[User], list[dict[str, Any]]]
    count: Callable[[User], int]
