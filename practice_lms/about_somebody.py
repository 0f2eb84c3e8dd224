"""The claims of messages about somebody else: reviewing their submission, or their data at the tool."""

from typing import Any

from practice_lms.claims import Message, ags_claim, common_claims, resource_link_claims
from practice_lms.course import Activity, LineItem
from practice_lms.enrolments import Member
from practice_lms.line_items import line_item_url
from practice_lms.spec import AGS_CLAIM, LTI
from practice_lms.state import MessageType
from practice_lms.tools import Tool


def submission_review_claims(message: Message, column: LineItem, about: Member) -> dict[str, Any]:
    """Return the claims of a LtiSubmissionReviewRequest (submission review 1.0 §3) on somebody's grade in a column."""
    activity = message.state.activities.get(column.activity_id or 0)
    review = column.submission_review or {}
    claims = resource_link_claims(message, activity) if activity else common_claims(message)
    endpoint = ags_claim(message, column.course_id, activity)
    if message.state.manner.dialect.names_whom_fully:
        # Moodle keeps to the rule of its launches: with two columns it names neither, reviewed or not.
        endpoint["lineitem"] = line_item_url(message.settings, message.state, column)
    return claims | {
        f"{LTI}message_type": MessageType.SUBMISSION_REVIEW,
        f"{LTI}target_link_uri": review_target(message.tool, column, activity),
        f"{LTI}custom": {**claims.get(f"{LTI}custom", {}), **review.get("custom", {})},
        f"{LTI}for_user": _for_user(message, about),
        AGS_CLAIM: endpoint,
    }


def review_target(tool: Tool, column: LineItem, activity: Activity | None) -> str:
    """Return where a review goes: the column's own address, the tool's for reviews, or that of the link."""
    own: str = (column.submission_review or {}).get("url", "")
    of_link = activity.target if activity else None
    return own or tool.targets.get(MessageType.SUBMISSION_REVIEW) or of_link or tool.target


def data_privacy_claims(message: Message, about: Member) -> dict[str, Any]:
    """Return the claims of a DataPrivacyLaunchRequest: about somebody's data, in no course and on no link."""
    return common_claims(message) | {
        f"{LTI}message_type": MessageType.DATA_PRIVACY,
        f"{LTI}target_link_uri": message.tool.target_of(MessageType.DATA_PRIVACY),
        f"{LTI}custom": message.custom(None),
        f"{LTI}launch_presentation": {
            "locale": "en",
            "document_target": "iframe",
            "return_url": f"{message.settings.issuer}/admin",
        },
        f"{LTI}for_user": _for_user(message, about),
    }


def _for_user(message: Message, about: Member) -> dict[str, Any]:
    person = about.person
    if not message.state.manner.dialect.names_whom_fully:
        return {"user_id": person.id}
    return {
        "user_id": person.id,
        "person_sourcedid": f"EMP-{person.id}",
        "name": person.name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
        "roles": list(about.roles),
    }
