"""The deeds behind the switches page and the API: what makes the LMS a difficult partner for a while."""

from collections.abc import Mapping
from dataclasses import replace

from practice_lms.course import LineItem
from practice_lms.dialects import Dialect
from practice_lms.enrolments import Enrolment, MemberStatus
from practice_lms.keys import new_signing_key
from practice_lms.lms import Lms
from practice_lms.manner import LIKE


def rotate_keys(lms: Lms, *, keep_old: bool) -> str:
    """Sign with a new key from now on and return its kid; the old ones stay published with `keep_old`."""
    fresh = new_signing_key()
    with lms.changing() as state:
        state.keys = [*(state.keys if keep_old else ()), fresh]
    return fresh.kid


def lose_line_item(lms: Lms, activity_id: int) -> None:
    """Delete the line items of an activity together with their grades.

    Raises:
        KeyError: when there is no such activity.
    """
    with lms.changing() as state:
        for column in state.columns_of(state.activities[activity_id].id):
            state.remove_line_item(column.id)


def add_second_line_item(lms: Lms, activity_id: int) -> LineItem:
    """Give an activity one more line item: with two, launches name none of them any more.

    Raises:
        KeyError: when there is no such activity.
    """
    with lms.changing() as state:
        activity = state.activities[activity_id]
        number = state.take_number()
        line_item = LineItem(
            id=number,
            activity_id=activity_id,
            course_id=activity.course_id,
            tool=activity.tool,
            label=f"{activity.title} (second column)",
            score_maximum=1,
        )
        state.line_items[number] = line_item
    return line_item


def set_numbers(lms: Lms, numbers: Mapping[str, int]) -> None:
    """Set page_size, token_lifetime_seconds or clock_offset_seconds, whichever are named."""
    with lms.changing() as state:
        state.page_size = numbers.get("page_size", state.page_size)
        state.token_lifetime_seconds = numbers.get("token_lifetime_seconds", state.token_lifetime_seconds)
        state.clock_offset_seconds = numbers.get("clock_offset_seconds", state.clock_offset_seconds)


def revoke_tokens(lms: Lms) -> None:
    """Make every access token invalid at once."""
    with lms.changing() as state:
        state.tokens.clear()


def change_roles(lms: Lms, person_id: str, *, roles: tuple[str, ...], course_id: int | None = None) -> None:
    """Give a person other roles (full URIs), in one course or, without one, wherever they are.

    Raises:
        KeyError: when there is no such person, or no such enrolment.
    """
    with lms.changing() as state:
        if course_id is None:
            state.people[person_id] = replace(state.people[person_id], roles=roles)
            state.rosters.clear()
        places = [course_id] if course_id is not None else [each for each, who in state.enrolments if who == person_id]
        for place in places:
            enrolment = state.enrolments[place, person_id]
            state.place(replace(enrolment, roles=roles, changed_at=lms.now().timestamp()))


def enrol_person(
    lms: Lms, person_id: str, *, course_id: int, roles: tuple[str, ...] | None, status: MemberStatus
) -> None:
    """Put a person into a course, or change how they are in it; without `roles` those stay as they are.

    Raises:
        KeyError: when there is no such person or course.
    """
    with lms.changing() as state:
        person, course = state.people[person_id], state.courses[course_id]
        present = state.enrolments.get((course.id, person.id))
        kept = present.roles if present else person.roles
        state.place(
            Enrolment(
                course_id=course.id,
                person_id=person.id,
                roles=kept if roles is None else roles,
                status=status,
                changed_at=lms.now().timestamp(),
            )
        )


def behave_like(lms: Lms, dialect: Dialect) -> None:
    """Set every switch, and what deep linking offers, as that platform is known to behave."""
    with lms.changing() as state:
        state.manner, state.offer = LIKE[dialect]


def forget_tool_keys(lms: Lms) -> None:
    """Fetch every tool's key set anew at the next verification."""
    with lms.reading() as state:
        for tool in state.tools.values():
            lms.keys_of(tool).forget()
