"""The API for tests, where no other test needs it anyway."""

import pytest
import requests

from practice_lms.server import RunningLms
from tests.practice_lms.launching import LTI, launch, verified
from tests.practice_lms.small_tool import call_api


def test_activity_when_made_can_be_launched(lms: RunningLms) -> None:
    made = call_api(lms, "activities", {"title": "Read", "graded": False, "window": True})["id"]

    claims = verified(lms, launch(lms, str(made)).fields["id_token"])

    assert claims[f"{LTI}resource_link"]["title"] == "Read"
    assert call_api(lms, "activities")[-1] == {
        "id": made,
        "title": "Read",
        "graded": False,
        "window": True,
        "custom": {},
        "sent": {},
        "course": 1,
        "url": None,
        "copied_from": [],
        "line_items": [],
    }


def test_column_when_made_on_an_ungraded_link_is_empty_in_the_claim(lms: RunningLms) -> None:
    call_api(lms, "line-items/second", {"activity": 3})

    claims = verified(lms, launch(lms, "3").fields["id_token"])

    assert claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"]["lineitem"] == ""


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("settings", b'{"page_size": 0}', 400),
        ("settings", b'{"page_size": "many"}', 400),
        ("settings", b'{"pagesize": 5}', 400),
        ("settings", b"{", 400),
        ("settings", b"[]", 400),
        ("enrol", b'{"count": "many"}', 400),
        ("people/102/roles", b'{"roles": null}', 400),
        ("faults", b"{}", 404),
        ("people/999/roles", b'{"roles": []}', 404),
        ("line-items/lose", b'{"activity": 99}', 404),
        ("line-items/second", b'{"activity": 99}', 404),
        ("people/102/roles", b'{"roles": "Learner"}', 400),
        ("people/102/roles", b'{"roles": [], "course": 99}', 404),
        ("people/102/enrol", b'{"course": 99}', 404),
        ("people/102/enrol", b'{"status": "Tired"}', 400),
        ("courses", b"{}", 404),
        ("courses", b'{"title": "A", "members": {"999": []}}', 404),
        ("courses/99/copy", b"{}", 404),
        ("activities/99/duplicate", b"{}", 404),
        ("activities", b"{}", 404),
        ("manner", b'{"dialect": "morse"}', 400),
        ("groups", b"{}", 404),
        ("groups", b'{"name": "Blue", "members": "102"}', 400),
        ("groups", b'{"name": "Blue", "members": ["999"]}', 404),
        ("groups/99/members", b'{"members": []}', 404),
        ("manner", b'{"mood": "good"}', 400),
        ("deep-linking/offer", b'{"accept_multiple": 1}', 400),
        ("deep-linking/offer", b'{"accept_types": "link"}', 400),
        ("deep-linking/offer", b'{"accept_types": ["song"]}', 400),
    ],
)
def test_call_when_wrong_is_explained(lms: RunningLms, path: str, body: bytes, status: int) -> None:
    answer = requests.post(f"{lms.url}/api/{path}", data=body, timeout=10)

    assert answer.status_code == status
    assert answer.json()["error"]


def test_settings_when_null_go_back_to_their_default(lms: RunningLms) -> None:
    call_api(lms, "settings", {"page_size": 2, "token_lifetime_seconds": 5, "clock_offset_seconds": 9})

    call_api(lms, "settings", {"page_size": None, "token_lifetime_seconds": None, "clock_offset_seconds": None})

    with lms.lms.reading() as state:
        assert (state.page_size, state.token_lifetime_seconds, state.clock_offset_seconds) == (50, 3600, 0)


def test_people_when_listed_are_ten_with_one_administrator_outside(lms: RunningLms) -> None:
    people = call_api(lms, "people")

    assert len(people) == 10
    assert [person["id"] for person in people if not person["enrolled"]] == ["110"]
