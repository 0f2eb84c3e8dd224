"""What the tool must know about a kind of activity."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, Self

from flask import Blueprint
from sqlalchemy.orm import Session

from lti_app.clock import Period
from lti_app.gradebook.completion import Progress
from lti_app.models.activity import Activity
from lti_app.models.people import Membership, User


class Settings(Protocol):
    """What a facilitator may set: a frozen dataclass in which everything has a default."""

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Read what an activity or a template keeps; what it does not have takes its default."""

    def to_json(self) -> dict[str, Any]:
        """Return what is kept."""

    @property
    def available(self) -> Period:
        """When the LMS should show the link, as far as the settings say."""

    @property
    def submission(self) -> Period:
        """When work is taken."""


class SettingsForm(Protocol):
    """The form of the settings, a `FlaskForm`."""

    @classmethod
    def showing(cls, settings: Any) -> Self:
        """Return the form, filled with the settings where nothing was submitted."""

    def validate(self) -> bool:
        """Check what was submitted."""

    def settings(self) -> Settings:
        """Return what a valid form holds."""


@dataclass(frozen=True, kw_only=True)
class Readable:
    """Something that a person wrote and somebody else may read: its title, maybe empty, since when, and its page."""

    title: str
    at: datetime
    path: str


@dataclass(frozen=True, kw_only=True)
class ActivityType:
    """One kind of activity; `lti_app.catalog` lists them all.

    `label` and `summary` are message ids for gettext. `blueprint` has the endpoint `show`, which takes an
    `activity_id` and is where a launch lands. `settings` is what a facilitator may set and `form` its form;
    templates/activities/<key>/ holds `_settings.html`, the fields of `form`, and `_preview.html`, what teachers
    will see with `settings_`. `measure` counts a member's progress without changing anything; `due_at` is when
    their work is due, if ever; `facts` names each kind of fact (message ids). `shared` is what the author of that user
    id lets a member read, newest first. `forget` erases what a person wrote, `export` returns all of it as JSON-ready
    values, `count` says how many pieces that is. `upkeep` does a part of what is due at a moment without anybody
    asking, such as erasing, and returns whether more may be due; it is called every night until nothing is, with a
    commit after each part.
    """

    key: str
    label: str
    summary: str
    blueprint: Blueprint
    settings: type[Settings]
    form: type[SettingsForm]
    measure: Callable[[Activity, Membership], Progress]
    due_at: Callable[[Activity, Membership], datetime | None]
    facts: Mapping[str, str]
    shared: Callable[[Activity, Membership, int], Sequence[Readable]]
    forget: Callable[[User], None]
    export: Callable[[User], list[dict[str, Any]]]
    count: Callable[[User], int]
    upkeep: Callable[[Session, datetime], bool]
