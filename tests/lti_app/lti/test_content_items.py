"""Content items as the specification writes them."""

from datetime import UTC, datetime

from lti_app.clock import Period
from lti_app.lti.content_items import ResourceLinkItem, WantedLineItem

URL = "https://tool.example/lti/launch"


def test_item_when_it_says_everything_then_all_of_it_is_written() -> None:
    column = WantedLineItem(label="Weekly", resource_id="t1", tag="journal", review_url=URL)
    start, end = datetime(2026, 9, 1, 8, tzinfo=UTC), datetime(2026, 12, 24, 18, 30, tzinfo=UTC)

    item = ResourceLinkItem(
        url=URL,
        title="Weekly",
        text="A few lines.",
        custom={"a": "b"},
        line_item=column,
        document_targets=["frame", "window"],
        available=Period(start=start, end=end),
        submission=Period(end=end),
    )

    assert item.to_json() == {
        "type": "ltiResourceLink",
        "url": URL,
        "title": "Weekly",
        "text": "A few lines.",
        "custom": {"a": "b"},
        "lineItem": {
            "scoreMaximum": 1,
            "label": "Weekly",
            "resourceId": "t1",
            "tag": "journal",
            "submissionReview": {"reviewableStatus": ["Completed"], "url": URL},
        },
        "window": {"targetName": "_blank", "width": 1000, "height": 800},
        "available": {"startDateTime": "2026-09-01T08:00:00+00:00", "endDateTime": "2026-12-24T18:30:00+00:00"},
        "submission": {"endDateTime": "2026-12-24T18:30:00+00:00"},
    }


def test_item_when_it_says_nothing_then_is_a_bare_link() -> None:
    assert ResourceLinkItem(url=URL, title="").to_json() == {"type": "ltiResourceLink", "url": URL}


def test_title_when_longer_than_moodle_takes_then_is_cut() -> None:
    assert ResourceLinkItem(url=URL, title="x" * 300).to_json()["title"] == "x" * 255
