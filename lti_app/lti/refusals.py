"""Why a launch is refused: the check that did it, and what the refused person reads."""

from enum import StrEnum

from lti_app.errors import ToolError, sentence


class Check(StrEnum):
    """What is checked of a launch, in the order in which it is checked."""

    RATE_LIMIT = "rate_limit"
    REQUEST = "request"
    REGISTRATION = "registration"
    TARGET = "target"
    PLATFORM_ERROR = "platform_error"
    COOKIE = "cookie"
    STATE = "state"
    SIZE = "size"
    TOKEN = "token"  # noqa: S105 - the name of a check
    KEY = "key"
    KEYS_UNREACHABLE = "keys_unreachable"
    SIGNATURE = "signature"
    TIME = "time"
    AUDIENCE = "audience"
    NONCE = "nonce"
    DEPLOYMENT = "deployment"
    OTHER_DEPLOYMENT = "other_deployment"
    MESSAGE = "message"
    ROLE = "role"
    CONTENT_TYPES = "content_types"
    RETURN_URL = "return_url"


_OPEN_AGAIN = sentence("Open the activity again from your course.")
_TELL_ADMIN = sentence(
    "Open the activity again from your course. If it happens again, give your LMS admin the reference number."
)
_NOT_UNDERSTOOD = sentence("Your LMS sent something that Staffroom cannot accept.")

_SENTENCES = {
    Check.RATE_LIMIT: (
        sentence("Too many launches from your network could not be let in."),
        sentence("Wait a minute and open the activity again from your course."),
    ),
    Check.REGISTRATION: (
        sentence("This LMS is not connected with Staffroom."),
        sentence("Ask your LMS admin to connect it, and give them the reference number."),
    ),
    Check.DEPLOYMENT: (
        sentence("Staffroom has not been confirmed for this part of your LMS yet."),
        sentence("Ask your LMS admin to confirm it, and give them the reference number."),
    ),
    Check.PLATFORM_ERROR: (
        sentence("Your LMS could not confirm who you are."),
        sentence("Sign in to your LMS again and open the activity from your course."),
    ),
    Check.COOKIE: (
        sentence("Your browser did not keep the cookie that makes sure it is you."),
        sentence(
            "Allow cookies for this site in your browser's settings, or use another browser;"
            " then open the activity again from your course."
        ),
    ),
    Check.STATE: (sentence("This link into Staffroom has been used already, or has expired."), _OPEN_AGAIN),
    Check.KEYS_UNREACHABLE: (
        sentence("Staffroom could not reach your LMS to make sure that it is you."),
        sentence("Wait a minute and open the activity again from your course."),
    ),
    Check.ROLE: (
        sentence("Only those who look after this course can add activities to it."),
        sentence("Ask the facilitator of the course to add it, or to enrol you as one of its instructors."),
    ),
    Check.CONTENT_TYPES: (
        sentence("Your LMS does not take activities in the place that you came from."),
        sentence("Go to the place in your course where you add activities, and choose Staffroom there."),
    ),
    Check.RETURN_URL: (
        sentence("Your LMS asked Staffroom to answer to an address that is not its own."),
        sentence("Nothing was sent. Give your LMS admin the reference number."),
    ),
    Check.TIME: (sentence("The pass that your LMS gave you is too old, or its clock is wrong."), _TELL_ADMIN),
}


class LaunchRefused(ToolError):
    """A launch that was not let in; `explanation` is for the launch log, in plain words, without personal data."""

    def __init__(self, check: Check, explanation: str, *, status: int = 400) -> None:
        happened, advice = _SENTENCES.get(check, (_NOT_UNDERSTOOD, _TELL_ADMIN))
        super().__init__(happened, advice, status=status)
        self.check = check
        self.explanation = explanation
        self.login_id: str | None = None
        self.registration_id: int | None = None
        self.deployment_id_on_platform: str | None = None
        self.message_type: str | None = None
