"""Tools that register themselves, in the shapes of several platforms."""

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from playwright.sync_api import Page, expect

from practice_lms.server import RunningLms, serve
from practice_lms.settings import Settings
from tests.practice_lms.browser import Browser
from tests.practice_lms.launching import LTI, begin, form_in, login_request, verified
from tests.practice_lms.registering import (
    PLATFORM_CONFIGURATION,
    TOOL_CONFIGURATION,
    begin_registration,
    metadata,
    register,
)
from tests.practice_lms.small_tool import EVERY_SCOPE, GROUPS, MEMBERS, NOTICES, NRPS, Caller, SmallTool, call_api

AGS = "https://purl.imsglobal.org/spec/lti-ags/"
FAMILIES = {"moodle": "moodle", "canvas": "canvas", "sakai": "sakailms.org", "d2l": "desire2learn"}


def test_configuration_when_read_describes_this_platform(lms: RunningLms) -> None:
    document = _configuration(lms).json()

    assert document["issuer"] == lms.url
    assert document["authorization_endpoint"] == f"{lms.url}/lti/auth"
    assert document["token_endpoint"] == lms.settings.token_url
    assert document["jwks_uri"] == f"{lms.url}/lti/jwks.json"
    assert document["registration_endpoint"] == f"{lms.url}/lti/register"
    assert "authorization_server" not in document
    assert NRPS in document["scopes_supported"]
    assert NOTICES not in document["scopes_supported"]
    platform = document[PLATFORM_CONFIGURATION]
    assert [message["type"] for message in platform["messages_supported"]] == [
        "LtiResourceLinkRequest",
        "LtiDeepLinkingRequest",
    ]
    assert "Moodle.Person.userGroupIds" in platform["variables"]


@pytest.mark.parametrize("dialect", ["moodle", "canvas", "sakai", "d2l"])
def test_configuration_when_in_a_dialect_names_its_family(lms: RunningLms, tool: SmallTool, dialect: str) -> None:
    call_api(lms, "manner", {"dialect": dialect, "own_audience": True, "notices": True})

    document = _configuration(lms, token=begin_registration(lms, tool)).json()

    assert document[PLATFORM_CONFIGURATION]["product_family_code"] == FAMILIES[dialect]
    assert document["authorization_server"] == f"{lms.url}/lti/audience"
    assert NOTICES in document["scopes_supported"]
    has_history = "ResourceLink.id.history" in document[PLATFORM_CONFIGURATION]["variables"]
    assert has_history is (dialect != "moodle")


def test_configuration_when_in_the_manner_of_canvas_needs_the_token(lms: RunningLms, tool: SmallTool) -> None:
    call_api(lms, "manner", {"dialect": "canvas"})

    answers = [_configuration(lms, token=token) for token in (None, "made-up", begin_registration(lms, tool))]

    assert [answer.status_code for answer in answers] == [401, 401, 200]


def test_address_when_begun_keeps_its_query_and_adds_both_parameters(lms: RunningLms) -> None:
    begun = call_api(lms, "registrations", {"url": "https://tool.invalid/register?a=b&c="})

    parts = urlsplit(begun["address"])
    assert (parts.netloc, parts.path) == ("tool.invalid", "/register")
    assert parse_qs(parts.query, keep_blank_values=True) == {
        "a": ["b"],
        "c": [""],
        "openid_configuration": [f"{lms.url}/lti/openid-configuration"],
        "registration_token": [begun["token"]],
    }


def test_tool_when_registered_by_moodle_is_answered_in_its_shape(lms: RunningLms, tool: SmallTool) -> None:
    wanted = metadata(tool)

    answer = register(lms, wanted, token=begin_registration(lms, tool))

    assert answer.status_code == 200
    document = answer.json()
    configuration = document[TOOL_CONFIGURATION]
    assert document["client_id"] not in ("", lms.settings.client_id)
    assert configuration.pop("deployment_id") not in ("", "1")
    assert document["scope"].split() == [scope for scope in EVERY_SCOPE if scope not in (NOTICES, GROUPS)]
    assert configuration["messages"] == [{"type": "LtiDeepLinkingRequest", "target_link_uri": f"{tool.url}/lti/pick"}]
    assert configuration["custom_parameters"] == wanted[TOOL_CONFIGURATION]["custom_parameters"]
    assert configuration["version"] == "1.3.0"


