"""All that the practice LMS remembers: what a state file keeps, and what is forgotten at the end."""

import secrets
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from practice_lms.course import (
    COURSE_ID,
    Activity,
    Course,
    LineItem,
    seeded_activities,
    seeded_courses,
    seeded_line_items,
)
from practice_lms.enrolments import Enrolment, Member, seeded_enrolments
from practice_lms.faults import FaultRule, ServiceKind
from practice_lms.gradebook import Grade
from practice_lms.groups import Group
from practice_lms.keys import SigningKey, new_signing_key
from practice_lms.manner import DeepLinkingOffer, Manner
from practice_lms.people import PEOPLE, Person, generated_person
from practice_lms.request_log import KEPT_REQUESTS, ServiceRequest
from practice_lms.tools import DEFAULT_TOOL, Tool

DEFAULT_PAGE_SIZE = 50
DEFAULT_TOKEN_LIFETIME_SECONDS = 3600
FIRST_FREE_NUMBER = 21
KEPT_LAUNCHES = 10_000


@dataclass(frozen=True, kw_only=True)
class Overrides:
    """Changes that a test wants in the next launch; a login value of None removes the parameter."""

    claims: Mapping[str, Any] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    header: Mapping[str, Any] = field(default_factory=dict)
    login: Mapping[str, str | None] = field(default_factory=dict)


