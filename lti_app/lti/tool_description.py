"""What Staffroom tells a platform about itself: addresses, messages, scopes, and the words for each of them.

Scopes are those that are used, and no more; of a person the name is asked for, and no mail address.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lti_app.errors import sentence
from lti_app.lti.ags import RESULT_SCOPE, SCORE_SCOPE
from lti_app.lti.data_privacy import PRIVACY_MESSAGES
from lti_app.lti.deep_linking import DEEP_LINKING_MESSAGE
from lti_app.lti.groups import GROUPS_SCOPE
from lti_app.lti.line_items import LINE_ITEM_SCOPE
from lti_app.lti.messages import MASQUERADE_PARAMETER, RESOURCE_LINK_MESSAGE
from lti_app.lti.notices import HANDLERS_SCOPE
from lti_app.lti.nrps import MEMBERSHIPS_SCOPE
from lti_app.lti.service_claims import GROUP_PARAMETERS
from lti_app.lti.submission_review import REVIEW_MESSAGE

PRIVACY_MESSAGE = PRIVACY_MESSAGES[0]
TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
NAME = "Staffroom"
DESCRIPTION = "Reflective journal and peer observation for teachers' own professional growth."
CLAIMS = ("iss", "sub", "name", "given_name", "family_name")
SCOPES = (LINE_ITEM_SCOPE, SCORE_SCOPE, RESULT_SCOPE, MEMBERSHIPS_SCOPE, GROUPS_SCOPE, HANDLERS_SCOPE)
MESSAGES = (DEEP_LINKING_MESSAGE, REVIEW_MESSAGE, PRIVACY_MESSAGE)
_CANVAS = "https://canvas.instructure.com/lti/"

# Custom parameters by the variable that fills them; a platform that lists its variables is asked for those only.
VARIABLES = {
    "context_id_history": "Context.id.history",
    "resource_link_id_history": "ResourceLink.id.history",
    "time_zone": "Person.address.timezone",
    **dict(zip(GROUP_PARAMETERS, ("Moodle.Person.userGroupIds", "Canvas.course.sectionIds"), strict=True)),
    MASQUERADE_PARAMETER: "Canvas.masqueradingUser.id",
}

# What each of them is for; and what is missing where the platform does not grant it.
WORDS = {
    SCORE_SCOPE: (
        sentence("Send a person's completion to the gradebook."),
        sentence("Nothing arrives in the gradebook by itself."),
    ),
    LINE_ITEM_SCOPE: (
        sentence("Make a gradebook column where an activity has none."),
        sentence("Activities need a gradebook column made by hand in the LMS."),
    ),
    RESULT_SCOPE: (
        sentence("Look whether a completion is in the gradebook."),
        sentence("Staffroom cannot find out when the gradebook has lost or changed a completion."),
    ),
    MEMBERSHIPS_SCOPE: (
        sentence("Read who takes part in a course, with names and roles."),
        sentence("Teachers appear once they have opened an activity. Nobody is told beforehand who gets no grade."),
    ),
    GROUPS_SCOPE: (
        sentence("Read the groups of a course."),
        sentence("Groups are known only as far as each launch names them."),
    ),
    HANDLERS_SCOPE: (
        sentence("Be told when a course is copied."),
        sentence("A copied course is recognised at its first launch, not before."),
    ),
    DEEP_LINKING_MESSAGE: (
        sentence("Set an activity up while adding it to a course."),
        sentence("An activity is set up after it was added, by opening it."),
    ),
    REVIEW_MESSAGE: (
        sentence("Open a person's work from the gradebook."),
        sentence("There is no way from the gradebook to a person's work."),
    ),
    PRIVACY_MESSAGE: (
        sentence("Open the privacy page from the LMS."),
        sentence("The privacy page is reached from inside an activity only."),
    ),
}


@dataclass(frozen=True)
class Tool:
    """Our own addresses; `public_url` is the origin that browsers and platforms reach us by."""

    public_url: str

    @property
    def domain(self) -> str:
        """Host and port of every address below: Moodle 4.5.6 compares it with the target's (recorded)."""
        return urlsplit(self.public_url).netloc

    @property
    def launch_url(self) -> str:
        """The one redirect URI, and every message's target."""
        return f"{self.public_url}/lti/launch"

    @property
    def login_url(self) -> str:
        """Where a login begins."""
        return f"{self.public_url}/lti/login"

    @property
    def jwks_url(self) -> str:
        """Where our public keys are."""
        return f"{self.public_url}/lti/jwks.json"

    @property
    def icon_url(self) -> str:
        """Our icon."""
        return f"{self.public_url}/lti/icon.svg"


