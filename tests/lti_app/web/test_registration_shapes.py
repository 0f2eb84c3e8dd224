"""What Moodle, Canvas, Sakai and Brightspace are asked for when they register, and what is kept of their answers."""

from typing import Any

import pytest

from config import Config
from lti_app.models.platform import (
    Deployment,
    DeploymentStatus,
    Registration,
    RegistrationMaking,
    RegistrationStatus,
)
from tests.lti_app.lti.bare_platform import BarePlatform
from tests.lti_app.lti.registering import (
    AGS,
    CANVAS,
    GROUPS,
    LINE_ITEM,
    NOTICES,
    RESULT,
    ROSTER,
    SCORE,
    TOKEN,
    TOOL,
    Lms,
    an_invite,
    brightspace,
    canvas,
    lead_names_to,
    moodle,
    registrations_asked,
    sakai,
    stored,
    the_registration,
)
from tests.lti_app.web.admin_browser import AdminBrowser

DEEP_LINKING, REVIEW, PRIVACY = "LtiDeepLinkingRequest", "LtiSubmissionReviewRequest", "DataPrivacyLaunchRequest"
INVITE_ENDED = "This invitation is not valid, or not any more."


def _messages(request: Any) -> list[str]:
    return [message["type"] for message in request[TOOL]["messages"]]


def test_moodle_when_it_registers_then_connected_with_its_deployment(
    admin: AdminBrowser, bare: BarePlatform, config: Config
) -> None:
    lms = bare.answer = moodle(bare.url)

    page = admin.connect(an_invite(name="Our Moodle"), lms)

    row = the_registration()
    assert page.status_code == 200
    assert (row.name, row.issuer, row.client_id) == ("Our Moodle", bare.url, "s1YC32PJHXsva85")
    assert (row.auth_url, row.token_url, row.jwks_url) == tuple(
        f"{bare.url}/{one}" for one in ("auth", "token", "jwks")
    )
    assert (row.auth_audience, row.status, row.made) == (None, RegistrationStatus.PENDING, RegistrationMaking.INVITE)
    assert row.other_origins == ""
    assert row.scopes.split() == [LINE_ITEM, SCORE, RESULT, ROSTER]
    # Moodle sends the submission review although it lists it nowhere.
    assert row.cut.split() == [GROUPS, NOTICES, PRIVACY]
    assert [(one.deployment_id_on_platform, one.status) for one in stored(Deployment)] == [
        ("1", DeploymentStatus.CONFIRMED)
    ]
    (request,) = registrations_asked(bare)
    assert request == {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": f"{config.public_url}/lti/login",
        "redirect_uris": [f"{config.public_url}/lti/launch"],
        "client_name": "Staffroom",
        "client_uri": config.public_url,
        "logo_uri": f"{config.public_url}/lti/icon.svg",
        "jwks_uri": f"{config.public_url}/lti/jwks.json",
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": f"{LINE_ITEM} {SCORE} {RESULT} {ROSTER}",
        TOOL: {
            "domain": config.public_url.removeprefix("http://"),
            "description": "Reflective journal and peer observation for teachers' own professional growth.",
            "target_link_uri": f"{config.public_url}/lti/launch",
            "custom_parameters": {
                "context_id_history": "$Context.id.history",
                "time_zone": "$Person.address.timezone",
                "moodle_group_ids": "$Moodle.Person.userGroupIds",
            },
            "claims": ["iss", "sub", "name", "given_name", "family_name"],
            "messages": [
                {
                    "type": DEEP_LINKING,
                    "target_link_uri": f"{config.public_url}/lti/launch",
                    "label": "Staffroom",
                    "icon_uri": f"{config.public_url}/lti/icon.svg",
                    "placements": ["ContentArea"],
                }
            ],
        },
    }
    # The token goes to the registration alone; Moodle describes itself to everybody.
    assert [asked.headers.get("Authorization") for asked in bare.asked] == [None, f"Bearer {TOKEN}"]


