"""Why a dynamic registration failed: the check that stopped it, and what the admin in front of it reads."""

from enum import StrEnum

from lti_app.errors import ToolError, sentence

# The message type of a registration's line in the launch log.
REGISTRATION_MESSAGE = "DynamicRegistration"


class RegistrationCheck(StrEnum):
    """What is checked of a registration, in the order in which it is checked."""

    INVITE = "invite"
    INVITE_BUSY = "invite_busy"
    PARAMETERS = "registration_parameters"
    ADDRESS = "registration_address"
    UNREACHABLE = "registration_unreachable"
    DOCUMENT = "registration_document"
    HOSTS = "registration_hosts"
    REFUSED = "registration_refused"
    ANSWER = "registration_answer"
    KNOWN = "registration_known"


_START_AGAIN = sentence("Start again in your LMS: open the page where you pasted the address, and paste it once more.")
_BY_HAND = sentence("Connect the LMS by hand instead: Staffroom's operator finds the form below “Connect an LMS”.")

_SENTENCES = {
    RegistrationCheck.INVITE: (
        sentence("This invitation is not valid, or not any more."),
        sentence("Ask Staffroom's operator for a new one; each connects one LMS, within seven days."),
    ),
    RegistrationCheck.INVITE_BUSY: (
        sentence("Somebody is using this invitation in this very moment."),
        sentence("Wait a minute and open it again."),
    ),
    RegistrationCheck.PARAMETERS: (
        sentence("This address is not for opening directly: your LMS opens it."),
        sentence("Copy it, and paste it where your LMS asks for a tool's registration address."),
    ),
    RegistrationCheck.ADDRESS: (
        sentence("The address of your LMS cannot be used."),
        sentence("It has to be reachable on the public internet by https. Ask those who run your LMS."),
    ),
    RegistrationCheck.UNREACHABLE: (
        sentence("Staffroom could not reach your LMS, or got no answer in time."),
        sentence("See whether your LMS is reachable on the public internet, then open the invitation from it again."),
    ),
    RegistrationCheck.DOCUMENT: (
        sentence("Your LMS describes itself in a way that Staffroom cannot use."),
        _BY_HAND,
    ),
    RegistrationCheck.HOSTS: (
        sentence("Your LMS named addresses that are not its own."),
        _BY_HAND,
    ),
    RegistrationCheck.REFUSED: (
        sentence("Your LMS did not register Staffroom."),
        _START_AGAIN,
    ),
    RegistrationCheck.ANSWER: (
        sentence("Your LMS answered the registration in a way that Staffroom cannot use."),
        _BY_HAND,
    ),
    RegistrationCheck.KNOWN: (
        sentence("This LMS is connected already, under the same client id. Nothing was changed here."),
        sentence(
            "If activities open, close this window. If they do not, ask Staffroom's operator to look at the"
            " connection: it may wait to be confirmed, or be disabled."
        ),
    ),
}


class RegistrationRefused(ToolError):
    """A registration that did not come about; `explanation` is for the launch log, without tokens."""

    def __init__(self, check: RegistrationCheck, explanation: str, *, status: int = 400) -> None:
        happened, advice = _SENTENCES[check]
        super().__init__(happened, advice, status=status)
        self.check = check
        self.explanation = explanation
