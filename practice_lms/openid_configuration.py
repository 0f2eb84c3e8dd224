"""What the platform says of itself to a tool that wants to register (dynamic registration 1.0 §2)."""

from typing import Any

from practice_lms.dialects import Dialect
from practice_lms.groups import GROUPS_SCOPE
from practice_lms.manner import Manner
from practice_lms.settings import Settings
from practice_lms.state import MessageType
from practice_lms.tools import EVERY_SCOPE, NOTICES_SCOPE

PLATFORM_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-platform-configuration"
_CANVAS = "https://canvas.instructure.com/lti/"
_VERSIONS = {Dialect.MOODLE: "4.5.6 (Build: 20250811)", Dialect.CANVAS: "vCloud", Dialect.SAKAI: "23.1"}
_PLACEMENTS = {Dialect.MOODLE: ["ContentArea"], Dialect.CANVAS: ["assignment_selection", "link_selection"]}
_VARIABLES = (
    "User.id", "User.username", "Person.name.full", "Person.name.given", "Person.name.family",
    "Person.email.primary", "Person.sourcedId", "Person.address.timezone", "Membership.role",
    "Context.id", "Context.title", "Context.label", "Context.sourcedId", "Context.id.history",
    "CourseSection.title", "CourseSection.label", "CourseSection.sourcedId",
    "ResourceLink.id", "ResourceLink.title", "ResourceLink.description",
)  # fmt: skip
_MORE_VARIABLES = (
    "ResourceLink.id.history",
    "ResourceLink.available.startDateTime",
    "ResourceLink.available.endDateTime",
    "ResourceLink.submission.startDateTime",
    "ResourceLink.submission.endDateTime",
)


def openid_configuration(settings: Settings, manner: Manner) -> dict[str, Any]:
    """Return the document of the platform in the manner that it plays."""
    issuer = settings.issuer
    document: dict[str, Any] = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/lti/auth",
        "token_endpoint": settings.token_url,
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "jwks_uri": f"{issuer}/lti/jwks.json",
        "registration_endpoint": f"{issuer}/lti/register",
        "scopes_supported": [*supported_scopes(manner), "openid"],
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "iss", "name", "given_name", "family_name", "email"],
        PLATFORM_CONFIGURATION: {
            "product_family_code": manner.dialect.product_family_code,
            "version": _VERSIONS.get(manner.dialect, "10.26.2"),
            "messages_supported": _messages(manner),
            "variables": _variables(manner.dialect),
        },
    }
    if manner.own_audience:
        document["authorization_server"] = settings.audience
    if manner.dialect is Dialect.CANVAS:
        account = {f"{_CANVAS}account_name": "Practice district", f"{_CANVAS}account_lti_guid": "practice:canvas-lms"}
        document[PLATFORM_CONFIGURATION] |= account
    return document


def supported_scopes(manner: Manner) -> list[str]:
    """Return the scopes that this platform can grant."""
    optional = {NOTICES_SCOPE: manner.notices, GROUPS_SCOPE: manner.groups_service}
    return [scope for scope in EVERY_SCOPE if optional.get(scope, True)]


def _messages(manner: Manner) -> list[dict[str, Any]]:
    placements = _PLACEMENTS.get(manner.dialect)
    deep_linking: dict[str, Any] = {"type": MessageType.DEEP_LINKING}
    messages = [
        {"type": MessageType.RESOURCE_LINK},
        deep_linking | ({"placements": placements} if placements else {}),
    ]
    if manner.dialect is Dialect.MOODLE:
        return messages
    return [*messages, {"type": MessageType.SUBMISSION_REVIEW}, {"type": MessageType.DATA_PRIVACY}]


def _variables(dialect: Dialect) -> list[str]:
    if dialect is Dialect.MOODLE:
        return [*_VARIABLES, "Moodle.Person.userGroupIds"]
    own = ["Canvas.course.sectionIds", "Canvas.masqueradingUser.id"] if dialect is Dialect.CANVAS else []
    return [*_VARIABLES, *_MORE_VARIABLES, *own]
