"""Registrations of a bare platform, and connectors to one."""

from lti_app.db import db
from lti_app.lti.connector import Lti, PlatformConnector
from lti_app.models.platform import Registration
from tests.factories import RegistrationFactory
from tests.lti_app.lti.bare_platform import BarePlatform


def bare_registration(bare: BarePlatform, **changes: str) -> Registration:
    """Register a bare platform, with some of its addresses changed."""
    row: Registration = RegistrationFactory(issuer=bare.url, **changes)
    db.session.commit()
    return row


def connect(row: Registration, lti: Lti) -> PlatformConnector:
    """Return a connector to a platform."""
    return PlatformConnector(row, lti=lti)