def registration_request(
    tool: Tool, *, scopes: Iterable[str], messages: Iterable[str], variables: Iterable[str], is_canvas: bool
) -> dict[str, Any]:
    """Return the request of dynamic registration (LTI dynamic registration 1.0; OpenID Connect registration 1.0)."""
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": tool.login_url,
        "redirect_uris": [tool.launch_url],
        "client_name": NAME,
        "client_uri": tool.public_url,
        "logo_uri": tool.icon_url,
        "jwks_uri": tool.jwks_url,
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(scopes),
        TOOL_CONFIGURATION: {
            "domain": tool.domain,
            "description": DESCRIPTION,
            "target_link_uri": tool.launch_url,
            "custom_parameters": custom_parameters(variables),
            "claims": list(CLAIMS),
            "messages": _messages(tool, messages, is_canvas=is_canvas),
            **({_CANVAS + "privacy_level": "name_only", _CANVAS + "tool_id": "staffroom"} if is_canvas else {}),
        },
    }


def custom_parameters(variables: Iterable[str]) -> dict[str, str]:
    """Return the custom parameters for those of our variables that are among these."""
    known = set(variables)
    return {name: f"${variable}" for name, variable in VARIABLES.items() if variable in known}


def canvas_configuration(tool: Tool) -> dict[str, Any]:
    """Return the document of a Canvas developer key, "enter URL" (Canvas, "Configuring LTI tools")."""
    # These two are left out: a Canvas that does not know a scope refuses the whole document.
    scopes = [scope for scope in SCOPES if scope not in {HANDLERS_SCOPE, GROUPS_SCOPE}]
    placements = [
        {**_canvas_placement(tool, "assignment_selection"), "message_type": DEEP_LINKING_MESSAGE},
        {**_canvas_placement(tool, "link_selection"), "message_type": DEEP_LINKING_MESSAGE},
        {
            **_canvas_placement(tool, "course_navigation"),
            "message_type": RESOURCE_LINK_MESSAGE,
            "default": "disabled",
        },
    ]
    return {
        "title": NAME,
        "description": DESCRIPTION,
        "oidc_initiation_url": tool.login_url,
        "target_link_uri": tool.launch_url,
        "public_jwk_url": tool.jwks_url,
        "scopes": scopes,
        "custom_fields": custom_parameters(v for v in VARIABLES.values() if not v.startswith("Moodle.")),
        "extensions": [
            {
                "platform": "canvas.instructure.com",
                "domain": tool.domain,
                "tool_id": "staffroom",
                "privacy_level": "name_only",
                "settings": {"text": NAME, "icon_url": tool.icon_url, "placements": placements},
            }
        ],
    }


def _canvas_placement(tool: Tool, placement: str) -> dict[str, Any]:
    return {
        "placement": placement,
        "text": NAME,
        "enabled": True,
        "icon_url": tool.icon_url,
        "target_link_uri": tool.launch_url,
    }


def _messages(tool: Tool, messages: Iterable[str], *, is_canvas: bool) -> list[dict[str, Any]]:
    """Return the messages; a resource link goes to the target of the configuration and needs no entry, but in Canvas.

    There a placement takes the first message that names it, and one without placements takes `link_selection`.
    """
    found = [_message(tool, name) for name in messages]
    for message in found:
        if message["type"] == DEEP_LINKING_MESSAGE:
            message["placements"] = ["ContentArea", *([_CANVAS + "assignment_selection"] if is_canvas else [])]
    if is_canvas:
        navigation = {
            **_message(tool, RESOURCE_LINK_MESSAGE),
            "placements": [_CANVAS + "course_navigation"],
            _CANVAS + "course_navigation/default_enabled": False,
        }
        found.append(navigation)
    return found


def _message(tool: Tool, name: str) -> dict[str, Any]:
    return {"type": name, "target_link_uri": tool.launch_url, "label": NAME, "icon_uri": tool.icon_url}
