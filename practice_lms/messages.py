"""Which claims a launch carries when it is taken up."""

from typing import Any

from practice_lms.claims import Message, deep_linking_claims, resource_link_claims
from practice_lms.lms import Lms
from practice_lms.state import Launch, State


def message_claims(lms: Lms, state: State, launch: Launch, *, nonce: str) -> dict[str, Any]:
    """Return the claims of the message that a launch was begun for."""
    if launch.deep_linking_id is not None:
        deep_linking = state.deep_linkings[launch.deep_linking_id]
        return deep_linking_claims(_message(lms, state, launch, deep_linking.course_id, nonce), deep_linking)
    activity = state.activities[launch.activity_id or 0]
    return resource_link_claims(_message(lms, state, launch, activity.course_id, nonce), activity)


def _message(lms: Lms, state: State, launch: Launch, course_id: int, nonce: str) -> Message:
    return Message(
        settings=lms.settings,
        state=state,
        tool=state.tools[launch.tool],
        member=state.member(course_id, state.people[launch.person_id]),
        course=state.courses[course_id],
        nonce=nonce,
        now=lms.now(),
    )