@pytest.mark.parametrize(
    ("dialect", "status", "has_deployment"), [("canvas", 201, False), ("sakai", 200, True), ("d2l", 201, False)]
)
def test_tool_when_registered_by_another_is_answered_in_that_shape(
    lms: RunningLms, tool: SmallTool, dialect: str, status: int, has_deployment: bool
) -> None:
    call_api(lms, "manner", {"dialect": dialect})
    begun = call_api(lms, "registrations", {"url": f"{tool.url}/register"})

    answer = register(lms, metadata(tool), token=None if dialect == "d2l" else begun["token"])

    assert answer.status_code == status
    configuration = answer.json()[TOOL_CONFIGURATION]
    assert ("deployment_id" in configuration) is has_deployment
    assert len(configuration["messages"]) == 3
    assert ("registration_token" in begun["address"]) is (dialect != "d2l")
    registered = call_api(lms, "tools")[-1]
    assert registered["client_id"] == answer.json()["client_id"]
    assert registered["targets"]["LtiSubmissionReviewRequest"] == f"{tool.url}/lti/review"


def test_scopes_when_cut_are_left_out_of_answer_and_tokens(lms: RunningLms, tool: SmallTool) -> None:
    call_api(lms, "manner", {"dialect": "canvas", "cuts_scopes": True})

    document = register(lms, metadata(tool), token=begin_registration(lms, tool)).json()
    call_api(lms, f"tools/{call_api(lms, 'tools')[-1]['id']}/activate", {})
    given = _token(lms, tool, document["client_id"])

    kept = {f"{AGS}scope/lineitem.readonly", f"{AGS}scope/result.readonly", f"{AGS}scope/score"}
    assert set(document["scope"].split()) == kept
    assert set(given.json()["scope"].split()) == kept


def test_token_when_used_is_burnt_by_success_only(lms: RunningLms, tool: SmallTool) -> None:
    token = begin_registration(lms, tool)

    answers = [
        register(lms, metadata(tool) | {"jwks_uri": None}, token=token),
        register(lms, metadata(tool), token=token),
        register(lms, metadata(tool), token=token),
    ]

    assert [answer.status_code for answer in answers] == [400, 200, 401]
    assert [row["name"] for row in call_api(lms, "tools")] == ["Staffroom", "Second tool"]


def test_token_when_too_old_or_missing_is_refused(lms: RunningLms, tool: SmallTool) -> None:
    token = begin_registration(lms, tool)
    call_api(lms, "settings", {"clock_offset_seconds": 3601})

    answers = [register(lms, metadata(tool), token=each) for each in (token, None)]

    assert [(answer.status_code, answer.json()["error"]) for answer in answers] == [(401, "invalid_token")] * 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("application_type", "native"),
        ("client_name", ""),
        ("client_name", 5),
        ("grant_types", ["implicit"]),
        ("grant_types", "implicit client_credentials"),
        ("response_types", []),
        ("initiate_login_uri", None),
        ("initiate_login_uri", "javascript:alert(1)"),
        ("redirect_uris", []),
        ("redirect_uris", ["not-an-address"]),
        ("jwks_uri", None),
        ("token_endpoint_auth_method", "client_secret_basic"),
        ("scope", 5),
        (TOOL_CONFIGURATION, None),
        (TOOL_CONFIGURATION, {"domain": "x"}),
    ],
)
def test_registration_when_a_part_is_wrong_is_refused(
    lms: RunningLms, tool: SmallTool, name: str, value: object
) -> None:
    answer = register(lms, metadata(tool) | {name: value}, token=begin_registration(lms, tool))

    assert answer.status_code == 400
    assert answer.json()["error"] in ("invalid_client_metadata", "invalid_redirect_uri")
    assert len(call_api(lms, "tools")) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"domain": "localhost"},
        {"domain": "elsewhere.invalid"},
        {"custom_parameters": {"a": 5}},
        {"custom_parameters": []},
        {"messages": {}},
        {"messages": [{}]},
        {"messages": [{"type": "LtiDeepLinkingRequest", "target_link_uri": "x"}]},
    ],
)
def test_registration_when_its_configuration_is_wrong_is_refused(
    lms: RunningLms, tool: SmallTool, changes: dict[str, Any]
) -> None:
    wanted = metadata(tool)
    wanted[TOOL_CONFIGURATION] |= changes

    assert register(lms, wanted, token=begin_registration(lms, tool)).status_code == 400


