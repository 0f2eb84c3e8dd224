"""From the gradebook to what one person did (LTI submission review 1.0).

The library's validator wants a line item in every such message; Moodle 4.5.6 leaves it out of real ones once the link
has two or more (recorded).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lti_app.lti.claims import CLAIM, identifier, mapping
from lti_app.lti.messages import CourseClaim, Message, course_of, sender
from lti_app.lti.refusals import Check, LaunchRefused
from lti_app.lti.service_claims import ags_of

REVIEW_MESSAGE = "LtiSubmissionReviewRequest"


@dataclass(frozen=True, kw_only=True)
class ReviewMessage(Message):
    """The sender wants to see what `for_sub` did in one activity.

    It is named by its link, or by its line item where that stands alone; one of both is never empty.
    """

    course: CourseClaim
    for_sub: str
    resource_link_id: str
    line_item_url: str


def parse_review(
    claims: Mapping[str, Any], *, registration_id: int, deployment_id: int, deployment_id_on_platform: str
) -> ReviewMessage:
    """Turn verified claims into a `ReviewMessage`.

    Raises:
        LaunchRefused: A claim is missing, has the wrong type or is too long.
    """
    link = mapping(claims, CLAIM + "resource_link")
    link_id = identifier(link, "id") if link else ""
    ags = ags_of(claims)
    line_item_url = ags.line_item_url if ags is not None else ""
    if not link_id and not (line_item_url and mapping(claims, CLAIM + "context")):
        raise LaunchRefused(Check.MESSAGE, "The message names no resource link, and no line item of a course.")
    return ReviewMessage(
        registration_id=registration_id,
        deployment_id=deployment_id,
        deployment_id_on_platform=deployment_id_on_platform,
        **sender(claims),
        course=course_of(claims, link_id=link_id),
        for_sub=identifier(mapping(claims, CLAIM + "for_user", required=True), "user_id"),
        resource_link_id=link_id,
        line_item_url=line_item_url,
    )
