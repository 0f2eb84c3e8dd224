"""The one way to the connections: which registrations somebody looks after, and opening one of them."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from lti_app.access.refusals import acting_as_somebody, not_there
from lti_app.access.sign_ins import looked_after, masqueraded_users, operator_link, signed_in_users
from lti_app.clock import now
from lti_app.db import LARGEST_ID, UtcDateTime, db
from lti_app.errors import SignInEnded, sentence
from lti_app.models.invites import AdminLink
from lti_app.models.platform import Deployment, Registration, RegistrationStatus

_SIGN_IN_AGAIN = sentence(
    "Open Staffroom from your LMS again, or make a new sign-in link on the server: flask admin link."
)
_OPERATOR_SIGN_IN = select(AdminLink.id).where(
    AdminLink.token_hash == bindparam("link"), AdminLink.signed_in_until > bindparam("at", type_=UtcDateTime)
)
_ACTIVE_OF = select(Registration.id).where(
    Registration.id.in_(bindparam("ids", expanding=True)), Registration.status == RegistrationStatus.ACTIVE
)


@dataclass(frozen=True, kw_only=True)
class Admin:
    """Who looks after connections: the operator after all of them, an LMS admin after the LMS they came from."""

    is_operator: bool
    registration_ids: frozenset[int]

    @property
    def within(self) -> frozenset[int] | None:
        """The ids of the registrations that may be seen; None is all of them."""
        return None if self.is_operator else self.registration_ids

    def may_see(self, registration_id: int | None) -> bool:
        """Whether this admin may see a registration, and what its launches were refused for."""
        return self.is_operator or registration_id in self.registration_ids


def open_connections() -> Admin:
    """Return who is asking for the connection pages, and after which registrations they look.

    An operator's sign-in is asked for in the database, so that it can be ended; a disabled LMS's admins find nothing.

    Raises:
        SignInEnded: Nobody is signed in.
        ActingAsSomebody: The browser is signed in under another person's name.
        NotThere: Whoever is signed in looks after no connection.
    """
    link_hash = operator_link()
    if link_hash is not None and db.session.scalar(_OPERATOR_SIGN_IN, {"link": link_hash, "at": now()}):
        return Admin(is_operator=True, registration_ids=frozenset())
    registration_ids = looked_after()
    if not registration_ids:
        if masqueraded_users():
            raise acting_as_somebody()
        if signed_in_users():
            raise not_there()
        raise SignInEnded(sentence("Your session has ended."), _SIGN_IN_AGAIN)
    active = db.session.scalars(_ACTIVE_OF, {"ids": list(registration_ids)}).all()
    if not active:
        raise not_there()
    return Admin(is_operator=False, registration_ids=frozenset(active))


def require_operator(admin: Admin) -> Admin:
    """Return the admin, if it is the operator: for connecting, confirming and disabling an LMS.

    In many LMSs an admin of one school or department carries the same role as the one of the whole district.

    Raises:
        NotThere: It is an LMS admin.
    """
    if not admin.is_operator:
        raise not_there()
    return admin


def open_registration(registration_id: int) -> tuple[Admin, Registration]:
    """Load and authorise: a registration, and the admin who looks after it.

    Raises:
        SignInEnded: Nobody is signed in.
        NotThere: There is no such registration, or not for this person.
    """
    admin = open_connections()
    if registration_id > LARGEST_ID or not admin.may_see(registration_id):
        raise not_there()
    row = db.session.get(Registration, registration_id)
    if row is None:
        raise not_there()
    return admin, row


def open_deployment(registration_id: int, deployment_id: int) -> tuple[Admin, Deployment]:
    """Load and authorise: a deployment of a registration, and the admin who looks after it.

    Raises:
        SignInEnded, NotThere: As `open_registration`.
    """
    admin, row = open_registration(registration_id)
    deployment = db.session.get(Deployment, deployment_id) if deployment_id <= LARGEST_ID else None
    if deployment is None or deployment.registration_id != row.id:
        raise not_there()
    return admin, deployment
