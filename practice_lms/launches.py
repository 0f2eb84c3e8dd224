"""Beginning a launch: the login form for the tool, and a one-time note of whom and what it is for."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from practice_lms.course import COURSE_ID
from practice_lms.lms import Lms
from practice_lms.state import KEPT_LAUNCHES, DeepLinking, Launch, Overrides, State
from practice_lms.tools import DEFAULT_TOOL


@dataclass(frozen=True, kw_only=True)
class LoginForm:
    """What a browser posts to the tool to begin a login (OIDC third-party initiated, LTI security §5.1.1)."""

    action: str
    fields: dict[str, str]


def begin_activity_launch(lms: Lms, person_id: str, *, activity_id: int, needs_cookie: bool) -> LoginForm:
    """Begin the launch of an activity; without `needs_cookie` the launch id alone takes it up again.

    Raises:
        KeyError: when there is no such person or activity.
    """
    with lms.reading() as state:
        activity = state.activities[activity_id]
        launch = Launch(
            id=f"ltilaunch{activity_id}_{secrets.token_hex(12)}",
            person_id=state.people[person_id].id,
            activity_id=activity_id,
            deep_linking_id=None,
            needs_cookie=needs_cookie,
            overrides=_taken_overrides(state),
            tool=activity.tool,
        )
        hint = {"cmid": activity_id, "launchid": launch.id}
        return _noted(lms, state, launch, hint=hint, target=activity.target)


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
        person = state.people[person_id]
        state.deep_linkings[number] = DeepLinking(
            id=number,
            course_id=state.courses[course_id].id,
            tool=state.tools[tool_id].id,
            person_id=person.id,
            echo=secrets.token_hex(16) if state.offer.sends_data else None,
            offer=state.offer,
            in_window=in_window,
        )
        launch = Launch(
            id=f"ltilaunch_ContentItemSelectionRequest{secrets.token_hex(12)}",
            person_id=person.id,
            activity_id=None,
            deep_linking_id=number,
            needs_cookie=needs_cookie,
            overrides=_taken_overrides(state),
            tool=tool_id,
        )
        return _noted(lms, state, launch, hint={"launchid": launch.id})


def take_launch(state: State, launch_id: object) -> Launch | None:
    """Take up a launch that was begun; the second time there is none."""
    return state.launches.pop(launch_id, None) if isinstance(launch_id, str) else None


def close_deep_linking(state: State, number: int, claims: Mapping[str, Any]) -> None:
    """Keep the tool's accepted answer, so that no second one is accepted."""
    state.deep_linkings[number] = replace(state.deep_linkings[number], claims=claims)


def _taken_overrides(state: State) -> Overrides:
    overrides, state.next_launch = state.next_launch, None
    return overrides or Overrides()


def _noted(
    lms: Lms, state: State, launch: Launch, *, hint: Mapping[str, object], target: str | None = None
) -> LoginForm:
    state.launches[launch.id] = launch
    if len(state.launches) > KEPT_LAUNCHES:
        del state.launches[next(iter(state.launches))]
    tool = state.tools[launch.tool]
    fields: dict[str, str | None] = {
        "iss": lms.settings.issuer,
        "target_link_uri": target or tool.target,
        "login_hint": launch.person_id,
        "lti_message_hint": json.dumps(hint, separators=(",", ":")),
        "client_id": tool.client_id,
        "lti_deployment_id": tool.deployment_id,
    }
    fields.update(launch.overrides.login)
    kept = {name: value for name, value in fields.items() if value is not None}
    return LoginForm(action=tool.login_url, fields=kept)
