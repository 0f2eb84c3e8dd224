"""What a launch tells of groups and of notices: taken over where it is usable, absent where it is a literal `$Name`."""

from typing import Any

import pytest

from lti_app.lti.messages import LaunchMessage, parse_launch
from lti_app.lti.refusals import LaunchRefused
from lti_app.lti.service_claims import GroupsClaim
from tests.lti_app.lti.launching import LTI, RESOURCE_LINK

GROUPS = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"
NOTICES = f"{LTI}platformnotificationservice"
SERVICE = {
    "platform_notification_service_url": "https://l.example/notice-handlers/1",
    "service_versions": ["1.0"],
    "scope": ["https://purl.imsglobal.org/spec/lti/scope/noticehandlers"],
    "notice_types_supported": ["LtiHelloWorldNotice", "LtiContextCopyNotice"],
}


def _parse(**changes: Any) -> LaunchMessage:
    claims = {
        "sub": "102",
        f"{LTI}version": "1.3.0",
        f"{LTI}message_type": RESOURCE_LINK,
        f"{LTI}roles": ["Learner"],
        f"{LTI}resource_link": {"id": "3"},
        **changes,
    }
    return parse_launch(claims, registration_id=1, deployment_id=2, deployment_id_on_platform="d")


@pytest.mark.parametrize(
    ("custom", "told"),
    [
        ({}, None),
        ({"moodle_group_ids": "12,7"}, ("12", "7")),
        ({"moodle_group_ids": ""}, ()),
        ({"moodle_group_ids": None}, None),
        ({"moodle_group_ids": 12}, None),
        ({"moodle_group_ids": ["12"]}, None),
        ({"moodle_group_ids": "$Moodle.Person.userGroupIds"}, None),
        ({"moodle_group_ids": "$Moodle.Person.userGroupIds", "canvas_section_ids": "31, 30 ,,31"}, ("30", "31")),
        ({"canvas_section_ids": "nul\x00,\ud800,ok"}, ("ok",)),
        ({"canvas_section_ids": "x" * 65}, ()),
        (
            {"canvas_section_ids": ",".join(f"{number:03}" for number in range(900))},
            tuple(f"{n:03}" for n in range(50)),
        ),
    ],
    ids=lambda value: str(value)[:50],
)
def test_groups_when_told_by_a_custom_parameter_then_its_ids_in_order(
    custom: dict[str, Any], told: tuple[str, ...] | None
) -> None:
    assert _parse(**{f"{LTI}custom": custom}).told_groups == told


@pytest.mark.parametrize(
    ("claim", "groups"),
    [
        ({}, None),
        ({"context_groups_url": ""}, None),
        ({"context_groups_url": "https://l.example/g"}, ("https://l.example/g", "")),
        (
            {"context_groups_url": "https://l.example/g", "context_group_sets_url": "https://l.example/s"},
            ("https://l.example/g", "https://l.example/s"),
        ),
        ({"context_groups_url": "https://l.example/g", "service_versions": ["1.0"]}, ("https://l.example/g", "")),
        ({"context_groups_url": "https://l.example/g", "service_versions": ["2.0"]}, None),
        ({"context_groups_url": "https://l.example/g", "service_versions": "1.0"}, None),
    ],
    ids=str,
)
def test_groups_service_when_claimed_then_where_it_is(claim: dict[str, Any], groups: tuple[str, str] | None) -> None:
    expected = GroupsClaim(groups_url=groups[0], sets_url=groups[1]) if groups else None

    assert _parse(**{GROUPS: claim}).groups == expected


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        ({}, SERVICE["platform_notification_service_url"]),
        ({"service_versions": None}, SERVICE["platform_notification_service_url"]),
        ({"service_versions": ["0.9"]}, ""),
        ({"notice_types_supported": ["LtiHelloWorldNotice"]}, ""),
        ({"notice_types_supported": None}, ""),
        ({"notice_types_supported": "LtiContextCopyNotice"}, ""),
        ({"platform_notification_service_url": None}, ""),
    ],
    ids=str,
)
def test_notice_service_when_claimed_then_where_it_is_if_it_tells_of_copies(changes: dict[str, Any], url: str) -> None:
    assert _parse(**{NOTICES: {**SERVICE, **changes}}).notice_service_url == url


@pytest.mark.parametrize("value", [5, True, "text", [], [1]], ids=repr)
@pytest.mark.parametrize("claim", [GROUPS, NOTICES])
def test_service_when_it_is_no_object_then_refused(claim: str, value: Any) -> None:
    with pytest.raises(LaunchRefused):
        _parse(**{claim: value})


@pytest.mark.parametrize(
    "value", [5, ["https://l.example"], "ftp://l.example", "javascript:1", "https://l/\x00"], ids=repr
)
@pytest.mark.parametrize(
    ("claim", "key"),
    [
        (GROUPS, "context_groups_url"),
        (NOTICES, "platform_notification_service_url"),
    ],
)
def test_service_when_its_address_is_none_then_refused(claim: str, key: str, value: Any) -> None:
    with pytest.raises(LaunchRefused):
        _parse(**{claim: {**SERVICE, key: value}})


@pytest.mark.parametrize(
    ("custom", "is_masquerade"),
    [
        ({}, False),
        ({"canvas_masquerading_user_id": ""}, False),
        ({"canvas_masquerading_user_id": "$Canvas.masqueradingUser.id"}, False),
        ({"canvas_masquerading_user_id": None}, False),
        ({"canvas_masquerading_user_id": "42"}, True),
        ({"Canvas_Masquerading_User_Id": "42"}, True),
    ],
    ids=str,
)
def test_masquerade_when_told_by_a_custom_parameter_then_known(custom: dict[str, Any], is_masquerade: bool) -> None:
    assert _parse(**{f"{LTI}custom": custom}).is_masquerade is is_masquerade
