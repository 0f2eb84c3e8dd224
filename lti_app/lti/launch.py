"""A launch's token, checked in the library's order, with the library's gaps closed; see docs/decisions/0003."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pylti1p3.message_launch import MessageLaunch
from pylti1p3.session import SessionService
from sqlalchemy.orm import Session

from lti_app.clock import now
from lti_app.lti.claims import CLAIM, identifier
from lti_app.lti.data_privacy import PRIVACY_MESSAGES, parse_privacy_launch
from lti_app.lti.deep_linking import DEEP_LINKING_MESSAGE, parse_deep_linking
from lti_app.lti.key_sets import PlatformKeySets
from lti_app.lti.login import LaunchRequest, NoCookies
from lti_app.lti.messages import RESOURCE_LINK_MESSAGE, Message, Parser, message_type_of, parse_launch
from lti_app.lti.refusals import Check, LaunchRefused
from lti_app.lti.registrations import Registrations
from lti_app.lti.signed_tokens import LEEWAY, header_of, verified_claims
from lti_app.lti.states import LoginState, LoginStates, digest
from lti_app.lti.submission_review import REVIEW_MESSAGE, parse_review
from lti_app.lti.tool_conf import PlatformRegistration, ToolConf
from lti_app.models.platform import Registration

MAX_AGE = timedelta(minutes=10)
# Every type of message that is let in, and what reads it.
_PARSERS: Mapping[str, Parser] = {
    RESOURCE_LINK_MESSAGE: parse_launch,
    DEEP_LINKING_MESSAGE: parse_deep_linking,
    REVIEW_MESSAGE: parse_review,
    **dict.fromkeys(PRIVACY_MESSAGES, parse_privacy_launch),
}


class PlatformLaunch(MessageLaunch):
    """The library's launch over our tables; `validate()` runs the checks below in the library's order.

    Nothing is read from a token before its signature was verified, except the `kid` that finds the key;
    which key set is asked comes from the login's state.
    """

    def __init__(
        self,
        parameters: Mapping[str, str],
        *,
        session: Session,
        registrations: Registrations,
        key_sets: PlatformKeySets,
        states: LoginStates,
        browser_secret: str | None,
        is_framed: bool = False,
    ) -> None:
        # The library would open an HTTP session per launch; any object in its place keeps it from doing so.
        request = LaunchRequest(parameters)
        super().__init__(
            request, ToolConf(session, registrations), SessionService(request), NoCookies(), requests_session=key_sets
        )
        self._key_sets = key_sets
        self._states = states
        self._browser_secret = browser_secret
        self._is_framed = is_framed
        self._login: LoginState
        self._deployment_id: int
        self.message: Message

    @property
    def registration(self) -> Registration:
        """The registration of an accepted launch."""
        return self._registration.row

    @property
    def login(self) -> LoginState:
        """The login that the launch answers."""
        return self._login

    @property
    def is_bound(self) -> bool:
        """Whether the browser showed that the login is its own; without that, nobody is signed in by this launch.

        A frame whose cookies are blocked cannot show it this way: `lti_app.web.handover` asks it for another one.
        """
        return bool(self._browser_secret)

    @property
    def login_id(self) -> str:
        """What keeps the login from being used a second time: written with the launch log's line, and unique there."""
        return self._login.id

    @property
    def message_type(self) -> str:
        """The type of an accepted launch's message."""
        return message_type_of(self._jwt["body"])

    def accept(self) -> Message:
        """Return the verified message of a launch; it counts when `login_id` is written and was not there before.

        Raises:
            LaunchRefused: Any check fails; the login is used up all the same.
        """
        try:
            self.validate()
        except LaunchRefused as refused:
            self.describe(refused)
            raise
        return self.message

    def describe(self, refused: LaunchRefused) -> None:
        """Tell the launch log what is known of a refused launch: of claims, only those that were verified."""
        if hasattr(self, "_login"):
            refused.registration_id = self._login.registration_id
            # Who did not show that the login is theirs must not be able to use it up.
            refused.login_id = self._login.id if self.is_bound else None
        body = self._jwt.get("body") or {}
        for name, claim in (("deployment_id_on_platform", "deployment_id"), ("message_type", "message_type")):
            value = body.get(CLAIM + claim)
            setattr(refused, name, value[:64] if isinstance(value, str) and value.isprintable() else None)

    def _get_request_param(self, key: str) -> str:
        value: str = self._request.get_param(key) or ""
        return value

    def validate_state(self) -> "PlatformLaunch":
        """Read the login out of its state, and compare the browser."""
        login = self._states.read(self._get_request_param("state"))
        if not self._browser_secret and not self._is_framed:
            raise LaunchRefused(Check.COOKIE, "The browser sent no cookie of its login.")
        if self._browser_secret and not login.belongs_to(self._browser_secret):
            raise LaunchRefused(Check.STATE, "The state is of another browser.")
        self._login = login
        self._check_platform_error()
        return self

    def validate_jwt_format(self) -> "PlatformLaunch":
        """Read the header only: what is claimed counts after the signature."""
        self._jwt = {"header": header_of(self._get_request_param("id_token")), "body": {}}
        return self

    def validate_nonce(self) -> "PlatformLaunch":
        """Do nothing yet: the nonce is compared in `validate_jwt_signature`, when it is verified."""
        return self

    def validate_registration(self) -> "PlatformLaunch":
        """Take the registration from the login, never from the token: that closes the mix-up of platforms."""
        registration = self._tool_config.registration_of(self._login.registration_id)
        self._registration: PlatformRegistration = registration
        return self

    def validate_jwt_signature(self) -> "PlatformLaunch":
        """Verify signature, issuer, audience and times; only then take the claims over."""
        claims = verified_claims(
            self._get_request_param("id_token"),
            kid=self._jwt["header"]["kid"],
            row=self._registration.row,
            key_sets=self._key_sets,
        )
        _check_age(claims)
        if claims["nonce"] != self._states.nonce(self._login):
            raise LaunchRefused(Check.NONCE, "The nonce is not the one of the login.")
        self._jwt["body"] = claims
        return self

    def validate_deployment(self) -> "PlatformLaunch":
        """Find the deployment; it must be the login's, where the login named one."""
        claimed = identifier(self._jwt["body"], CLAIM + "deployment_id")
        if self._login.deployment not in {None, digest(claimed)}:
            raise LaunchRefused(Check.OTHER_DEPLOYMENT, "The deployment is not the one of the login.", status=403)
        deployment_id = self._tool_config.confirmed_deployment(self._registration.row, claimed)
        if deployment_id is None:
            self._tool_config.note_pending(self._registration.row, claimed)
            raise LaunchRefused(Check.DEPLOYMENT, "The deployment is unknown or not confirmed.", status=403)
        self._deployment_id = deployment_id
        return self

    def validate_message(self) -> "PlatformLaunch":
        """Parse the claims; types, lengths and the target are checked on the way."""
        claims = self._jwt["body"]
        parse = _PARSERS.get(message_type_of(claims))
        if parse is None:
            raise LaunchRefused(Check.MESSAGE, "The message type is none that Staffroom takes here.")
        target = claims.get(CLAIM + "target_link_uri")
        if not isinstance(target, str) or digest(target) != self._login.target:
            raise LaunchRefused(Check.TARGET, "The target is not the one of the login.")
        self.message = parse(
            claims,
            registration_id=self._registration.row.id,
            deployment_id=self._deployment_id,
            deployment_id_on_platform=claims[CLAIM + "deployment_id"],
        )
        return self

    def save_launch_data(self) -> "PlatformLaunch":
        """Save nothing: what a launch brings goes into our tables, a token nowhere."""
        return self

    def _check_platform_error(self) -> None:
        """Take an OIDC error answer for what it is (OpenID Connect core, 3.1.2.6)."""
        if self._request.get_param("error") and not self._get_request_param("id_token"):
            raise LaunchRefused(Check.PLATFORM_ERROR, "The platform answered the login with an error.")


def _check_age(claims: Mapping[str, Any]) -> None:
    """Refuse a token that lay about: a launch follows its login at once."""
    if now().timestamp() - claims["iat"] > (MAX_AGE + LEEWAY).total_seconds():
        raise LaunchRefused(Check.TIME, "The token is older than ten minutes.")
