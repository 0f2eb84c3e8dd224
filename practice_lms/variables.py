"""The variables of custom parameters, and what stands for them in a launch (LTI 1.3 core, appendix B)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from practice_lms.course import Activity, Course
from practice_lms.dialects import Dialect
from practice_lms.enrolments import Member

# Each platform has a variable of its own for this, and hands on the others' as they were written.
_GROUP_VARIABLES = {
    Dialect.MOODLE: "$Moodle.Person.userGroupIds",
    Dialect.CANVAS: "$Canvas.course.sectionIds",
}


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Who launches what, and where; course and activity are None in a launch that belongs to none."""

    dialect: Dialect
    member: Member
    course: Course | None
    activity: Activity | None = None
    group_ids: tuple[int, ...] = ()
    masquerader_id: str = ""


def substituted(custom: Mapping[str, str], scene: Scene) -> dict[str, str]:
    """Return the custom parameters as the tool gets them: what is no known variable arrives as it was written."""
    known = _variables(scene)
    return {name: known.get(value, value) for name, value in custom.items()}


def _variables(scene: Scene) -> dict[str, str]:
    of_course = _of_course(scene.course) if scene.course else {}
    of_link = _of_link(scene, scene.activity) if scene.activity else {}
    return _of_person(scene) | _of_masquerade(scene) | _of_groups(scene) | of_course | of_link


def _of_person(scene: Scene) -> dict[str, str]:
    person = scene.member.person
    return {
        "$User.id": person.id,
        "$User.username": person.username,
        "$Person.name.full": person.name,
        "$Person.name.given": person.given_name,
        "$Person.name.family": person.family_name,
        "$Person.email.primary": person.email,
        "$Person.sourcedId": f"EMP-{person.id}",
        "$Person.address.timezone": person.timezone,
        "$Membership.role": ",".join(role.rpartition("#")[2] for role in scene.member.roles),
    }


def _of_masquerade(scene: Scene) -> dict[str, str]:
    # Canvas hands the variable on as it was written while nobody acts as somebody else.
    is_known = scene.dialect is Dialect.CANVAS and scene.masquerader_id
    return {"$Canvas.masqueradingUser.id": scene.masquerader_id} if is_known else {}


def _of_groups(scene: Scene) -> dict[str, str]:
    # Each platform has a variable of its own for this, and hands on the others' as they were written.
    name = {Dialect.MOODLE: "$Moodle.Person.userGroupIds", Dialect.CANVAS: "$Canvas.course.sectionIds"}.get(
        scene.dialect
    )
    return {name: _joined(scene.group_ids)} if name else {}


def _of_course(course: Course) -> dict[str, str]:
    sourced_id = f"SIS-{course.label}"
    return {
        "$Context.id": str(course.id),
        "$Context.title": course.title,
        "$Context.label": course.label,
        "$Context.sourcedId": sourced_id,
        "$Context.id.history": _joined(course.copied_from),
        "$CourseSection.title": course.title,
        "$CourseSection.label": course.label,
        "$CourseSection.sourcedId": sourced_id,
    }


def _of_link(scene: Scene, activity: Activity) -> dict[str, str]:
    known = {
        "$ResourceLink.id": str(activity.id),
        "$ResourceLink.title": activity.title,
        "$ResourceLink.description": activity.description,
    }
    if scene.dialect is Dialect.MOODLE:
        # Moodle 4.5.6 was seen to hand on every other variable of a link as it was written.
        return known
    periods = {
        f"$ResourceLink.{name}.{side}": _period(activity.sent, name).get(side, "")
        for name in ("available", "submission")
        for side in ("startDateTime", "endDateTime")
    }
    return known | periods | {"$ResourceLink.id.history": _joined(activity.copied_from)}


def _period(sent: Mapping[str, Any], name: str) -> Mapping[str, str]:
    period: Mapping[str, str] = sent.get(name) or {}
    return period


def _joined(numbers: tuple[int, ...]) -> str:
    return ",".join(str(number) for number in numbers)
