"""Columns that only the tool makes, and page links that only Moodle writes."""

from typing import Any

import pytest

from practice_lms.server import RunningLms
from tests.practice_lms.deep_links import LINK, add_link
from tests.practice_lms.launching import launch, verified
from tests.practice_lms.small_tool import LINE_ITEMS, RESULTS, Caller, SmallTool, call_api

AGS_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"


@pytest.mark.parametrize("dialect", ["moodle", "d2l"])
def test_column_when_the_platform_makes_none_is_left_to_the_tool(caller: Caller, tool: SmallTool, dialect: str) -> None:
    lms = caller.lms
    call_api(lms, "manner", {"dialect": dialect, "makes_columns": False})
    add_link(lms, tool, LINK)
    added = call_api(lms, "activities")[-1]

    before = _endpoint(lms, added["id"])
    wanted = {
        "label": "Journal",
        "scoreMaximum": 1,
        "resourceLinkId": str(added["id"]),
        "resourceId": "t-1",
        "tag": "journal",
    }
    made = caller.send(caller.line_items_url(), wanted).json()
    after = _endpoint(lms, added["id"])

    assert (added["graded"], added["line_items"]) == (True, [])
    assert "lineitem" not in before
    assert before["lineitems"] == caller.line_items_url()
    assert after["lineitem"] == made["id"]
    for query in ({"resource_link_id": str(added["id"])}, {"resource_id": "t-1"}, {"tag": "journal"}):
        assert caller.get(caller.line_items_url(), accept=LINE_ITEMS, **query).json() == [made]


def test_column_when_made_on_an_ungraded_link_is_named_by_all_but_moodle(lms: RunningLms) -> None:
    call_api(lms, "line-items/second", {"activity": 3})

    in_moodle = _endpoint(lms, 3)["lineitem"]
    call_api(lms, "manner", {"dialect": "sakai"})

    assert (in_moodle, _endpoint(lms, 3)["lineitem"]) == ("", call_api(lms, "activities")[2]["line_items"][0])


def test_copies_when_the_platform_makes_no_columns_have_none(lms: RunningLms) -> None:
    call_api(lms, "manner", {"makes_columns": False})

    copied = call_api(lms, "courses/1/copy", {})

    rows = [row for row in call_api(lms, "activities") if row["course"] == copied["id"]]
    assert [row["line_items"] for row in rows] == [[], [], []]


def test_page_link_when_in_the_manner_of_moodle_is_garbled(caller: Caller) -> None:
    call_api(caller.lms, "manner", {"odd_links": True})

    columns = caller.get(caller.line_items_url(), accept=LINE_ITEMS, limit="1")
    call_api(caller.lms, "settings", {"page_size": 1})
    caller.post_score("102")
    caller.post_score("103")
    results = caller.get(caller.line_item_url(below="/results"), accept=RESULTS)

    links = [answer.headers["Link"].encode("latin-1").decode() for answer in (columns, results)]
    assert links == [
        f"<{caller.line_items_url()}&amp;limit=1&amp;from=1>; rel=“next”",
        f"<{caller.line_item_url(below='/results')}&amp;from=1>; rel=“next”",
    ]


def _endpoint(lms: RunningLms, activity: int) -> dict[str, Any]:
    endpoint: dict[str, Any] = verified(lms, launch(lms, str(activity)).fields["id_token"])[AGS_CLAIM]
    return endpoint
