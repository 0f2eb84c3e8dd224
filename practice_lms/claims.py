"""The claims of our id_tokens, in the shape that Moodle 4.5.6 was recorded to send them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from practice_lms.course import Activity, Course
from practice_lms.dialects import Dialect
from practice_lms.enrolments import Member
from practice_lms.groups import groups_claim
from practice_lms.line_items import line_item_url, line_items_url
from practice_lms.notices import notices_claim
from practice_lms.settings import Settings
from practice_lms.spec import AGS_CLAIM, DEEP_LINKING, GROUPS_CLAIM, LTI, NRPS_CLAIM
from practice_lms.state import DeepLinking, MessageType, State
from practice_lms.tools import Tool
from practice_lms.variables import Scene, substituted

ID_TOKEN_LIFETIME_SECONDS = 60
PRODUCT_VERSION = "2024100706"


@dataclass(frozen=True, kw_only=True)
class Message:
    """What every message is made from: for which tool, by whom, where (in no course: None) and when."""

    settings: Settings
    state: State
    tool: Tool
    member: Member
    course: Course | None
    nonce: str
    now: datetime
    masquerader_id: str = ""

    def custom(self, activity: Activity | None) -> dict[str, str]:
        """Return the custom parameters of the tool and of the activity, with their variables filled in."""
        scene = Scene(
            dialect=self.state.manner.dialect,
            member=self.member,
            course=self.course,
            activity=activity,
            masquerader_id=self.masquerader_id,
            group_ids=self.state.groups_of(self.course.id, self.member.person.id) if self.course else (),
        )
        return substituted({**self.tool.custom, **(activity.custom if activity else {})}, scene)


def memberships_url(settings: Settings, course_id: int) -> str:
    """Return the address of a course's roster (NRPS 2.0)."""
    return f"{settings.issuer}/lti/courses/{course_id}/memberships"


def resource_link_claims(message: Message, activity: Activity) -> dict[str, Any]:
    """Return the claims of a LtiResourceLinkRequest (LTI 1.3 core §5.3)."""
    settings = message.settings
    return common_claims(message) | {
        f"{LTI}message_type": MessageType.RESOURCE_LINK,
        f"{LTI}target_link_uri": activity.target or message.tool.target,
        f"{LTI}resource_link": {
            "id": str(activity.id),
            "title": activity.title,
            "description": activity.description,
        },
        f"{LTI}custom": {"context_memberships_url": memberships_url(settings, activity.course_id)}
        | message.custom(activity),
        f"{LTI}launch_presentation": {
            "locale": "en",
            "document_target": "window" if activity.new_window else "iframe",
            "return_url": f"{settings.issuer}/course/activities/{activity.id}/return",
        },
        AGS_CLAIM: ags_claim(message, activity.course_id, activity),
    }


def deep_linking_claims(message: Message, deep_linking: DeepLinking) -> dict[str, Any]:
    """Return the claims of a LtiDeepLinkingRequest (deep linking 2.0 §4.4)."""
    presentation = {"locale": "en"} | ({"document_target": "window"} if deep_linking.in_window else {})
    return common_claims(message) | {
        f"{LTI}message_type": MessageType.DEEP_LINKING,
        f"{LTI}target_link_uri": message.tool.target_of(MessageType.DEEP_LINKING),
        f"{LTI}custom": message.custom(None),
        f"{LTI}launch_presentation": presentation,
        AGS_CLAIM: ags_claim(message, deep_linking.course_id, None),
        f"{DEEP_LINKING}deep_linking_settings": _deep_linking_settings(message, deep_linking),
    }


def _deep_linking_settings(message: Message, deep_linking: DeepLinking) -> dict[str, Any]:
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
        "deep_link_return_url": f"{message.settings.issuer}/lti/deep-linking/return/{deep_linking.id}",
        "text": "",
        "title": message.tool.name,
    }


def common_claims(message: Message) -> dict[str, Any]:
    """Return the claims that every message has; those of the course are left out where there is none."""
    person, now = message.member.person, int(message.now.timestamp())
    claims = {
        "iss": message.settings.issuer,
        "aud": message.tool.client_id,
        "sub": person.id,
        "iat": now,
        "exp": now + ID_TOKEN_LIFETIME_SECONDS,
        "nonce": message.nonce,
        "name": person.name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
        f"{LTI}version": "1.3.0",
        f"{LTI}deployment_id": message.tool.deployment_id,
        f"{LTI}roles": list(message.member.roles),
        f"{LTI}ext": {"lms": "moodle-2", "user_username": person.username},
        f"{LTI}lis": {"person_sourcedid": f"EMP-{person.id}"},
        f"{LTI}tool_platform": _tool_platform_claim(message.state),
    }
    if message.state.manner.notices:
        claims[f"{LTI}platformnotificationservice"] = notices_claim(message.settings, message.tool)
    return claims | (_course_claims(message, message.course) if message.course else {})


def _course_claims(message: Message, course: Course) -> dict[str, Any]:
    has_groups = message.state.manner.groups_service
    return ({GROUPS_CLAIM: groups_claim(message.settings, course.id)} if has_groups else {}) | {
        f"{LTI}context": {
            "id": str(course.id),
            "label": course.label,
            "title": course.title,
            "type": ["CourseSection"],
        },
        f"{LTI}lis": {
            "course_section_sourcedid": f"SIS-{course.label}",
            "person_sourcedid": f"EMP-{message.member.person.id}",
        },
        NRPS_CLAIM: {
            "context_memberships_url": memberships_url(message.settings, course.id),
            "service_versions": ["1.0", "2.0"],
        },
    }


def _tool_platform_claim(state: State) -> dict[str, str]:
    return {
        "guid": "9b1f6c52e7d84a0c8a43practicelms",
        "name": "practice",
        "description": "Practice LMS",
        "product_family_code": state.manner.dialect.product_family_code,
        "version": PRODUCT_VERSION,
    }


def ags_claim(message: Message, course_id: int, activity: Activity | None) -> dict[str, Any]:
    """Return what the tool may do in the gradebook (AGS 2.0 §3.1), and the activity's column where it is named."""
    tool = message.tool
    endpoint: dict[str, Any] = {
        "lineitems": line_items_url(message.settings, tool, course_id),
        "scope": [scope for scope in tool.scopes if "/lti-ags/" in scope],
    }
    columns = message.state.columns_of(activity.id) if activity else []
    if activity and len(columns) == 1:
        # Moodle names the column only where it is the single one; one that the tool made on an
        # ungraded link comes as an empty string there.
        url = line_item_url(message.settings, message.state, columns[0])
        is_moodle = message.state.manner.dialect is Dialect.MOODLE
        endpoint["lineitem"] = url if activity.graded or not is_moodle else ""
    return endpoint
