"""The data privacy launch: what the tool keeps of a person (1EdTech LTI data privacy launch 1.0, member draft)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lti_app.lti.claims import CLAIM, identifier, mapping
from lti_app.lti.messages import Message, sender

# The draft's name, and the one that newer platforms use (Sakai's source has both).
PRIVACY_MESSAGES = ("DataPrivacyLaunchRequest", "LtiDataPrivacyLaunchRequest")
_ADMINISTRATORS = frozenset(
    f"http://purl.imsglobal.org/vocab/lis/v2/{where}/person#{name}"
    for where, name in (
        ("institution", "Administrator"),
        ("system", "Administrator"),
        ("system", "SysAdmin"),
        ("system", "AccountAdmin"),
    )
)


@dataclass(frozen=True, kw_only=True)
class PrivacyMessage(Message):
    """The sender asks what is kept of `for_sub`: of themselves, or as an LMS admin of somebody else."""

    for_sub: str

    @property
    def is_of_admin(self) -> bool:
        """Whether the sender looks after the LMS; a role in a course does not count."""
        return not _ADMINISTRATORS.isdisjoint(self.roles)


def parse_privacy_launch(
    claims: Mapping[str, Any], *, registration_id: int, deployment_id: int, deployment_id_on_platform: str
) -> PrivacyMessage:
    """Turn verified claims into a `PrivacyMessage`; one without `for_user` is about its sender.

    Raises:
        LaunchRefused: A claim is missing, has the wrong type or is too long.
    """
    from_sender = sender(claims)
    person = mapping(claims, CLAIM + "for_user")
    # The drafts disagree: `user_id` in one, `id` in another's examples (PyLTI1p3's tests carry the latter).
    key = "user_id" if person.get("user_id") is not None else "id"
    return PrivacyMessage(
        registration_id=registration_id,
        deployment_id=deployment_id,
        deployment_id_on_platform=deployment_id_on_platform,
        **from_sender,
        for_sub=identifier(person, key) if person else from_sender["sub"],
    )
