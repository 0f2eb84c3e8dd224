"""What an admin can do about a launch or a registration that was refused; the launch log shows it beside the reason."""

from lti_app.errors import sentence
from lti_app.lti.refusals import Check
from lti_app.lti.registration_refusals import RegistrationCheck

_OTHERWISE = sentence(
    "If it happens to many people, compare the addresses and the client id in the LMS with those of this connection."
)
_RARE = sentence("Now and then this is harmless: somebody went back in the browser, or opened an old tab.")
_FOR_CHECK = {
    Check.REQUEST: sentence("Somebody opened the login address without the LMS. If it came from the LMS, see its log."),
    Check.REGISTRATION: sentence(
        "Connect the LMS, confirm it, or enable it again; the client id in the LMS must be the one of the connection."
    ),
    Check.TARGET: sentence("In the LMS, the tool's address has to begin with Staffroom's own address."),
    Check.PLATFORM_ERROR: sentence("The LMS did not let the person in. Its own log says why."),
    Check.COOKIE: sentence("The person's browser keeps no cookies for Staffroom. Another browser may help."),
    Check.STATE: _RARE,
    Check.NONCE: _RARE,
    Check.SIZE: sentence("The LMS sends too many custom parameters, or texts that are too long. Remove some."),
    Check.KEY: sentence("The LMS signs with a key that its key set does not have. See the key set's address."),
    Check.KEYS_UNREACHABLE: sentence("See whether the address of the LMS's key set can be reached from this server."),
    Check.SIGNATURE: sentence("The key set's address of this connection belongs to another LMS. Compare it."),
    Check.TIME: sentence("Compare the clocks of the LMS and of this server; they may differ by a minute."),
    Check.AUDIENCE: sentence("The client id or issuer in the LMS is another one than this connection has."),
    Check.DEPLOYMENT: sentence(
        "Confirm the deployment on the connection's page. If it is not listed there, add it: flask platform add."
    ),
    Check.OTHER_DEPLOYMENT: sentence("The LMS began with one deployment and ended with another. Try it again."),
    RegistrationCheck.INVITE: sentence("Make a new invitation; each connects one LMS, within seven days."),
    RegistrationCheck.INVITE_BUSY: sentence("Two people opened one invitation. One of them connects the LMS."),
    RegistrationCheck.PARAMETERS: sentence("The invitation's address goes into the LMS; the LMS opens it."),
    RegistrationCheck.ADDRESS: sentence(
        "The LMS has to be on the public internet with https. For a lab, set STAFFROOM_ALLOW_PRIVATE_PLATFORMS=1."
    ),
    RegistrationCheck.UNREACHABLE: sentence("See whether the LMS can be reached from this server, then try again."),
    RegistrationCheck.DOCUMENT: sentence("Connect this LMS by hand."),
    RegistrationCheck.HOSTS: sentence("Connect this LMS by hand, after looking at whose addresses they are."),
    RegistrationCheck.REFUSED: sentence(
        "Begin anew in the LMS; if it refuses again, see whether a tool of the same name or domain is there already."
    ),
    RegistrationCheck.ANSWER: sentence("Connect this LMS by hand; remove what the LMS has registered."),
    RegistrationCheck.KNOWN: sentence("The connection stays as it was. Confirm or enable it if launches are refused."),
}


def advice_for(check: str | None) -> str:
    """Return what to do about a check of the launch log, a message id; something general otherwise."""
    return _BY_NAME.get(check or "", _OTHERWISE)


_BY_NAME = {str(check): advice for check, advice in _FOR_CHECK.items()}