class MessageType(StrEnum):
    """What a launch is for."""

    RESOURCE_LINK = "LtiResourceLinkRequest"
    DEEP_LINKING = "LtiDeepLinkingRequest"
    SUBMISSION_REVIEW = "LtiSubmissionReviewRequest"
    DATA_PRIVACY = "DataPrivacyLaunchRequest"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a launch is about: an activity, a round of deep linking, or somebody (and their grade in a column)."""

    type: MessageType
    activity_id: int = 0
    deep_linking_id: int = 0
    line_item_id: int = 0
    for_person_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Disguise:
    """How somebody is not quite themselves: in the student view, or acted as by an administrator."""

    as_student: bool = False
    masquerader_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Launch:
    """One launch that was begun: it may be taken up once, by the person it was begun for."""

    id: str
    tool: str
    person_id: str
    subject: Subject
    disguise: Disguise
    needs_cookie: bool
    overrides: Overrides


@dataclass(frozen=True, kw_only=True)
class DeepLinking:
    """One round of adding activities; `echo` is what the tool must send back as `data`, None where nothing was sent.

    `claims` are those of the accepted answer, None until there is one.
    """

    id: int
    course_id: int
    tool: str
    person_id: str
    echo: str | None
    offer: DeepLinkingOffer
    in_window: bool = False
    claims: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class SentNotice:
    """A notice that was posted to a tool; `status` is None where nobody answered."""

    tool: str
    notice_type: str
    handler: str
    token: str
    status: int | None


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """Leave to register one tool; `address` is what a browser opens, `expires_at` is in seconds since 1970."""

    token: str
    address: str
    expires_at: float


@dataclass(frozen=True, kw_only=True)
class AccessToken:
    """A token that the tool was given; `expires_at` is in seconds since 1970."""

    value: str
    scopes: frozenset[str]
    expires_at: float
    tool: str = DEFAULT_TOOL


@dataclass(kw_only=True)
class State:
    """Everything that changes while the LMS runs; touch it only through `Lms.reading` and `Lms.changing`."""

    keys: list[SigningKey] = field(default_factory=lambda: [new_signing_key()])
    session_secret: str = field(default_factory=lambda: secrets.token_hex(32))
    tools: dict[str, Tool] = field(default_factory=dict)
    courses: dict[int, Course] = field(default_factory=seeded_courses)
    enrolments: dict[tuple[int, str], Enrolment] = field(default_factory=seeded_enrolments)
    people: dict[str, Person] = field(default_factory=lambda: {person.id: person for person in PEOPLE})
    activities: dict[int, Activity] = field(default_factory=seeded_activities)
    line_items: dict[int, LineItem] = field(default_factory=seeded_line_items)
    grades: dict[tuple[int, str], Grade] = field(default_factory=dict)
    faults: dict[ServiceKind, FaultRule] = field(default_factory=dict)
    tokens: dict[str, AccessToken] = field(default_factory=dict)
    page_size: int = DEFAULT_PAGE_SIZE
    token_lifetime_seconds: int = DEFAULT_TOKEN_LIFETIME_SECONDS
    clock_offset_seconds: int = 0
    next_number: int = FIRST_FREE_NUMBER
    groups: dict[int, Group] = field(default_factory=dict)
    notice_handlers: dict[tuple[str, str], str] = field(default_factory=dict)
    manner: Manner = field(default_factory=Manner)
    offer: DeepLinkingOffer = field(default_factory=DeepLinkingOffer)

    # From here on: forgotten when the LMS stops.
    launches: dict[str, Launch] = field(default_factory=dict)
    deep_linkings: dict[int, DeepLinking] = field(default_factory=dict)
    seen_once: dict[str, float] = field(default_factory=dict)
    rosters: dict[tuple[object, ...], Sequence[Member]] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    sent_notices: list[SentNotice] = field(default_factory=list)
    next_launch: Overrides | None = None
    requests: deque[ServiceRequest] = field(default_factory=lambda: deque(maxlen=KEPT_REQUESTS))

    @property
    def signing_key(self) -> SigningKey:
        """Return the key that signs now: the newest."""
        return self.keys[-1]

    def take_number(self) -> int:
        """Return a number for a new activity or line item that was never given before."""
        number = self.next_number
        self.next_number += 1
        return number

    def enrol(self, count: int, *, course_id: int = COURSE_ID) -> list[Person]:
        """Make so many generated teachers, add them to the course and return them."""
        start = len(self.people) - len(PEOPLE)
        newcomers = [generated_person(number) for number in range(start, start + count)]
        for person in newcomers:
            self.people[person.id] = person
            self.place(Enrolment(course_id=course_id, person_id=person.id, roles=person.roles))
        return newcomers

    def place(self, enrolment: Enrolment) -> None:
        """Put a person into a course, or change how they are in it."""
        self.enrolments[enrolment.course_id, enrolment.person_id] = enrolment
        self.rosters.clear()

    def member(self, course_id: int, person: Person) -> Member:
        """Return a person as a course sees them."""
        return Member(person=person, enrolment=self.enrolments.get((course_id, person.id)))

    def members_of(self, course_id: int) -> list[Member]:
        """Return everybody who is or was in a course, in the order of arrival."""
        return [
            Member(person=self.people[person_id], enrolment=enrolment)
            for (each, person_id), enrolment in self.enrolments.items()
            if each == course_id
        ]

    def sorted_members(self, course_id: int) -> Sequence[Member]:
        """Return everybody who is or was in a course by family name."""
        return self.kept_roster(
            (course_id,),
            lambda: sorted(
                self.members_of(course_id), key=lambda member: (member.person.family_name, member.person.id)
            ),
        )

    def kept_roster(self, key: tuple[object, ...], make: Callable[[], Sequence[Member]]) -> Sequence[Member]:
        """Return a list of members that is made once, and again after any enrolment has changed."""
        if key not in self.rosters:
            self.rosters[key] = make()
        return self.rosters[key]

    def groups_of(self, course_id: int, person_id: str) -> tuple[int, ...]:
        """Return the ids of the groups that a person belongs to in a course."""
        return tuple(
            group.id for group in self.groups.values() if group.course_id == course_id and person_id in group.members
        )

    def activities_of(self, course_id: int) -> list[Activity]:
        """Return the activities of a course, oldest first."""
        return [activity for activity in self.activities.values() if activity.course_id == course_id]

    def columns_of(self, activity_id: int) -> list[LineItem]:
        """Return the line items of an activity, oldest first."""
        return [column for column in self.line_items.values() if column.activity_id == activity_id]

    def remove_line_item(self, line_item_id: int) -> None:
        """Delete a line item together with its grades, as Moodle does."""
        del self.line_items[line_item_id]
        self.grades = {key: grade for key, grade in self.grades.items() if key[0] != line_item_id}

    def first_time(self, value: str, *, now: float, until: float) -> bool:
        """Note a jti or nonce and tell whether it was new; remembered until that moment (seconds)."""
        self.seen_once = {seen: end for seen, end in self.seen_once.items() if end > now}
        if value in self.seen_once:
            return False
        self.seen_once[value] = until
        return True
