"""The third-party-initiated login (1EdTech security framework 1.0, 5.1.1), bound to its browser."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pylti1p3.cookie import CookieService
from pylti1p3.oidc_login import OIDCLogin
from pylti1p3.request import Request
from sqlalchemy.orm import Session

from lti_app.lti.refusals import Check, LaunchRefused
from lti_app.lti.registrations import Registrations
from lti_app.lti.states import LoginState, LoginStates
from lti_app.lti.tool_conf import PlatformRegistration, ToolConf
from lti_app.models.platform import Registration

MAX_PARAMETER = 8192
MAX_DEPLOYMENT = 255
# A frame's name, or `_parent`; anything else is taken for no storage.
_FRAME = re.compile(r"[\w.-]{1,64}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A login on its way: where to send the browser, and what the launch must bring back."""

    url: str
    state: LoginState
    registration: Registration


class LaunchRequest(Request):
    """The parameters of one request, whichever way they came."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self._parameters = parameters

    @property
    def session(self) -> dict[str, str]:
        """The library's session: always empty, since what it would keep there stands in our tables."""
        return {}

    def is_secure(self) -> bool:
        """Return True: our cookies are Secure everywhere, on http://localhost too."""
        return True

    def get_param(self, key: str) -> str | None:
        """Return the parameter, or None."""
        return self._parameters.get(key)


class NoCookies(CookieService):
    """The library's cookies are not used: `lti_app.web.lti` keeps one browser secret for all logins."""

    def get_cookie(self, name: str) -> None:
        """Return None."""

    def set_cookie(self, name: str, value: str | int, exp: int | None = 3600) -> None:
        """Set nothing."""


class PlatformLogin(OIDCLogin):
    """The library's login, with a signed state instead of cookies and session; it writes nothing anywhere."""

    def __init__(
        self,
        parameters: Mapping[str, str],
        *,
        session: Session,
        registrations: Registrations,
        states: LoginStates,
        launch_url: str,
        browser_secret: str,
    ) -> None:
        super().__init__(LaunchRequest(parameters), ToolConf(session, registrations), None, NoCookies())
        self._states = states
        self._launch_url = launch_url
        self._browser_secret = browser_secret

    def begin(self) -> Begun:
        """Begin the login.

        Raises:
            LaunchRefused: The request is malformed, or its platform is not registered.
        """
        url = str(self._prepare_redirect_url(self._launch_url))
        return Begun(url=url, state=self._state, registration=self._found.row)

    def _prepare_redirect_url(self, launch_url: str) -> str:
        self._found = self.validate_oidc_login()
        hint = self._text("lti_message_hint")
        self._state = self._states.begin(
            registration_id=self._found.row.id,
            browser_secret=self._browser_secret,
            target=self._target(self._found.row.id),
            deployment=self._text("lti_deployment_id")[:MAX_DEPLOYMENT] or None,
            storage=self._storage(),
        )
        query = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": self._found.get_client_id(),
            # A constant: the target travels in the state, platforms compare this address letter by letter.
            "redirect_uri": launch_url,
            "state": self._states.write(self._state),
            "nonce": self._states.nonce(self._state),
            "login_hint": self._text("login_hint"),
        }
        if hint:
            query["lti_message_hint"] = hint
        return _with_query(self._found.row.auth_url, query)

    def validate_oidc_login(self) -> PlatformRegistration:
        """Return the registration of the request.

        Raises:
            LaunchRefused: Issuer, login hint or target are missing, or the platform is unknown.
        """
        issuer = self._text("iss")
        if not issuer or not self._text("login_hint"):
            raise LaunchRefused(Check.REQUEST, "The login names no issuer or no login hint.")
        registration: PlatformRegistration = self._tool_config.find_registration_by_params(
            issuer, self._text("client_id") or None
        )
        return registration

    def _target(self, registration_id: int) -> str:
        target = self._text("target_link_uri")
        if not is_ours(target, launch_url=self._launch_url):
            refused = LaunchRefused(Check.TARGET, "The target of the login is not an address of Staffroom.")
            refused.registration_id = registration_id
            raise refused
        return target

    def _storage(self) -> str:
        name = self._text("lti_storage_target")
        return name if _FRAME.fullmatch(name) else ""

    def _text(self, key: str) -> str:
        value = self._request.get_param(key) or ""
        if len(value) > MAX_PARAMETER or "\x00" in value:
            raise LaunchRefused(Check.REQUEST, f"“{key}” is malformed.")
        return str(value)


def is_ours(target: str, *, launch_url: str) -> bool:
    """Whether a target_link_uri leads to our own origin; anything that a browser could read otherwise does not."""
    parts = urlsplit(launch_url)
    origin = f"{parts.scheme}://{parts.netloc}"
    is_plain = len(target) <= 2048 and target.isprintable() and "\\" not in target and " " not in target
    return is_plain and (target == origin or target.startswith(origin + "/"))


def _with_query(url: str, query: Mapping[str, str]) -> str:
    """Add the query to an address that may have one already."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True) + list(query.items())
    return urlunsplit(parts._replace(query=urlencode(pairs)))
