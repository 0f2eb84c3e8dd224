"""The library's view of our registrations: looked up in our tables, by issuer and client id, always."""

from typing import Any

from pylti1p3.registration import Registration as LibraryRegistration
from pylti1p3.tool_config import ToolConfAbstract
from sqlalchemy.orm import Session

from lti_app.lti.refusals import Check, LaunchRefused
from lti_app.lti.registrations import Registrations
from lti_app.models.platform import Registration, RegistrationStatus


class PlatformRegistration(LibraryRegistration):
    """A row of ours in the shape that the library asks for."""

    def __init__(self, row: Registration) -> None:
        self.row = row
        self.set_issuer(row.issuer)
        self.set_client_id(row.client_id)
        self.set_auth_login_url(row.auth_url)
        self.set_auth_token_url(row.token_url)
        self.set_key_set_url(row.jwks_url)
        if row.auth_audience:
            self.set_auth_audience(row.auth_audience)


class ToolConf(ToolConfAbstract):
    """Finds registrations and deployments in the database, through the process's `Registrations`.

    The library keeps "one client per issuer" in a class attribute shared by all objects; here that
    question is never asked: Canvas and Blackboard have many clients for one issuer.
    """

    def __init__(self, session: Session, registrations: Registrations) -> None:
        self._session = session
        self._registrations = registrations

    def check_iss_has_one_client(self, iss: str) -> bool:
        """Return False: the client id is always looked at."""
        del iss
        return False

    def check_iss_has_many_clients(self, iss: str) -> bool:
        """Return True: the client id is always looked at."""
        del iss
        return True

    def find_registration_by_issuer(self, iss: str, *args: Any, **kwargs: Any) -> PlatformRegistration:
        """Return the issuer's only registration; see `find_registration_by_params`."""
        return self.find_registration_by_params(iss, None, *args, **kwargs)

    def find_registration_by_params(
        self, iss: str, client_id: str | None, *_args: Any, **_kwargs: Any
    ) -> PlatformRegistration:
        """Return the active registration of this issuer and client.

        A login may leave the client id out (LTI 1.3 core, 4.1.1): then the issuer must have just one.

        Raises:
            LaunchRefused: There is none, more than one, or it was disabled.
        """
        row = self._registrations.find(self._session, issuer=iss, client_id=client_id)
        if row is None:
            raise LaunchRefused(Check.REGISTRATION, "No registration has this issuer and client id.", status=403)
        return _active(row)

    def registration_of(self, registration_id: int) -> PlatformRegistration:
        """Return the active registration of that id.

        Raises:
            LaunchRefused: It was disabled, or removed.
        """
        row = self._registrations.get(self._session, registration_id)
        if row is None:
            raise LaunchRefused(Check.REGISTRATION, "The registration was removed.", status=403)
        return _active(row)

    def find_deployment(self, iss: str, deployment_id: str) -> None:
        """Return nothing: a deployment belongs to a client, see `confirmed_deployment`."""
        del iss, deployment_id

    def find_deployment_by_params(
        self, iss: str, deployment_id: str, client_id: str, *_args: Any, **_kwargs: Any
    ) -> int | None:
        """Return our id of the confirmed deployment of that issuer and client, or None."""
        return self.confirmed_deployment(self.find_registration_by_params(iss, client_id).row, deployment_id)

    def confirmed_deployment(self, row: Registration, deployment_id: str) -> int | None:
        """Return our id of the deployment of a registration at hand, or None where it is unknown or pending."""
        return self._registrations.confirmed_deployment(self._session, row, deployment_id)

    def note_pending(self, row: Registration, deployment_id: str) -> None:
        """Keep an unknown deployment for an admin to confirm, where the registration has none that is confirmed.

        Canvas tells nobody its deployment ids before the first launch.
        """
        self._registrations.note_pending(self._session, row, deployment_id)


def _active(row: Registration) -> PlatformRegistration:
    if row.status is not RegistrationStatus.ACTIVE:
        is_pending = row.status is RegistrationStatus.PENDING
        told = "The registration waits to be confirmed." if is_pending else "The registration is disabled."
        refused = LaunchRefused(Check.REGISTRATION, told, status=403)
        refused.registration_id = row.id
        raise refused
    return PlatformRegistration(row)
