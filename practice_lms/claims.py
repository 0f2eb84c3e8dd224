"""The claims of our id_tokens, in the shape that Moodle 4.5.6 was recorded to send them."""

from datetime import datetime
from typing import Any

from practice_lms.course import COURSE_ID, COURSE_LABEL, COURSE_TITLE, Activity
from practice_lms.line_items import line_item_url, line_items_url
from practice_lms.people import Person
from practice_lms.settings import Settings
from practice_lms.state import DeepLinking, State

ID_TOKEN_LIFETIME_SECONDS = 60
LTI = "https://purl.imsglobal.org/spec/lti/claim/"
AGS_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/"
AGS_SCOPES = tuple(f"{AGS_SCOPE}{name}" for name in ("lineitem", "lineitem.readonly", "result.readonly", "score"))
NRPS_SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
PRODUCT_VERSION = "2024100706"


def memberships_url(settings: Settings) -> str:
    """Return the address of the course roster (NRPS 2.0)."""
    return f"{settings.issuer}/lti/courses/{COURSE_ID}/memberships"


def resource_link_claims(
    settings: Settings, state: State, *, person: Person, activity: Activity, nonce: str, now: datetime
) -> dict[str, Any]:
    """Return the claims of a LtiResourceLinkRequest (LTI 1.3 core §5.3)."""
    endpoint = _ags_claim(settings)
    columns = state.columns_of(activity.id)
    if len(columns) == 1:
        # Moodle names the column only where it is the single one; one that the tool made on an
        # ungraded link comes as an empty string.
        endpoint["lineitem"] = line_item_url(settings, columns[0].id) if activity.graded else ""
    return _common_claims(settings, state, person, nonce=nonce, now=now) | {
        f"{LTI}message_type": "LtiResourceLinkRequest",
        f"{LTI}target_link_uri": activity.target or settings.redirect_uri,
        f"{LTI}resource_link": {
            "id": str(activity.id),
            "title": activity.title,
            "description": activity.description,
        },
        f"{LTI}custom": {"context_memberships_url": memberships_url(settings)}
        | {name: _substituted(value, person, activity) for name, value in activity.custom.items()},
        f"{LTI}launch_presentation": {
            "locale": "en",
            "document_target": "window" if activity.new_window else "iframe",
            "return_url": f"{settings.issuer}/course/activities/{activity.id}/return",
        },
        "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": endpoint,
    }


def deep_linking_claims(
    settings: Settings, state: State, *, person: Person, deep_linking: DeepLinking, nonce: str, now: datetime
) -> dict[str, Any]:
    """Return the claims of a LtiDeepLinkingRequest (deep linking 2.0 §4.4)."""
    presentation = {"locale": "en"} | ({"document_target": "window"} if deep_linking.in_window else {})
    return _common_claims(settings, state, person, nonce=nonce, now=now) | {
        f"{LTI}message_type": "LtiDeepLinkingRequest",
        f"{LTI}target_link_uri": settings.redirect_uri,
        f"{LTI}custom": {},
        f"{LTI}launch_presentation": presentation,
        "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": _ags_claim(settings),
        "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings": _deep_linking_settings(
            settings, deep_linking
        ),
    }


def _deep_linking_settings(settings: Settings, deep_linking: DeepLinking) -> dict[str, Any]:
    offer = deep_linking.offer
    offered = {
        "accept_multiple": offer.accept_multiple,
        "accept_lineitem": offer.accept_lineitem,
        "auto_create": offer.auto_create,
        "data": deep_linking.echo,
    }
    return {name: value for name, value in offered.items() if value is not None} | {
        "accept_copy_advice": False,
        "accept_presentation_document_targets": list(offer.accept_presentation_document_targets),
        "accept_types": list(offer.accept_types),
        "accept_unsigned": False,
        "can_confirm": False,
        "deep_link_return_url": f"{settings.issuer}/lti/deep-linking/return/{deep_linking.id}",
        "text": "",
        "title": "Staffroom",
    }


def _common_claims(settings: Settings, state: State, person: Person, *, nonce: str, now: datetime) -> dict[str, Any]:
    issued_at = int(now.timestamp())
    return {
        "iss": settings.issuer,
        "aud": settings.client_id,
        "sub": person.id,
        "iat": issued_at,
        "exp": issued_at + ID_TOKEN_LIFETIME_SECONDS,
        "nonce": nonce,
        "name": person.name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
        f"{LTI}version": "1.3.0",
        f"{LTI}deployment_id": settings.deployment_id,
        f"{LTI}roles": list(person.roles),
        f"{LTI}context": {
            "id": str(COURSE_ID),
            "label": COURSE_LABEL,
            "title": COURSE_TITLE,
            "type": ["CourseSection"],
        },
        f"{LTI}ext": {"lms": "moodle-2", "user_username": person.username},
        f"{LTI}lis": {
            "course_section_sourcedid": f"SIS-{COURSE_LABEL}",
            "person_sourcedid": f"EMP-{person.id}",
        },
        f"{LTI}tool_platform": {
            "guid": "9b1f6c52e7d84a0c8a43practicelms",
            "name": "practice",
            "description": "Practice LMS",
            "product_family_code": state.manner.dialect.product_family_code,
            "version": PRODUCT_VERSION,
        },
        "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice": {
            "context_memberships_url": memberships_url(settings),
            "service_versions": ["1.0", "2.0"],
        },
    }


def _ags_claim(settings: Settings) -> dict[str, Any]:
    return {"lineitems": line_items_url(settings), "scope": list(AGS_SCOPES)}


def _substituted(value: str, person: Person, activity: Activity) -> str:
    # A variable that is not known arrives as it was written, as Moodle does.
    return {
        "$User.id": person.id,
        "$User.username": person.username,
        "$Person.name.full": person.name,
        "$Person.email.primary": person.email,
        "$Context.id": str(COURSE_ID),
        "$Context.title": COURSE_TITLE,
        "$Context.id.history": "",
        "$ResourceLink.id": str(activity.id),
        "$ResourceLink.title": activity.title,
        "$Moodle.Person.userGroupIds": "",
    }.get(value, value)
