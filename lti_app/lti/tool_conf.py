"""The library's view of our registrations: looked up in our tables, by issuer and client id, always."""

from typing import Any

from pylti1p3.registration import Registration as LibraryRegistration
from pylti1p3.tool_config import ToolConfAbstract
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_app.lti.refusals import Check, LaunchRefused
from lti_app.models.platform import Deployment, DeploymentStatus, Registration, RegistrationStatus


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
    """Finds registrations and deployments in the database.

    The library keeps "one client per issuer" in a class attribute shared by all objects; here that
    question is never asked: Canvas and Blackboard have many clients for one issuer.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

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
        query = select(Registration).where(Registration.issuer == iss).limit(2)
        if client_id:
            query = query.where(Registration.client_id == client_id)
        rows = list(self._session.scalars(query))
        if len(rows) != 1:
            raise LaunchRefused(Check.REGISTRATION, "No registration has this issuer and client id.", status=403)
        return self.active(rows[0])

    def active(self, row: Registration) -> PlatformRegistration:
        """Return the row for the library.

        Raises:
            LaunchRefused: It was disabled.
        """
        if row.status is not RegistrationStatus.ACTIVE:
            refused = LaunchRefused(Check.REGISTRATION, "The registration is disabled.", status=403)
            refused.registration_id = row.id
            raise refused
        return PlatformRegistration(row)

    def find_deployment(self, iss: str, deployment_id: str) -> Deployment | None:
        """Return nothing: a deployment belongs to a client, see `confirmed_deployment`."""
        del iss, deployment_id
        return None

    def find_deployment_by_params(
        self, iss: str, deployment_id: str, client_id: str, *_args: Any, **_kwargs: Any
    ) -> Deployment | None:
        """Return the confirmed deployment of that issuer and client, or None."""
        registration = self.find_registration_by_params(iss, client_id)
        return self.confirmed_deployment(registration.row, deployment_id)

    def confirmed_deployment(self, row: Registration, deployment_id: str) -> Deployment | None:
        """Return the deployment of a registration at hand, or None where it is unknown or pending."""
        return self._session.scalar(
            select(Deployment).where(
                Deployment.registration_id == row.id,
                Deployment.deployment_id_on_platform == deployment_id,
                Deployment.status == DeploymentStatus.CONFIRMED,
            )
        )
