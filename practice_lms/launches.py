"""Beginning a launch: the login form for the tool, and a one-time note of whom and what it is for."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from practice_lms.about_somebody import review_target
from practice_lms.course import COURSE_ID
from practice_lms.lms import Lms
from practice_lms.people import Person, made_up_student
from practice_lms.state import KEPT_LAUNCHES, DeepLinking, Disguise, Launch, MessageType, Overrides, State, Subject
from practice_lms.tools import DEFAULT_TOOL

NO_DISGUISE = Disguise()


@dataclass(frozen=True, kw_only=True)
class LoginForm:
    """What a browser posts to the tool to begin a login (OIDC third-party initiated, LTI security §5.1.1)."""

    action: str
    fields: dict[str, str]


def begin_activity_launch(
    lms: Lms, person_id: str, *, activity_id: int, needs_cookie: bool, disguise: Disguise = NO_DISGUISE
) -> LoginForm:
    """Begin the launch of an activity; without `needs_cookie` the launch id alone takes it up again.

    Raises:
        KeyError: when there is no such person or activity.
    """
    with lms.reading() as state:
        activity = state.activities[activity_id]
        subject = Subject(type=MessageType.RESOURCE_LINK, activity_id=activity_id)
        launch = _noted(state, person_id, subject, tool_id=activity.tool, needs_cookie=needs_cookie, disguise=disguise)
        return _login_form(lms, state, launch, target=activity.target)


def begin_deep_linking(
    lms: Lms,
    person_id: str,
    *,
    needs_cookie: bool,
    course_id: int = COURSE_ID,
    tool_id: str = DEFAULT_TOOL,
    in_window: bool = False,
) -> LoginForm:
    """Begin a launch that asks the tool for activities to add (deep linking 2.0), as the switches say.

    Raises:
        KeyError: when there is no such person, course or tool.
    """
    with lms.reading() as state:
        number = len(state.deep_linkings) + 1
        deep_linking = DeepLinking(
            id=number,
            course_id=state.courses[course_id].id,
            tool=state.tools[tool_id].id,
            person_id=state.people[person_id].id,
            echo=secrets.token_hex(16) if state.offer.sends_data else None,
            offer=state.offer,
            in_window=in_window,
        )
        state.deep_linkings[number] = deep_linking
        subject = Subject(type=MessageType.DEEP_LINKING, deep_linking_id=number)
        launch = _noted(state, person_id, subject, tool_id=tool_id, needs_cookie=needs_cookie)
        return _login_form(lms, state, launch)


def begin_submission_review(
    lms: Lms, person_id: str, *, line_item_id: int, for_person_id: str, needs_cookie: bool
) -> LoginForm:
    """Begin a launch that reviews what somebody did for a grade (submission review 1.0).

    Raises:
        KeyError: when there is no such person, column or reviewed person.
    """
    with lms.reading() as state:
        column = state.line_items[line_item_id]
        subject = Subject(
            type=MessageType.SUBMISSION_REVIEW,
            activity_id=column.activity_id or 0,
            line_item_id=column.id,
            for_person_id=state.people[for_person_id].id,
        )
        launch = _noted(state, person_id, subject, tool_id=column.tool, needs_cookie=needs_cookie)
        target = review_target(state.tools[column.tool], column, state.activities.get(subject.activity_id))
        return _login_form(lms, state, launch, target=target)


def begin_data_privacy_launch(
    lms: Lms, person_id: str, *, for_person_id: str, needs_cookie: bool, tool_id: str = DEFAULT_TOOL
) -> LoginForm:
    """Begin a launch about the data that a tool holds of somebody (data privacy launch 1.0).

    Raises:
        KeyError: when there is no such person or tool.
    """
    with lms.reading() as state:
        subject = Subject(type=MessageType.DATA_PRIVACY, for_person_id=state.people[for_person_id].id)
        launch = _noted(state, person_id, subject, tool_id=tool_id, needs_cookie=needs_cookie)
        return _login_form(lms, state, launch)


def take_launch(state: State, launch_id: object) -> Launch | None:
    """Take up a launch that was begun; the second time there is none."""
    return state.launches.pop(launch_id, None) if isinstance(launch_id, str) else None


def close_deep_linking(state: State, number: int, claims: Mapping[str, Any]) -> None:
    """Keep the tool's accepted answer, so that no second one is accepted."""
    state.deep_linkings[number] = replace(state.deep_linkings[number], claims=claims)


def launching_person(state: State, launch: Launch) -> Person:
    """Return as whom the tool sees the launch: in Canvas's student view a made-up student."""
    if launch.disguise.as_student and state.manner.dialect.has_test_student:
        return made_up_student(state.activities[launch.subject.activity_id].course_id)
    return state.people[launch.person_id]


def _noted(
    state: State,
    person_id: str,
    subject: Subject,
    *,
    tool_id: str,
    needs_cookie: bool,
    disguise: Disguise = NO_DISGUISE,
) -> Launch:
    named_after = subject.activity_id or "_ContentItemSelectionRequest"
    if not state.tools[tool_id].active:
        raise KeyError(tool_id)
    launch = Launch(
        id=f"ltilaunch{named_after}_{secrets.token_hex(12)}",
        tool=state.tools[tool_id].id,
        person_id=state.people[person_id].id,
        subject=subject,
        disguise=disguise,
        needs_cookie=needs_cookie,
        overrides=_taken_overrides(state),
    )
    state.launches[launch.id] = launch
    if len(state.launches) > KEPT_LAUNCHES:
        del state.launches[next(iter(state.launches))]
    return launch


def _taken_overrides(state: State) -> Overrides:
    overrides, state.next_launch = state.next_launch, None
    return overrides or Overrides()


def _login_form(lms: Lms, state: State, launch: Launch, *, target: str | None = None) -> LoginForm:
    tool = state.tools[launch.tool]
    activity_id = launch.subject.activity_id
    hint = ({"cmid": activity_id} if activity_id else {}) | {"launchid": launch.id}
    fields: dict[str, str | None] = {
        "iss": lms.settings.issuer,
        "target_link_uri": target or tool.target_of(launch.subject.type),
        "login_hint": launching_person(state, launch).id,
        "lti_message_hint": json.dumps(hint, separators=(",", ":")),
        "client_id": tool.client_id,
        "lti_deployment_id": tool.deployment_id,
    }
    if state.manner.storage.target:
        fields["lti_storage_target"] = state.manner.storage.target
    fields.update(launch.overrides.login)
    kept = {name: value for name, value in fields.items() if value is not None}
    return LoginForm(action=tool.login_url, fields=kept)
