"""The `state` of a login: signed by us, so that a login needs no row; see docs/decisions/0010."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer

from lti_app.lti.refusals import Check, LaunchRefused

LOGIN_MINUTES = 10
MAX_STATE = 512
_SALT = "staffroom.login"


def digest(text: str) -> str:
    """Return half of the SHA-256 of a text, in hex: what a state holds of a thing that it is compared with."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, kw_only=True)
class LoginState:
    """One login that was sent to its platform (1EdTech security framework 1.0, 5.1.1).

    `id` is drawn at random, and good for one launch. The others are digests of what the launch must bring again:
    the browser's secret, the target, and the deployment where the login named one. `storage` names the frame in
    which the platform keeps data for us (1EdTech lti-cs-oidc 0.1, `lti_storage_target`); empty where it does not.
    """

    id: str
    registration_id: int
    browser: str
    target: str
    deployment: str | None
    storage: str

    def belongs_to(self, browser_secret: str) -> bool:
        """Whether the login was begun in the browser that holds this secret."""
        return hmac.compare_digest(self.browser, digest(browser_secret))


class LoginStates:
    """Makes and reads states, and the nonce that goes with each."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._signer = URLSafeTimedSerializer(secret, salt=_SALT, signer_kwargs={"digest_method": hashlib.sha256})

    def begin(
        self, *, registration_id: int, browser_secret: str, target: str, deployment: str | None, storage: str
    ) -> LoginState:
        """Return the state of a new login."""
        return LoginState(
            id=secrets.token_urlsafe(24),
            registration_id=registration_id,
            browser=digest(browser_secret),
            target=digest(target),
            deployment=digest(deployment) if deployment else None,
            storage=storage,
        )

    def write(self, state: LoginState) -> str:
        """Return the state as it travels: signed, with the moment of now."""
        fields = [state.id, state.registration_id, state.browser, state.target, state.deployment, state.storage]
        return self._signer.dumps(fields)

    def read(self, text: str) -> LoginState:
        """Return the login that a state stands for.

        Raises:
            LaunchRefused: It is malformed, not of ours, or older than ten minutes.
        """
        if not text or len(text) > MAX_STATE:
            raise LaunchRefused(Check.STATE, "The state is missing or malformed.")
        try:
            fields = self._signer.loads(text, max_age=LOGIN_MINUTES * 60)
            id_, registration_id, browser, target, deployment, storage = fields
        except SignatureExpired as error:
            raise LaunchRefused(Check.STATE, "The login is older than ten minutes.") from error
        except BadData as error:
            raise LaunchRefused(Check.STATE, "The state is none that Staffroom gave out.") from error
        return LoginState(
            id=id_,
            registration_id=registration_id,
            browser=browser,
            target=target,
            deployment=deployment,
            storage=storage,
        )

    def nonce(self, state: LoginState) -> str:
        """Return the nonce of the login: bound to its state, and known to nobody before it is sent."""
        return hmac.new(self._secret.encode(), f"{_SALT}.nonce:{state.id}".encode(), hashlib.sha256).hexdigest()
