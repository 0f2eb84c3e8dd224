"""Which claims a launch carries when it is taken up."""

from dataclasses import replace
from typing import Any

from practice_lms.about_somebody import data_privacy_claims, submission_review_claims
from practice_lms.claims import Message, deep_linking_claims, resource_link_claims
from practice_lms.enrolments import Enrolment, Member
from practice_lms.launches import launching_person
from practice_lms.lms import Lms
from practice_lms.people import LEARNER
from practice_lms.state import Launch, MessageType, State


def message_claims(lms: Lms, state: State, launch: Launch, *, nonce: str) -> dict[str, Any]:
    """Return the claims of the message that a launch was begun for.

    Raises:
        KeyError: when what it is about is gone meanwhile.
    """
    subject = launch.subject
    if subject.type is MessageType.DATA_PRIVACY:
        about = Member(person=state.people[subject.for_person_id], enrolment=None)
        return data_privacy_claims(_message(lms, state, launch, None, nonce), about)
    if subject.type is MessageType.DEEP_LINKING:
        deep_linking = state.deep_linkings[subject.deep_linking_id]
        return deep_linking_claims(_message(lms, state, launch, deep_linking.course_id, nonce), deep_linking)
    if subject.type is MessageType.SUBMISSION_REVIEW:
        column = state.line_items[subject.line_item_id]
        about = state.member(column.course_id, state.people[subject.for_person_id])
        return submission_review_claims(_message(lms, state, launch, column.course_id, nonce), column, about)
    activity = state.activities[subject.activity_id]
    return resource_link_claims(_message(lms, state, launch, activity.course_id, nonce), activity)


def _message(lms: Lms, state: State, launch: Launch, course_id: int | None, nonce: str) -> Message:
    return Message(
        settings=lms.settings,
        state=state,
        tool=state.tools[launch.tool],
        member=_member(state, launch, course_id),
        course=None if course_id is None else state.courses[course_id],
        masquerader_id=launch.disguise.masquerader_id,
        nonce=nonce,
        now=lms.now(),
    )


def _member(state: State, launch: Launch, course_id: int | None) -> Member:
    person = launching_person(state, launch)
    if course_id is None:
        return Member(person=person, enrolment=None)
    if launch.disguise.as_student:
        # Moodle keeps the person and switches the role; elsewhere the made-up student has its own.
        roles = person.roles if state.manner.dialect.has_test_student else (LEARNER,)
        place = Enrolment(course_id=course_id, person_id=person.id, roles=roles)
        return Member(person=replace(person, roles=()), enrolment=place)
    return state.member(course_id, person)
