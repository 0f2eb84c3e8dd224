"""A course's roster as the tool reads it (NRPS 2.0): whom it holds, and each member's JSON."""

from collections.abc import Sequence
from typing import Any

from practice_lms.course import Activity, Course
from practice_lms.enrolments import Member, MemberStatus
from practice_lms.spec import LTI
from practice_lms.state import State
from practice_lms.variables import Scene, substituted


def roster_of(state: State, course_id: int, *, role: str | None, since: float | None) -> Sequence[Member]:
    """Return who stands in the roster, by family name: a `role` narrows it, `since` asks for what changed after.

    Somebody inactive is left out, as by Moodle, or listed as such where a switch says so; who was deleted is told of
    among the changes only.
    """
    members = state.sorted_members(course_id)
    if since is not None:
        return [member for member in members if member.enrolment and member.enrolment.changed_at > since]
    shown = (MemberStatus.ACTIVE, MemberStatus.INACTIVE) if state.manner.lists_inactive else (MemberStatus.ACTIVE,)
    # A roster of thousands is read page by page: who stands in it is found out once, not once a page.
    return state.kept_roster(
        (course_id, role, shown),
        lambda: [member for member in members if _stands_in(member, shown, role)],
    )


def _stands_in(member: Member, shown: tuple[MemberStatus, ...], role: str | None) -> bool:
    if member.enrolment is None or member.enrolment.status not in shown or not member.roles:
        return False
    return role is None or role.rpartition("#")[2] in bare_roles(member)


def bare_roles(member: Member) -> list[str]:
    """Return the roles as words without their vocabulary, as Moodle sends them in rosters."""
    return [role.rpartition("#")[2] for role in member.roles]


def member_json(state: State, member: Member, course: Course, *, link: Activity | None) -> dict[str, Any]:
    """Return a member; with a link also what a launch of it would carry for them (NRPS 2.0 §2.2)."""
    person, enrolment = member.person, member.enrolment
    shown: dict[str, Any] = {
        "status": enrolment.status if enrolment else MemberStatus.DELETED,
        "user_id": person.id,
        "roles": bare_roles(member),
        "name": person.name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
        "lis_person_sourcedid": f"EMP-{person.id}",
        "ext_user_username": person.username,
    }
    if state.manner.groups_service:
        shown["group_enrollments"] = [{"group_id": str(each)} for each in state.groups_of(course.id, person.id)]
    if link is not None:
        shown["message"] = [_message(state, member, course, link)]
    return shown


def _message(state: State, member: Member, course: Course, link: Activity) -> dict[str, Any]:
    scene = Scene(
        dialect=state.manner.dialect,
        member=member,
        course=course,
        activity=link,
        group_ids=state.groups_of(course.id, member.person.id),
    )
    custom = substituted({**state.tools[link.tool].custom, **link.custom}, scene)
    return {
        f"{LTI}message_type": "LtiResourceLinkRequest",
        f"{LTI}resource_link": {"id": str(link.id)},
    } | ({f"{LTI}custom": custom} if custom else {})
