"""The ten people of the practice LMS, and as many generated ones as a test asks for."""

from dataclasses import dataclass

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
INSTRUCTOR = f"{MEMBERSHIP}Instructor"
LEARNER = f"{MEMBERSHIP}Learner"
MENTOR = f"{MEMBERSHIP}Mentor"
ADMINISTRATORS = (
    "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator",
    "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator",
)
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
FIRST_GENERATED_ID = 1001


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with an account on the practice LMS.

    `roles` are full URIs: those of the LMS as a whole, and those that a new enrolment starts with.
    """

    id: str
    given_name: str
    family_name: str
    username: str
    roles: tuple[str, ...]
    part: str
    invitation: str
    timezone: str = "America/Chicago"

    @property
    def name(self) -> str:
        """Return the full name as the LMS shows it."""
        return f"{self.given_name} {self.family_name}"

    @property
    def email(self) -> str:
        """Return an address that can never receive mail."""
        return f"{self.username}@practice.invalid"

    @property
    def is_administrator(self) -> bool:
        """Tell whether this person looks after the LMS."""
        return any(role in self.roles for role in ADMINISTRATORS)


PEOPLE = (
    Person(
        id="101",
        given_name="Amara",
        family_name="Okonkwo-Bell",
        username="amara",
        roles=(INSTRUCTOR,),
        part="Facilitator",
        invitation="Add an activity to the course, then watch the gradebook fill.",
    ),
    Person(
        id="102",
        given_name="Jonas",
        family_name="Lindqvist",
        username="jonas",
        roles=(LEARNER,),
        part="Teacher",
        invitation="Write a journal entry and see it counted.",
    ),
    Person(
        id="103",
        given_name="Zoë",
        family_name="Ångström-Reyes",
        username="zoe",
        roles=(LEARNER,),
        part="Teacher",
        invitation="Ask a colleague to watch a lesson, and agree on a time.",
        timezone="America/Denver",
    ),
    Person(
        id="104",
        given_name="Νίκη",
        family_name="Παπαδάκη",
        username="niki",
        roles=(LEARNER,),
        part="Teacher",
        invitation="Visit Zoë’s lesson as her observer and take notes.",
    ),
    Person(
        id="105",
        given_name="Tomás",
        family_name="Iglesias Peña",
        username="tomas",
        roles=(LEARNER,),
        part="Teacher",
        invitation="Start an entry, close the tab half-way, and come back to find it.",
    ),
    Person(
        id="106",
        given_name="Ольга",
        family_name="Шевчук",
        username="olha",
        roles=(LEARNER,),
        part="Teacher",
        invitation="Share one entry with a colleague and keep the rest private.",
    ),
    Person(
        id="107",
        given_name="Leilani",
        family_name="Kahananui",
        username="leilani",
        roles=(LEARNER,),
        part="Teacher",
        invitation="Arrive with nothing done and see what the empty pages say.",
    ),
    Person(
        id="108",
        given_name="Ruth",
        family_name="Abernethy",
        username="ruth",
        roles=(LEARNER, MENTOR),
        part="Teacher and mentor",
        invitation="See what waits for a mentor, and answer an entry shared with you.",
    ),
    Person(
        id="109",
        given_name="Samuel",
        family_name="Adeyemi",
        username="samuel",
        roles=(INSTRUCTOR,),
        part="Principal",
        invitation="Look at who is done, and check that no entry can be read.",
    ),
    Person(
        id="110",
        given_name="Priya",
        family_name="Raghunathan",
        username="priya",
        roles=ADMINISTRATORS,
        part="LMS administrator",
        invitation="Connect a tool, and look after it without being in a course.",
    ),
)

_GIVEN_NAMES = ("Ada", "Bao", "Chidi", "Dolores", "Emre", "Fatima", "Gwen", "Håkon", "Iris", "José")
_FAMILY_NAMES = ("Achterberg", "Bukowski", "Castañeda", "Dlamini", "Eriksen", "Fontaine", "Ganesan", "Holt")


def generated_person(number: int) -> Person:
    """Return the generated teacher of this number (from 0), always the same one."""
    given_name = _GIVEN_NAMES[number % len(_GIVEN_NAMES)]
    family_name = _FAMILY_NAMES[number // len(_GIVEN_NAMES) % len(_FAMILY_NAMES)]
    identifier = FIRST_GENERATED_ID + number
    return Person(
        id=str(identifier), given_name=given_name, family_name=f"{family_name} {identifier}",
        username=f"teacher{identifier}", roles=(LEARNER,), part="Teacher", invitation="",
    )  # fmt: skip


def made_up_student(course_id: int) -> Person:
    """Return the made-up student as whom a facilitator looks at a course in Canvas's student view."""
    return Person(
        id=f"test-student-{course_id}", given_name="Test", family_name="Student", username=f"test{course_id}",
        roles=(LEARNER, TEST_USER), part="Test student", invitation="",
    )  # fmt: skip