@pytest.mark.parametrize(("body", "kind", "status"), [(b"{", "json", 400), (b"[]", "json", 400), (b"{}", "xml", 415)])
def test_registration_when_it_is_no_json_object_is_refused(
    lms: RunningLms, tool: SmallTool, body: bytes, kind: str, status: int
) -> None:
    headers = {"Authorization": f"Bearer {begin_registration(lms, tool)}", "Content-Type": f"application/{kind}"}

    assert requests.post(f"{lms.url}/lti/register", data=body, headers=headers, timeout=10).status_code == status


def test_tool_when_registered_again_keeps_its_ids_in_moodle_only(lms: RunningLms, tool: SmallTool) -> None:
    first, second = (register(lms, metadata(tool), token=begin_registration(lms, tool)).json() for _ in range(2))
    call_api(lms, "manner", {"dialect": "canvas"})
    third = register(lms, metadata(tool), token=begin_registration(lms, tool)).json()

    assert first["client_id"] == second["client_id"] != third["client_id"]
    assert first[TOOL_CONFIGURATION]["deployment_id"] == second[TOOL_CONFIGURATION]["deployment_id"]
    assert len(call_api(lms, "tools")) == 3


def test_tool_when_pending_can_neither_launch_nor_get_a_token(lms: RunningLms, tool: SmallTool) -> None:
    document = register(lms, metadata(tool), token=begin_registration(lms, tool)).json()
    tool_id = call_api(lms, "tools")[-1]["id"]
    address = f"{lms.url}/api/launch/deep-linking?person=101&tool={tool_id}"

    before = (requests.get(address, timeout=10).status_code, _token(lms, tool, document["client_id"]).status_code)
    call_api(lms, f"tools/{tool_id}/activate", {})
    after = (requests.get(address, timeout=10).status_code, _token(lms, tool, document["client_id"]).status_code)

    assert (before, after) == ((404, 401), (200, 200))


def test_tool_when_active_has_launches_and_columns_of_its_own(lms: RunningLms, tool: SmallTool) -> None:
    registered = _registered(lms, tool)
    made = call_api(lms, "activities", {"title": "Other", "tool": registered["id"]})["id"]

    picking = begin(lms, f"deep-linking?tool={registered['id']}", person="101")
    login = begin(lms, str(made))
    asked = login_request(lms, login, client_id=registered["client_id"])
    token = form_in(requests.get(f"{lms.url}/lti/auth", params=asked, timeout=10).text).fields["id_token"]
    claims = verified(lms, token, audience=registered["client_id"])

    assert picking["target_link_uri"] == f"{tool.url}/lti/pick"
    assert login["client_id"] == claims["aud"] == registered["client_id"]
    assert login["lti_deployment_id"] == claims[f"{LTI}deployment_id"] == registered["deployment_id"]
    assert claims[f"{LTI}custom"]["course_hist"] == ""
    assert claims[f"{LTI}custom"]["fixed"] == "x"
    line_item = claims[f"{AGS}claim/endpoint"]["lineitem"]
    assert line_item.endswith(f"?type_id={registered['deployment_id']}")
    stranger = Caller(lms=lms, token=tool.token(lms))
    own = Caller(lms=lms, token=_token(lms, tool, registered["client_id"]).json()["access_token"])
    accept = "application/vnd.ims.lis.v2.lineitem+json"
    assert stranger.get(line_item, accept=accept).status_code == 404
    assert own.get(line_item, accept=accept).status_code == 200
    assert own.get(own.memberships_url(), accept=MEMBERS).status_code == 200


def test_login_when_with_the_client_id_of_another_tool_is_refused(lms: RunningLms, tool: SmallTool) -> None:
    registered = _registered(lms, tool)
    asked = login_request(lms, begin(lms), client_id=registered["client_id"])

    posted = form_in(requests.get(f"{lms.url}/lti/auth", params=asked, timeout=10).text)

    assert posted.fields["error"] == "unauthorized_client"