def test_canvas_when_it_registers_then_asked_with_its_extensions_and_its_school_is_known(
    admin: AdminBrowser, bare: BarePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    lms = bare.answer = canvas(int(bare.url.rpartition(":")[2]))
    lead_names_to(monkeypatch, lambda _host: ["127.0.0.1"])

    page = admin.connect(an_invite(), lms)

    row = the_registration()
    assert page.status_code == 200, page.text
    assert (row.name, row.issuer, row.client_id) == (
        "Valley Unified",
        "http://canvas.instructure.com",
        "10000000000042",
    )
    assert row.auth_audience is None
    assert row.other_origins.split() == ["https://*.instructure.com", "https://learn.valley.example"]
    assert "https://learn.valley.example" in row.frame_origins
    assert "https://valley.instructure.com" in row.service_origins
    assert stored(Deployment) == []
    (request,) = registrations_asked(bare)
    assert request["scope"].split() == [LINE_ITEM, SCORE, RESULT, ROSTER]
    assert request[TOOL]["custom_parameters"] == {
        "context_id_history": "$Context.id.history",
        "resource_link_id_history": "$ResourceLink.id.history",
        "time_zone": "$Person.address.timezone",
        "canvas_section_ids": "$Canvas.course.sectionIds",
        "canvas_masquerading_user_id": "$Canvas.masqueradingUser.id",
    }
    assert (request[TOOL][f"{CANVAS}privacy_level"], request[TOOL][f"{CANVAS}tool_id"]) == ("name_only", "staffroom")
    assert [(message["type"], message["placements"]) for message in request[TOOL]["messages"]] == [
        (DEEP_LINKING, ["ContentArea", f"{CANVAS}assignment_selection"]),
        ("LtiResourceLinkRequest", [f"{CANVAS}course_navigation"]),
    ]
    assert request[TOOL]["messages"][1][f"{CANVAS}course_navigation/default_enabled"] is False
    # Canvas gives its document for the token only; it is asked for with it at once.
    assert [asked.headers.get("Authorization") for asked in bare.asked] == [f"Bearer {TOKEN}"] * 2


def test_canvas_of_the_schools_own_when_its_document_wants_the_token_then_asked_again_with_it(
    admin: AdminBrowser, bare: BarePlatform
) -> None:
    lms = bare.answer = moodle(bare.url)
    lms.family, lms.wants_token_for_document = "canvas", True

    page = admin.connect(an_invite(), lms)

    assert (page.status_code, the_registration().made) == (200, RegistrationMaking.INVITE)
    assert [asked.headers.get("Authorization") for asked in bare.asked] == [None, *[f"Bearer {TOKEN}"] * 2]


def test_sakai_when_it_registers_then_asked_for_everything_but_groups(admin: AdminBrowser, bare: BarePlatform) -> None:
    lms = bare.answer = sakai(bare.url)

    page = admin.connect(an_invite(), lms)

    row, (request,) = the_registration(), registrations_asked(bare)
    assert row.cut == GROUPS
    assert row.scopes.split() == request["scope"].split() == [LINE_ITEM, SCORE, RESULT, ROSTER, NOTICES]
    assert _messages(request) == [DEEP_LINKING, REVIEW, PRIVACY]
    assert "Groups are known only as far as each launch names them." in page.text


def test_brightspace_when_it_registers_then_without_token_and_with_an_audience_of_its_own(
    admin: AdminBrowser, bare: BarePlatform
) -> None:
    lms = bare.answer = brightspace(bare.url)

    admin.connect(an_invite(), lms, registration_token=None)

    row = the_registration()
    assert (row.token_url, row.auth_audience) == (
        "https://auth.brightspace.com/core/connect/token",
        "https://api.brightspace.com/auth/token",
    )
    assert (row.status, row.cut, stored(Deployment)) == (RegistrationStatus.PENDING, "", [])
    assert [asked.headers.get("Authorization") for asked in bare.asked] == [None, None]


def test_lms_when_it_cuts_what_was_asked_for_then_the_page_says_what_that_means(
    admin: AdminBrowser, bare: BarePlatform
) -> None:
    lms = bare.answer = sakai(bare.url)
    lms.cuts = frozenset({SCORE, DEEP_LINKING})

    page = admin.connect(an_invite(), lms)

    assert the_registration().cut.split() == [SCORE, GROUPS, DEEP_LINKING]
    assert "Nothing arrives in the gradebook by itself." in page.text
    assert "An activity is set up after it was added, by opening it." in page.text
    assert "flask platform confirm 1" in page.text


def test_canvas_configuration_when_fetched_then_what_a_developer_key_takes(admin: AdminBrowser, config: Config) -> None:
    document = admin.get("/lti/canvas.json").get_json()

    url = config.public_url
    (extension,) = document.pop("extensions")
    placements = extension["settings"].pop("placements")
    assert document == {
        "title": "Staffroom",
        "description": "Reflective journal and peer observation for teachers' own professional growth.",
        "oidc_initiation_url": f"{url}/lti/login",
        "target_link_uri": f"{url}/lti/launch",
        "public_jwk_url": f"{url}/lti/jwks.json",
        "scopes": [LINE_ITEM, SCORE, RESULT, ROSTER],
        "custom_fields": {
            "context_id_history": "$Context.id.history",
            "resource_link_id_history": "$ResourceLink.id.history",
            "time_zone": "$Person.address.timezone",
            "canvas_section_ids": "$Canvas.course.sectionIds",
            "canvas_masquerading_user_id": "$Canvas.masqueradingUser.id",
        },
    }
    assert extension == {
        "platform": "canvas.instructure.com",
        "domain": url.removeprefix("http://"),
        "tool_id": "staffroom",
        "privacy_level": "name_only",
        "settings": {"text": "Staffroom", "icon_url": f"{url}/lti/icon.svg"},
    }
    assert [(one["placement"], one["message_type"], one.get("default")) for one in placements] == [
        ("assignment_selection", DEEP_LINKING, None),
        ("link_selection", DEEP_LINKING, None),
        ("course_navigation", "LtiResourceLinkRequest", "disabled"),
    ]
    assert f"{AGS}score" in document["scopes"]


def test_lms_when_another_one_is_connected_already_then_both_wait_to_be_confirmed(
    admin: AdminBrowser, bare: BarePlatform
) -> None:
    shapes: list[Lms] = [moodle(bare.url), sakai(bare.url)]

    for lms in shapes:
        bare.answer = lms
        assert admin.connect(an_invite(), lms).status_code == 200

    assert [(row.client_id, row.is_active) for row in stored(Registration)] == [
        (lms.client_id, False) for lms in shapes
    ]
