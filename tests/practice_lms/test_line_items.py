"""What the line item services do."""

import pytest

from practice_lms.server import RunningLms
from tests.practice_lms.small_tool import AGS, LINE_ITEM, LINE_ITEMS, Caller, SmallTool, call_api

GOOD = {"label": "Notes", "scoreMaximum": 4, "resourceId": "notes-1", "tag": "notes", "resourceLinkId": "3"}


def test_line_items_when_listed_have_addresses_with_their_query(caller: Caller) -> None:
    answer = caller.get(caller.line_items_url(), accept=LINE_ITEMS)

    assert answer.headers["Content-Type"].startswith(LINE_ITEMS)
    first, second = answer.json()
    assert first == {
        "id": caller.line_item_url(11),
        "label": "Weekly reflection",
        "scoreMaximum": 1,
        "resourceId": "",
        "tag": "",
        "resourceLinkId": "1",
        "ltiLinkId": "1",
    }
    assert second["id"] == caller.line_item_url(12)


def test_line_item_when_made_is_found_by_each_filter(caller: Caller) -> None:
    made = caller.send(caller.line_items_url(), GOOD)

    assert made.status_code == 201
    line_item = made.json()
    for query in ({"resource_link_id": "3"}, {"resource_id": "notes-1"}, {"tag": "notes"}):
        found = caller.get(caller.line_items_url(), accept=LINE_ITEMS, **query).json()
        assert found == [line_item]
    assert caller.get(line_item["id"], accept=LINE_ITEM).json() == line_item
    assert caller.get(caller.line_items_url(), accept=LINE_ITEMS, tag="other").json() == []


def test_line_items_when_limited_come_in_pages(caller: Caller) -> None:
    caller.send(caller.line_items_url(), GOOD)

    found, url, query = [], caller.line_items_url(), {"limit": "2"}
    while url:
        answer = caller.get(url, accept=LINE_ITEMS, **query)
        found.append(len(answer.json()))
        url, query = answer.links.get("next", {}).get("url", ""), {}

    assert found == [2, 1]


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "two"}, {"from": "-1"}, {"limit": "²"}])
def test_line_items_when_paging_is_nonsense_are_refused(caller: Caller, query: dict[str, str]) -> None:
    headers = {"accept": LINE_ITEMS}

    assert caller.get(caller.line_items_url(), **headers, **query).status_code == 400


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"label": ""}, 400),
        ({"label": 5}, 400),
        ({"label": "x" * 256}, 400),
        ({"scoreMaximum": None}, 400),
        ({"scoreMaximum": 0}, 400),
        ({"scoreMaximum": 1.5}, 400),
        ({"scoreMaximum": "4"}, 400),
        ({"scoreMaximum": True}, 400),
        ({"scoreMaximum": float("inf")}, 400),
        ({"scoreMaximum": float("nan")}, 400),
        ({"scoreMaximum": 10**400}, 400),
        ({"resourceLinkId": "x"}, 400),
        ({"resourceLinkId": 3}, 400),
        ({"resourceLinkId": "99"}, 403),
    ],
)
def test_line_item_when_a_field_is_bad_is_refused(caller: Caller, changes: dict[str, object], status: int) -> None:
    answer = caller.send(caller.line_items_url(), GOOD | changes)

    assert answer.status_code == status
    assert len(caller.get(caller.line_items_url(), accept=LINE_ITEMS).json()) == 2


@pytest.mark.parametrize("body", [b"", b"[]", b"{"])
def test_line_item_when_not_an_object_is_refused(caller: Caller, body: bytes) -> None:
    assert caller.send(caller.line_items_url(), body).status_code == 400


def test_line_item_when_put_is_replaced_field_by_field(caller: Caller) -> None:
    line_item = caller.send(caller.line_items_url(), GOOD).json()

    answer = caller.send(line_item["id"], {"label": "Notes", "scoreMaximum": 4}, method="PUT")

    assert answer.status_code == 200
    assert answer.json() == {
        "id": line_item["id"],
        "label": "Notes",
        "scoreMaximum": 4,
        "resourceId": "",
        "tag": "",
    }


def test_line_item_when_its_maximum_changes_turns_wiped_grades_into_zero(caller: Caller) -> None:
    caller.post_score("102", gradingProgress="Pending")
    changed = {"label": "Weekly reflection", "scoreMaximum": 5, "resourceLinkId": "1"}

    caller.send(caller.line_item_url(), changed, method="PUT")

    assert caller.scores_of("102") == [0.0]


def test_line_item_when_deleted_is_gone(caller: Caller) -> None:
    answer = caller.send(caller.line_item_url(), b"", method="DELETE")

    assert (answer.status_code, answer.content) == (204, b"")
    assert caller.get(caller.line_item_url(), accept=LINE_ITEM).status_code == 404
    assert caller.send(caller.line_item_url(), GOOD, method="PUT").status_code == 404


def test_line_item_when_the_token_may_only_read_cannot_be_made(lms: RunningLms, tool: SmallTool) -> None:
    reader = Caller(lms=lms, token=tool.token(lms, f"{AGS}lineitem.readonly"))

    assert reader.get(reader.line_items_url(), accept=LINE_ITEMS).status_code == 200
    assert reader.send(reader.line_items_url(), GOOD).status_code == 403


def test_line_item_when_a_media_type_is_wrong_is_refused(caller: Caller) -> None:
    assert caller.send(caller.line_items_url(), GOOD, content_type="application/json").status_code == 415
    assert caller.get(caller.line_items_url(), accept="application/json").status_code == 400
    assert caller.get(caller.line_item_url(), accept=LINE_ITEMS).status_code == 400


def test_second_line_item_when_added_by_switch_is_listed(caller: Caller, lms: RunningLms) -> None:
    second = call_api(lms, "line-items/second", {"activity": 1})["line_item"]

    found = caller.get(caller.line_items_url(), accept=LINE_ITEMS, resource_link_id="1").json()

    assert [row["id"] for row in found] == [caller.line_item_url(11), second]
