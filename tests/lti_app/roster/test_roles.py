"""From platforms' roles to ours, as a table."""

import pytest

from lti_app.models.people import Role
from lti_app.roster.roles import is_gradable, is_test_user, role_of

MEMBER = "http://purl.imsglobal.org/vocab/lis/v2/membership"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"
SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        # One role, in full and short.
        ([f"{MEMBER}#Instructor"], Role.FACILITATOR),
        ([f"{MEMBER}#ContentDeveloper"], Role.FACILITATOR),
        ([f"{MEMBER}#Administrator"], Role.FACILITATOR),
        ([f"{MEMBER}#Mentor"], Role.MENTOR),
        ([f"{MEMBER}#Learner"], Role.TEACHER),
        (["Instructor"], Role.FACILITATOR),
        (["ContentDeveloper"], Role.FACILITATOR),
        (["Mentor"], Role.MENTOR),
        (["Learner"], Role.TEACHER),
        # Sub-roles.
        ([f"{MEMBER}/Instructor#TeachingAssistant"], Role.MENTOR),
        ([f"{MEMBER}/Instructor#TeachingAssistant", f"{MEMBER}#Instructor"], Role.MENTOR),
        ([f"{MEMBER}#Instructor", f"{MEMBER}/Instructor#PrimaryInstructor"], Role.FACILITATOR),
        ([f"{MEMBER}#Learner", f"{MEMBER}/Learner#GuestLearner"], Role.TEACHER),
        ([f"{MEMBER}/Learner#Learner"], Role.TEACHER),
        # Several: the one with most rights in the course.
        ([f"{MEMBER}#Learner", f"{MEMBER}#Mentor"], Role.MENTOR),
        ([f"{MEMBER}#Mentor", f"{MEMBER}#Learner"], Role.MENTOR),
        ([f"{MEMBER}#Learner", f"{MEMBER}#Instructor"], Role.FACILITATOR),
        ([f"{MEMBER}#Mentor", f"{MEMBER}#Instructor"], Role.FACILITATOR),
        # Institution and system roles make nobody staff.
        ([f"{INSTITUTION}#Instructor"], Role.NONE),
        ([f"{INSTITUTION}#Faculty", f"{INSTITUTION}#Staff"], Role.NONE),
        ([f"{INSTITUTION}#Administrator"], Role.NONE),
        ([f"{SYSTEM}#Administrator", f"{SYSTEM}#SysAdmin"], Role.NONE),
        ([f"{INSTITUTION}#Instructor", f"{MEMBER}#Learner"], Role.TEACHER),
        ([f"{INSTITUTION}#Administrator", f"{SYSTEM}#Administrator", f"{MEMBER}#Learner"], Role.TEACHER),
        # Canvas's Student View.
        ([f"{MEMBER}#Learner", TEST_USER], Role.TEACHER),
        ([TEST_USER], Role.NONE),
        # Unknown, absent, mutilated, of LTI 1.1: least right.
        ([], Role.NONE),
        ([""], Role.NONE),
        (["Guest"], Role.NONE),
        ([f"{MEMBER}#Manager"], Role.NONE),
        ([f"{MEMBER}#Observer"], Role.NONE),
        (["https://example.org/roles#Instructor"], Role.NONE),
        (["urn:lti:role:ims/lis/Instructor"], Role.NONE),
        (["urn:lti:instrole:ims/lis/Administrator"], Role.NONE),
        ([MEMBER], Role.NONE),
        ([f"{MEMBER}#"], Role.NONE),
        ([f"{MEMBER}#instructor"], Role.NONE),
        (["instructor", "INSTRUCTOR", " Instructor"], Role.NONE),
        ([f"{MEMBER}#Instructor "], Role.NONE),
        ([f"{MEMBER}-evil#Instructor"], Role.NONE),
        ([f"{MEMBER}.evil.example/#Instructor"], Role.NONE),
        ([f"https://evil.example/?{MEMBER}#Instructor"], Role.NONE),
        ([f"{MEMBER}#Learner#Instructor"], Role.NONE),
        (["nul\x00", "\ud800"], Role.NONE),
    ],
    ids=lambda value: ascii(value)[-70:],
)
def test_role_when_given_a_platforms_roles_then_as_in_the_table(roles: list[str], expected: Role) -> None:
    assert role_of(roles) is expected
    assert role_of(tuple(reversed(roles))) is expected


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        # The vocabulary's own names: "Instructor" below Learner is a kind of learner (LTI 1.3 core, A.2.3.1).
        (f"{MEMBER}/Learner#Instructor", Role.TEACHER),
        (f"{MEMBER}/Learner#NonCreditLearner", Role.TEACHER),
        (f"{MEMBER}/Learner#GuestLearner", Role.TEACHER),
        (f"{MEMBER}/Instructor#PrimaryInstructor", Role.FACILITATOR),
        (f"{MEMBER}/Mentor#LearnerMentor", Role.MENTOR),
        (f"{MEMBER}/Manager#Administrator", Role.NONE),
        (f"{MEMBER}/Officer#Instructor", Role.NONE),
    ],
)
def test_role_when_only_a_sub_role_came_then_its_principal_role_counts(role: str, expected: Role) -> None:
    assert role_of([role]) is expected


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ([TEST_USER], True),
        ([f"{MEMBER}#Learner", TEST_USER], True),
        ([f"{MEMBER}#Learner"], False),
        (["TestUser"], False),
        ([], False),
    ],
)
def test_test_user_when_the_platform_says_so_then_known(roles: list[str], expected: bool) -> None:
    assert is_test_user(roles) is expected


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ([f"{MEMBER}#Learner"], True),
        (["Learner"], True),
        ([f"{MEMBER}/Learner#NonCreditLearner"], True),
        ([f"{MEMBER}#Learner", f"{MEMBER}#Instructor"], True),
        (["Learner", "Mentor"], True),
        ([f"{MEMBER}#Instructor"], False),
        ([f"{MEMBER}#Instructor", f"{MEMBER}/Instructor#TeachingAssistant"], False),
        (["Mentor"], False),
        ([f"{INSTITUTION}#Learner"], False),
        ([f"{SYSTEM}#Administrator"], False),
        ([], False),
    ],
    ids=lambda value: ascii(value)[-70:],
)
def test_gradable_when_given_a_platforms_roles_then_learners_are(roles: list[str], expected: bool) -> None:
    assert is_gradable(roles) is expected
