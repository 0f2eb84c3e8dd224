"""From a platform's roles to ours (LTI 1.3 core, A.2); see `Role` for what each may do."""

from collections.abc import Iterable

from lti_app.models.people import Role

_MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
_TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
_LMS_ADMINS = {
    "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator",
    "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator",
    "http://purl.imsglobal.org/vocab/lis/v2/system/person#SysAdmin",
}
_OURS = {
    "Instructor": Role.FACILITATOR,
    "ContentDeveloper": Role.FACILITATOR,
    "Administrator": Role.FACILITATOR,
    "Mentor": Role.MENTOR,
    "TeachingAssistant": Role.MENTOR,
    "Learner": Role.TEACHER,
}
_ORDER = (Role.FACILITATOR, Role.MENTOR, Role.TEACHER)


def role_of(roles: Iterable[str]) -> Role:
    """Return what the roles make of a person in the course; only membership roles decide.

    Institution and system roles make nobody staff: an Administrator of the LMS who is not in the course
    gets `Role.NONE`, like anybody whose roles are unknown.
    """
    names = _names(roles)
    # A teaching assistant usually arrives with the plain Instructor role beside the sub-role: the sub-role wins.
    if "TeachingAssistant" in names:
        names.discard("Instructor")
    found = {_OURS[name] for name in names if name in _OURS}
    return next((role for role in _ORDER if role in found), Role.NONE)


def is_gradable(roles: Iterable[str]) -> bool:
    """Whether platforms keep grades for somebody with these roles: learners only, whatever else they are.

    Moodle 4.5.6 refuses everybody else's score (ran), Canvas likewise, Brightspace drops it (vendor documents).
    """
    return "Learner" in _names(roles)


def is_test_user(roles: Iterable[str]) -> bool:
    """Whether the platform says that this is no person: Canvas's Student View (1EdTech vocabulary, TestUser)."""
    return _TEST_USER in roles


def is_lms_admin(roles: Iterable[str]) -> bool:
    """Whether the platform says that this person runs it: then the connection pages of this platform open, no more."""
    return any(role in _LMS_ADMINS for role in roles)


def _names(roles: Iterable[str]) -> set[str]:
    return {name for role in roles for name in _membership_names(role)}


def _membership_names(role: str) -> set[str]:
    """Return what a membership role says: `Learner` of `…/membership#Learner`, or of a bare `Learner`.

    A sub-role, `…/membership/Learner#GuestLearner`, counts as its principal role; of the sub-roles only the
    teaching assistant is told apart.
    """
    if not role.startswith(("http:", "https:", "urn:")):
        return {role}
    prefix, _, name = role.partition("#")
    if prefix == _MEMBERSHIP:
        return {name}
    if not prefix.startswith(_MEMBERSHIP + "/"):
        return set()
    principal = prefix.removeprefix(_MEMBERSHIP + "/")
    is_assistant = (principal, name) == ("Instructor", "TeachingAssistant")
    return {"TeachingAssistant"} if is_assistant else {principal}