def test_tool_when_removed_is_gone_with_its_activities(lms: RunningLms, tool: SmallTool) -> None:
    registered = _registered(lms, tool)
    call_api(lms, "activities", {"title": "Other", "tool": registered["id"]})

    call_api(lms, f"tools/{registered['id']}", method="DELETE")

    assert [row["id"] for row in call_api(lms, "tools")] == ["default"]
    assert len(call_api(lms, "activities")) == 3
    assert _token(lms, tool, registered["client_id"]).status_code == 401
    assert requests.delete(f"{lms.url}/api/tools/default", timeout=10).status_code == 404


def test_tool_when_kept_in_a_file_is_there_again(tool: SmallTool, tmp_path: Any) -> None:
    settings = Settings(tool_url=tool.url, state_file=tmp_path / "state.json")
    with serve(settings) as lms:
        before = _registered(lms, tool)

    with serve(settings) as lms:
        assert call_api(lms, "tools")[-1] == before


def test_assertion_when_meant_for_the_wrong_audience_is_refused(lms: RunningLms, tool: SmallTool) -> None:
    call_api(lms, "manner", {"own_audience": True})
    right = tool.assertion_claims(lms, aud=f"{lms.url}/lti/audience")

    answers = [tool.ask_for_token(lms), tool.ask_for_token(lms, assertion=tool.sign(right))]

    assert [answer.status_code for answer in answers] == [401, 200]


def test_administration_when_a_tool_waits_can_activate_and_remove_it(
    browser: Browser, lms: RunningLms, tool: SmallTool
) -> None:
    register(lms, metadata(tool), token=begin_registration(lms, tool))
    tool_id = call_api(lms, "tools")[-1]["id"]
    browser.sign_in("110")

    waiting = browser.get("/admin").text
    active = browser.post(f"/admin/tools/{tool_id}/activate").text
    removed = browser.post(f"/admin/tools/{tool_id}/remove").text

    assert "Second tool</b>, waiting for you" in waiting
    assert "waiting for you" not in active
    assert "Second tool" not in removed
    assert browser.post("/admin/tools/none/activate").status_code == 404
    assert browser.post("/admin/tools/default/remove").status_code == 404
    assert browser.post("/admin/tools/connect", url="ftp://x").status_code == 404
    assert browser.get("/admin/tools/connect/none").status_code == 404


@pytest.mark.browser
@pytest.mark.parametrize("place", ["frame", "window"])
def test_connecting_when_the_tool_says_it_is_done_leads_back(
    lms: RunningLms, tool: SmallTool, page: Page, place: str
) -> None:
    tool.page = (
        "<button>Register</button><script>document.querySelector('button').onclick = () => "
        "(window.opener || window.parent).postMessage({subject: 'org.imsglobal.lti.close'}, '*')</script>"
    )
    page.goto(lms.url)
    page.get_by_role("button", name="Priya Raghunathan").click()
    page.get_by_role("link", name="Administration").click()
    page.get_by_label("Connect a tool").fill(f"{tool.url}/lti/register/invite")
    page.get_by_role("button", name="Connect").click()

    if place == "frame":
        page.frame_locator("iframe").get_by_role("button", name="Register").click()
    else:
        with page.expect_popup() as opened:
            page.get_by_role("link", name="in a new window").click()
        window = opened.value
        with window.expect_event("close"):
            window.get_by_role("button", name="Register").click()

    expect(page.get_by_role("heading", name="Administration")).to_be_visible()
    expect(page).to_have_url(f"{lms.url}/admin")


def _configuration(lms: RunningLms, *, token: str | None = None) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.get(f"{lms.url}/lti/openid-configuration", headers=headers, timeout=10)


def _registered(lms: RunningLms, tool: SmallTool) -> dict[str, Any]:
    register(lms, metadata(tool), token=begin_registration(lms, tool)).raise_for_status()
    call_api(lms, f"tools/{call_api(lms, 'tools')[-1]['id']}/activate", {})
    registered: dict[str, Any] = call_api(lms, "tools")[-1]
    return registered


def _token(lms: RunningLms, tool: SmallTool, client_id: str) -> requests.Response:
    now = int(time.time())
    claims = tool.assertion_claims(lms, iss=client_id, sub=client_id, iat=now - 5)
    return tool.ask_for_token(lms, assertion=tool.sign(claims))
