"""Platforms that may launch us: registrations, their deployments, and the tokens they gave us."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_app.addresses import Origins, origin_of
from lti_app.clock import now
from lti_app.db import Base, Choice, UtcDateTime


class RegistrationStatus(StrEnum):
    """Whether a platform's launches are let in."""

    ACTIVE = "active"
    PENDING = "pending"
    DISABLED = "disabled"


class RegistrationMaking(StrEnum):
    """How a registration came about."""

    BY_HAND = "by_hand"
    INVITE = "invite"


class DeploymentStatus(StrEnum):
    """Whether an LMS admin has confirmed where on the platform the tool was placed."""

    CONFIRMED = "confirmed"
    PENDING = "pending"
    REJECTED = "rejected"


class Registration(Base):
    """One client id at one issuer: what the platform and we agreed on (LTI 1.3 core, 3.1.3).

    Canvas and Blackboard have one issuer for all their schools, so the pair is the key. `scopes` are those that the
    platform granted when it registered us, `cut` the scopes and messages asked for in vain; both separated by spaces,
    and empty where it was done by hand. `other_origins` are the platform's further hosts, see `lti.platform_quirks`.
    """

    __tablename__ = "registration"
    __table_args__ = (UniqueConstraint("issuer", "client_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    issuer: Mapped[str] = mapped_column(String(1024))
    client_id: Mapped[str] = mapped_column(String(255))
    auth_url: Mapped[str] = mapped_column(String(1024))
    token_url: Mapped[str] = mapped_column(String(1024))
    jwks_url: Mapped[str] = mapped_column(String(1024))
    auth_audience: Mapped[str | None] = mapped_column(String(1024))
    status: Mapped[RegistrationStatus] = mapped_column(Choice(RegistrationStatus), default=RegistrationStatus.ACTIVE)
    made: Mapped[RegistrationMaking] = mapped_column(Choice(RegistrationMaking), default=RegistrationMaking.BY_HAND)
    scopes: Mapped[str] = mapped_column(String(2048), default="")
    cut: Mapped[str] = mapped_column(String(2048), default="")
    other_origins: Mapped[str] = mapped_column(String(1024), default="")
    last_score_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    deployments: Mapped[list["Deployment"]] = relationship(back_populates="registration", lazy="raise")

    @property
    def is_active(self) -> bool:
        """Whether launches of this registration are let in."""
        return self.status is RegistrationStatus.ACTIVE

    @property
    def frame_origins(self) -> list[str]:
        """Origins that may show our pages in a frame: the issuer's, the login page's, and its other ones."""
        return sorted({*_origins(self.issuer, self.auth_url), *(self.other_origins or "").split()})

    @property
    def service_origins(self) -> Origins:
        """Origins that may be sent this platform's access token."""
        own = _origins(self.issuer, self.auth_url, self.token_url, self.jwks_url)
        return Origins({*own, *(self.other_origins or "").split()})


class Deployment(Base):
    """One placing of the tool on a platform; contexts are told apart within it (LTI 1.3 core, 3.1.3)."""

    __tablename__ = "deployment"
    __table_args__ = (UniqueConstraint("registration_id", "deployment_id_on_platform"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    deployment_id_on_platform: Mapped[str] = mapped_column(String(255))
    status: Mapped[DeploymentStatus] = mapped_column(Choice(DeploymentStatus), default=DeploymentStatus.CONFIRMED)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    registration: Mapped[Registration] = relationship(back_populates="deployments", lazy="raise")


class AccessToken(Base):
    """The bearer token of one registration for one set of scopes, shared by all workers until it expires.

    `leased_until` keeps all workers but one from asking for the next; the token is empty until the first came.
    """

    __tablename__ = "access_token"

    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True)
    scopes: Mapped[str] = mapped_column(String(1024), primary_key=True)
    token: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


def _origins(*urls: str) -> set[str]:
    return {origin for url in urls if (origin := origin_of(url))}
