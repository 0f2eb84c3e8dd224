"""Who is in which course, in what part."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from practice_lms.course import COURSE_ID, OBSERVATION_COURSE_ID
from practice_lms.people import ADMINISTRATORS, INSTRUCTOR, LEARNER, PEOPLE, Person


class MemberStatus(StrEnum):
    """The states of a membership (NRPS 2.0 §2.4); a deleted one is told of as a difference only."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"
    DELETED = "Deleted"


@dataclass(frozen=True, kw_only=True)
class Enrolment:
    """A person's place in a course; `roles` are full URIs, `changed_at` is in seconds since 1970."""

    course_id: int
    person_id: str
    roles: tuple[str, ...]
    status: MemberStatus = MemberStatus.ACTIVE
    changed_at: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Member:
    """A person as a course sees them: without an enrolment, only an administrator has a say there."""

    person: Person
    enrolment: Enrolment | None

    @property
    def is_enrolled(self) -> bool:
        """Tell whether the person takes part right now."""
        return self.enrolment is not None and self.enrolment.status is MemberStatus.ACTIVE

    @property
    def roles(self) -> tuple[str, ...]:
        """Return the roles of a launch: those of the course, and those of an administrator of the LMS."""
        if self.enrolment is None or self.enrolment.status is MemberStatus.DELETED:
            return self.person.roles
        system = [role for role in self.person.roles if role in ADMINISTRATORS and role not in self.enrolment.roles]
        return (*self.enrolment.roles, *system)

    @property
    def is_staff(self) -> bool:
        """Tell whether this person may see everybody's grades."""
        return self.teaches or self.person.is_administrator

    @property
    def teaches(self) -> bool:
        """Tell whether this person may add activities to the course."""
        return self.is_enrolled and INSTRUCTOR in self.roles

    @property
    def is_gradable(self) -> bool:
        """Tell whether the gradebook accepts scores for this person: enrolled learners only."""
        return self.is_enrolled and LEARNER in self.roles


def seeded_enrolments() -> dict[tuple[int, str], Enrolment]:
    """Return who is in the courses of a fresh LMS; Jonas learns in the first and teaches the second."""
    first = [(person.id, person.roles) for person in PEOPLE if not person.is_administrator]
    second = [("101", (INSTRUCTOR,)), ("102", (INSTRUCTOR,)), *((each, (LEARNER,)) for each in ("103", "104", "105"))]
    return {
        (enrolment.course_id, enrolment.person_id): enrolment
        for enrolment in (*_enrolments(COURSE_ID, first), *_enrolments(OBSERVATION_COURSE_ID, second))
    }


def _enrolments(course_id: int, rows: Iterable[tuple[str, tuple[str, ...]]]) -> Iterable[Enrolment]:
    for person_id, roles in rows:
        yield Enrolment(course_id=course_id, person_id=person_id, roles=roles)
