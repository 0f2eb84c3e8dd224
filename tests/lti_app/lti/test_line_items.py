"""Line items on the wire: lists with their pages and filters, one that is made, and answers that are hostile."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from requests.structures import CaseInsensitiveDict

from lti_app.errors import PlatformRefused, PlatformUnavailable, Refusal
from lti_app.lti import line_items
from lti_app.lti.connector import Lti, PlatformConnector
from lti_app.lti.line_items import (
    LINE_ITEM_READ_SCOPE,
    LINE_ITEM_SCOPE,
    LineItem,
    NewLineItem,
    leaves_columns_to_tools,
    list_line_items,
    make_line_item,
    reading_scope,
)
from lti_app.lti.outbound import Answer
from lti_app.lti.paging import next_page
from lti_app.models.platform import Registration
from practice_lms.server import RunningLms
from tests.lti_app.lti.bare_platform import Asked, BarePlatform, Told
from tests.lti_app.lti.launching import ON_SQLITE, services_called
from tests.lti_app.lti.platforms import bare_registration, connect

NEW = NewLineItem(label="Weekly reflection", resource_link_id="1", resource_id="key", tag="staffroom-key")
TOKEN = Told(body=b'{"access_token": "good"}')


def _told(*entries: Any, link: str = "", status: int = 200) -> Told:
    return Told(status=status, body=json.dumps(list(entries)).encode(), headers={"Link": link} if link else {})


def _to(bare: BarePlatform, lti: Lti, answer: Callable[[Asked], Told]) -> PlatformConnector:
    """Return a connector to a platform that gives tokens, and answers everything else as told."""
    bare.answer = lambda asked: TOKEN if asked.path == "/token" else answer(asked)
    return connect(bare_registration(bare), lti)


def _list(connector: PlatformConnector, url: str, **filters: str) -> list[LineItem]:
    return list(list_line_items(connector, url, scope=LINE_ITEM_SCOPE, **filters))


def _urls(lms: RunningLms) -> tuple[str, str]:
    base = f"{lms.url}/lti/courses/1/lineitems"
    return f"{base}?type_id=1", f"{base}/{{}}/lineitem?type_id=1"


def test_line_items_when_listed_from_the_lms_then_all_pages_of_them(
    served: str, lms: RunningLms, registration: Registration, lti: Lti
) -> None:
    del served
    for _ in range(4):
        requests.post(f"{lms.url}/api/line-items/second", json={"activity": 1}, timeout=5).raise_for_status()
    requests.post(f"{lms.url}/api/settings", json={"page_size": 2}, timeout=5).raise_for_status()

    found = _list(connect(registration, lti), _urls(lms)[0])

    assert len({item.url for item in found}) == 6
    assert {item.resource_link_id for item in found} == {"1", "2"}
    assert services_called(lms) == ["token", *["lineitems"] * 3]


def test_line_items_when_filtered_then_the_lms_gives_the_links_own(
    served: str, lms: RunningLms, registration: Registration, lti: Lti
) -> None:
    del served
    connector, (url, one) = connect(registration, lti), _urls(lms)

    found = _list(connector, url, resource_link_id="1")

    assert [(item.url, item.resource_link_id) for item in found] == [(one.format(11), "1")]
    assert _list(connector, url, tag="nobody's") == []


def test_line_item_when_made_then_the_lms_has_it_as_it_was_sent(
    served: str, lms: RunningLms, registration: Registration, lti: Lti
) -> None:
    del served
    connector, (url, _one) = connect(registration, lti), _urls(lms)

    made = make_line_item(connector, url, new=NEW)

    assert made == LineItem(url=made.url, resource_link_id="1", resource_id="key", tag="staffroom-key")
    assert _list(connector, url, resource_id="key") == [made]
    with lms.lms.reading() as state:
        (column,) = [row for row in state.line_items.values() if row.resource_id == "key"]
    assert (column.label, column.score_maximum, column.activity_id) == ("Weekly reflection", 1, 1)


def test_line_items_when_asked_for_then_the_media_types_and_the_filters_are_exact(
    app: Flask, bare: BarePlatform, lti: Lti
) -> None:
    del app
    made = {"id": f"{bare.url}/items/1", "label": "x", "scoreMaximum": 1}
    connector = _to(bare, lti, lambda asked: _told() if asked.method == "GET" else Told(body=json.dumps(made).encode()))
    url = f"{bare.url}/items?type_id=1"

    _list(connector, url, resource_link_id="a b&c=d", tag="é")
    make_line_item(connector, url, new=NEW)

    listing, making = (asked for asked in bare.asked if asked.path != "/token")
    assert parse_qs(urlsplit(listing.path).query) == {"type_id": ["1"], "resource_link_id": ["a b&c=d"], "tag": ["é"]}
    assert listing.headers["Accept"] == "application/vnd.ims.lis.v2.lineitemcontainer+json"
    assert (making.method, making.path) == ("POST", "/items?type_id=1")
    assert making.headers["Content-Type"] == "application/vnd.ims.lis.v2.lineitem+json"
    assert making.headers["Accept"] == "application/vnd.ims.lis.v2.lineitem+json"
    assert making.body == (
        b'{"label": "Weekly reflection", "scoreMaximum": 1, "resourceId": "key", "tag": "staffroom-key",'
        b' "resourceLinkId": "1"}'
    )


def test_line_items_when_moodle_gives_its_pages_then_followed_as_it_writes_them(
    app: Flask, bare: BarePlatform, lti: Lti
) -> None:
    del app
    base = f"{bare.url}/lineitems?limit=1&amp;type_id=1"
    link = f"<{base}&amp;from=0>; rel=“first”, <{base}&amp;from=1>; rel=“next”, <{base}&amp;from=9>; rel=“last”"
    entries = [{"id": f"{bare.url}/lineitems/{number}/lineitem?type_id=1"} for number in range(2)]

    def answer(asked: Asked) -> Told:
        # A header travels as bytes; Moodle's quotes are UTF-8.
        first = _told(entries[0], link=link.encode().decode("latin-1"))
        return _told(entries[1]) if "from=1" in asked.path else first

    found = _list(_to(bare, lti, answer), f"{bare.url}/lineitems?type_id=1")

    assert [item.url for item in found] == [entry["id"] for entry in entries]
    assert bare.paths()[1:] == ["/lineitems?type_id=1", "/lineitems?limit=1&type_id=1&from=1"]


@pytest.mark.parametrize(
    ("link", "following"),
    [
        ('<https://lms.example/a?page=BookMark:WyJhIl0>; rel="next"', "https://lms.example/a?page=BookMark:WyJhIl0"),
        ("<https://lms.example/a>; rel=next", "https://lms.example/a"),
        ('<https://lms.example/a>;title="x"; REL = "Next"', "https://lms.example/a"),
        ('<https://lms.example/a>; rel="prev next"', "https://lms.example/a"),
        ('</a?from=2>; rel="next"', "https://lms.example/a?from=2"),
        ('<?from=2>; rel="next"', "https://lms.example/items?from=2"),
        ('<https://lms.example/p>; rel="prev", <https://lms.example/n>; rel="next"', "https://lms.example/n"),
        ('<https://lms.example/n,1>; rel="next"', "https://lms.example/n,1"),
        ('<https://lms.example/a>; rel="prev"', None),
        ('<https://lms.example/a>; rel="nextish"', None),
        ("<https://lms.example/next>", None),
        ('<https://lms.example/a>; title="rel next"', None),
        ("", None),
        ("rel=next", None),
        ("<" * 1000, None),
    ],
)
def test_next_page_when_the_header_is_read_then_its_address_is_kept_letter_by_letter(
    link: str, following: str | None
) -> None:
    answer = Answer(status=200, headers=CaseInsensitiveDict({"link": link}), body=b"")

    assert next_page(answer, url="https://lms.example/items?from=1") == following


@pytest.mark.parametrize("link", ['<http://[::1>; rel="next"', f'</{"x" * 2048}>; rel="next"'], ids=["broken", "long"])
def test_next_page_when_its_address_is_none_then_the_list_has_not_ended(link: str) -> None:
    answer = Answer(status=200, headers=CaseInsensitiveDict({"Link": link}), body=b"")

    with pytest.raises(PlatformUnavailable):
        next_page(answer, url="https://lms.example/items")


def test_line_items_when_the_next_page_is_on_another_host_then_the_token_does_not_go_there(
    app: Flask, bare: BarePlatform, lms: RunningLms, lti: Lti
) -> None:
    del app
    connector = _to(bare, lti, lambda _asked: _told(link=f'<{lms.url}/lti/courses/1/lineitems>; rel="next"'))

    with pytest.raises(PlatformRefused) as caught:
        _list(connector, f"{bare.url}/items")

    assert caught.value.reason is Refusal.OUR_FAULT
    assert (bare.paths(), services_called(lms)) == (["/token", "/items"], [])


def test_line_items_when_the_pages_go_round_in_circles_then_given_up(app: Flask, bare: BarePlatform, lti: Lti) -> None:
    del app
    connector = _to(bare, lti, lambda _asked: _told(link=f'<{bare.url}/items?from=1>; rel="next"'))

    with pytest.raises(PlatformUnavailable, match="no end"):
        _list(connector, f"{bare.url}/items")

    assert bare.paths() == ["/token", "/items", "/items?from=1"]


def test_line_items_when_the_pages_never_end_then_given_up(
    app: Flask, bare: BarePlatform, lti: Lti, monkeypatch: pytest.MonkeyPatch
) -> None:
    del app
    monkeypatch.setattr(line_items, "MAX_PAGES", 5)
    numbers = iter(range(1000))
    connector = _to(bare, lti, lambda _asked: _told(link=f'</items?from={next(numbers)}>; rel="next"'))

    with pytest.raises(PlatformUnavailable, match="no end"):
        _list(connector, f"{bare.url}/items")

    assert len(bare.asked) == 6


@ON_SQLITE
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Moodle</html>",
        b"{}",
        b"null",
        b'{"lineItems": []}',
        b"[" * 100_000,
        b"[null]",
        b'["http://127.0.0.1/1"]',
        b"[{}]",
        b'[{"id": null}]',
        b'[{"id": 5}]',
        b'[{"id": ""}]',
        b'[{"id": "/items/1"}]',
        b'[{"id": "javascript:alert(1)"}]',
        b'[{"id": "https://[::1"}]',
        b'[{"id": "https://user@lms.example/1"}]',
        b'[{"id": "https://lms.example/1\\n"}]',
        b'[{"id": "https://lms.example/\\u0000"}]',
        b'[{"id": "https://lms.example/\\ud800"}]',
        b'[{"id": "https://lms.example/' + b"x" * 2048 + b'"}]',
    ],
    ids=lambda body: repr(body[:40]),
)
def test_line_items_when_malformed_then_unknown_rather_than_none(
    app: Flask, bare: BarePlatform, lti: Lti, body: bytes
) -> None:
    del app

    with pytest.raises(PlatformUnavailable):
        _list(_to(bare, lti, lambda _asked: Told(body=body)), f"{bare.url}/items")


@ON_SQLITE
@pytest.mark.parametrize(
    ("value", "read"),
    [("1", "1"), (12, "12"), (None, ""), (True, ""), (1.5, ""), ([], ""), ({"id": "1"}, ""), (10**400, ""), ("", "")],
    ids=lambda value: str(value)[:12],
)
def test_line_item_when_its_ids_are_odd_then_read_as_text_or_as_none(
    app: Flask, bare: BarePlatform, lti: Lti, value: Any, read: str
) -> None:
    del app
    entry = {"id": f"{bare.url}/1", "resourceLinkId": value, "resourceId": value, "tag": value, "more": {"x": []}}

    found = _list(_to(bare, lti, lambda _asked: _told(entry)), f"{bare.url}/items")

    assert found == [LineItem(url=f"{bare.url}/1", resource_link_id=read, resource_id=read, tag=read)]


@ON_SQLITE
@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (Told(status=401), Refusal.ACCESS_WITHDRAWN),
        (Told(status=403), Refusal.SCOPE_MISSING),
        (Told(status=404), Refusal.LINE_ITEM_GONE),
        (Told(status=410), Refusal.LINE_ITEM_GONE),
        (Told(status=400), Refusal.OUR_FAULT),
        (Told(status=415), Refusal.OUR_FAULT),
        (Told(status=403, body=b"Rate Limit Exceeded", headers={"Retry-After": "7"}), None),
        (Told(status=429, headers={"Retry-After": "7"}), None),
        (Told(status=503, headers={"Retry-After": "7"}), None),
        (Told(status=302, headers={"Retry-After": "7"}), None),
        (Told(status=408, headers={"Retry-After": "7"}), None),
    ],
    ids=lambda value: f"{value.status} {value.body[:4]!r}" if isinstance(value, Told) else str(value),
)
@pytest.mark.parametrize("deed", ["list", "make"])
def test_line_items_when_the_platform_says_no_then_refused_or_unavailable(
    app: Flask, bare: BarePlatform, lti: Lti, told: Told, reason: Refusal | None, deed: str
) -> None:
    del app
    connector, url = _to(bare, lti, lambda _asked: told), f"{bare.url}/items"

    with pytest.raises((PlatformRefused, PlatformUnavailable)) as caught:
        make_line_item(connector, url, new=NEW) if deed == "make" else _list(connector, url)

    told_back = [getattr(caught.value, name, None) for name in ("status", "reason", "retry_after")]
    assert told_back == [told.status, reason, None if reason else 7]


@ON_SQLITE
@pytest.mark.parametrize("told", [Told(), Told(body=b"<html>"), Told(status=201, body=b"[]"), Told(status=204)])
def test_line_item_when_made_and_the_answer_is_malformed_then_unknown(
    app: Flask, bare: BarePlatform, lti: Lti, told: Told
) -> None:
    del app

    with pytest.raises(PlatformUnavailable):
        make_line_item(_to(bare, lti, lambda _asked: told), f"{bare.url}/items", new=NEW)


@pytest.mark.parametrize(
    ("granted", "scope"),
    [
        ([LINE_ITEM_SCOPE, LINE_ITEM_READ_SCOPE], LINE_ITEM_SCOPE),
        ([LINE_ITEM_READ_SCOPE], LINE_ITEM_READ_SCOPE),
        (["https://purl.imsglobal.org/spec/lti-ags/scope/score"], None),
        ([], None),
    ],
)
def test_reading_scope_when_scopes_are_granted_then_one_that_lists(granted: list[str], scope: str | None) -> None:
    assert reading_scope(granted) == scope


@pytest.mark.parametrize(
    ("url", "leaves"),
    [
        ("https://school.brightspace.com/d2l/api/lti/ags/2.0/deployment/9/orgunit/12/lineitems", True),
        ("https://edx.example/api/lti_consumer/v1/lti/12/lti-ags", True),
        ("https://moodle.example/mod/lti/services.php/2/lineitems?type_id=1", False),
        ("https://canvas.example/api/lti/courses/1/line_items", False),
        ("https://lms.example/?next=/d2l/api/lti/ags/", False),
        ("", False),
    ],
)
def test_platform_when_known_by_its_addresses_then_whether_it_leaves_columns_to_tools(url: str, leaves: bool) -> None:
    assert leaves_columns_to_tools(url) is leaves
