"""Reading a course's people: pages, their links, and answers that no roster should be made of."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from lti_app.errors import PlatformRefused, PlatformUnavailable, Refusal
from lti_app.lti import nrps
from lti_app.lti.connector import Lti
from lti_app.lti.nrps import MEMBERSHIPS_SCOPE, MEMBERSHIPS_TYPE, Member, MemberStatus, read_members
from lti_app.models.platform import Registration
from practice_lms.server import RunningLms
from tests.lti_app.lti.bare_platform import Asked, BarePlatform, Told
from tests.lti_app.lti.launching import call, services_called
from tests.lti_app.lti.platforms import bare_registration, connect

MOODLE = Path(__file__).parents[2] / "recordings" / "moodle-4.5"
TOKEN = Told(body=b'{"access_token": "t", "expires_in": 3600}')
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"])
pytestmark = pytest.mark.usefixtures("app")
NOT_TEXT: list[Any] = [5, True, [], {}]
NOT_AN_ID: list[Any] = [*NOT_TEXT, None, "", "x" * 256, "nul\x00", "\ud800"]
NOT_GROUPS = ["12", {"group_id": "12"}, 12, [12], [None], [{}], [{"group_id": ""}], [{"group_id": ["12"]}],
              [{"group_id": "x" * 256}], [{"group_id": "a\x00b"}], [{"group_id": True}]]  # fmt: skip
NOT_ROLES: list[Any] = [None, 5, "Learner", {}, [5], [None], [["Learner"]]]
Page = Callable[[Asked], Told]


def a_member(sub: str = "7", **fields: Any) -> dict[str, Any]:
    return {"user_id": sub, "roles": ["Learner"], "status": "Active", "name": f"Person {sub}", **fields}


def a_page(*members: Any, link: str | None = None) -> Told:
    headers = {} if link is None else {"Link": link}
    return Told(body=json.dumps({"id": "x", "members": list(members)}).encode(), headers=headers)


def platform_that_answers(bare: BarePlatform, page: Page) -> None:
    """Let the platform give a token, and `page` answer everything else."""
    bare.answer = lambda asked: TOKEN if asked.path == "/token" else page(asked)


def read(bare: BarePlatform, lti: Lti, *, path: str = "/members", **options: Any) -> list[Member]:
    connector = connect(bare_registration(bare), lti)
    return [member for part in read_members(connector, bare.url + path, **options) for member in part]


def pages_asked(bare: BarePlatform) -> list[str]:
    return [path for path in bare.paths() if path != "/token"]


def test_members_when_the_practice_lms_is_asked_then_all_pages_come_in_order(
    served: str, lms: RunningLms, registration: Registration, lti: Lti
) -> None:
    del served
    call(lms, "enrol", {"count": 120})

    parts = list(read_members(connect(registration, lti), f"{lms.url}/lti/courses/1/memberships"))

    members = [member for part in parts for member in part]
    assert (len(members), len({member.sub for member in members})) == (129, 129)
    assert [len(part) for part in parts] == [50, 50, 29]
    (ruth,) = [member for member in members if member.sub == "108"]
    assert ruth == Member(sub="108", name="Ruth Abernethy", roles=("Learner", "Mentor"), status=MemberStatus.ACTIVE)
    assert services_called(lms) == ["token", "memberships", "memberships", "memberships"]


@ON_SQLITE
def test_request_when_sent_then_names_type_scope_and_limit(bare: BarePlatform, lti: Lti) -> None:
    platform_that_answers(bare, lambda _asked: a_page(a_member()))

    read(bare, lti)

    token, members = bare.asked
    assert MEMBERSHIPS_SCOPE.replace(":", "%3A").replace("/", "%2F") in token.body.decode()
    assert (members.method, members.path) == ("GET", "/members?limit=100")
    assert (members.headers["Accept"], members.headers["Authorization"]) == (MEMBERSHIPS_TYPE, "Bearer t")


@ON_SQLITE
@pytest.mark.parametrize("name", ["nrps-all", "nrps-rlid"])
def test_moodles_list_when_replayed_then_everybody_is_read_and_no_address(
    bare: BarePlatform, lti: Lti, name: str
) -> None:
    recorded = json.loads((MOODLE / f"{name}.json").read_text("utf-8"))
    platform_that_answers(bare, lambda _asked: Told(body=json.dumps(recorded["body"]).encode()))

    members = read(bare, lti)

    assert [(member.sub, member.name, member.roles) for member in members] == [
        ("9", "Sid Five", ("Learner",)),
        ("7", "Zoë Müller-Ångström", ("Learner",)),
        ("3", "Tina Trainer", ("Instructor",)),
        ("8", "李 小龙", ("Learner",)),
    ]
    assert "@" not in str(members)


@ON_SQLITE
@pytest.mark.parametrize(
    ("path", "options", "asked"),
    [
        ("/members?type_id=1", {}, "/members?type_id=1&limit=100"),
        ("/members?limit=5", {}, "/members?limit=5"),
        ("/members", {"resource_link_id": "3 4&x"}, "/members?rlid=3+4%26x&limit=100"),
        ("/members?rlid=9", {"resource_link_id": "3"}, "/members?rlid=9&limit=100"),
        ("/members#part", {}, "/members?limit=100"),
    ],
)
def test_address_when_it_has_a_query_then_it_stays(
    bare: BarePlatform, lti: Lti, path: str, options: dict[str, Any], asked: str
) -> None:
    platform_that_answers(bare, lambda _asked: a_page(a_member()))

    read(bare, lti, path=path, **options)

    assert pages_asked(bare) == [asked]


@ON_SQLITE
@pytest.mark.parametrize("status", [400, 404, 422])
def test_limit_when_the_platform_takes_none_then_asked_without(bare: BarePlatform, lti: Lti, status: int) -> None:
    platform_that_answers(bare, lambda asked: Told(status=status) if "limit" in asked.path else a_page(a_member("7")))

    members = read(bare, lti, path="/members?a=B")

    assert [member.sub for member in members] == ["7"]
    assert pages_asked(bare) == ["/members?a=B&limit=100", "/members?a=B"]


@ON_SQLITE
@pytest.mark.parametrize(
    ("link", "following"),
    [
        ('<{url}/Next?page=bookmark:WzJd&Cursor=aBcD>; rel="next"', "/Next?page=bookmark:WzJd&Cursor=aBcD"),
        ("<{url}/next>; rel=next", "/next"),
        ("<{url}/next>;rel='next'", "/next"),
        ('<{url}/next>; title="a, b"; rel="next"', "/next"),
        ('<{url}/next>; REL="NEXT"', "/next"),
        ('<{url}/next>; rel="prev next"', "/next"),
        ('<{url}/first>; rel="first", <{url}/next>; rel="next", <{url}/last>; rel="last"', "/next"),
        ("<{url}/next?limit=2&amp;from=2>; rel=“next”", "/next?limit=2&from=2"),
        ('</next?from=2>; rel="next"', "/next?from=2"),
        ('<?from=2>; rel="next"', "/members?from=2"),
    ],
)
def test_next_page_when_named_in_many_ways_then_found_as_it_is(
    bare: BarePlatform, lti: Lti, link: str, following: str
) -> None:
    header = link.format(url=bare.url).encode().decode("latin-1")
    platform_that_answers(
        bare, lambda asked: a_page(a_member("1"), link=header) if "limit=100" in asked.path else a_page(a_member("2"))
    )

    members = read(bare, lti)

    assert [member.sub for member in members] == ["1", "2"]
    assert pages_asked(bare) == ["/members?limit=100", following]


@ON_SQLITE
@pytest.mark.parametrize(
    "link",
    [
        "",
        "next",
        '<{url}/x>; rel="prev"',
        '<{url}/x>; rel="differences"',
        '<{url}/x>; rel="next-archive"',
        '<{url}/next>; title="next"',
        "<{url}/next>",
        '{url}/x; rel="next"',
        "<<<>>>;;;rel=",
        "<" * 5000,
    ],
)
def test_next_page_when_none_is_named_then_the_list_ends(bare: BarePlatform, lti: Lti, link: str) -> None:
    platform_that_answers(bare, lambda _asked: a_page(a_member(), link=link.format(url=bare.url)))

    assert len(read(bare, lti)) == 1
    assert len(pages_asked(bare)) == 1


@ON_SQLITE
@pytest.mark.parametrize(
    "target",
    ["https://evil.example/members", "//evil.example/members", "http://127.0.0.1:1/members", "ftp://x/", "data:x",
     "http://user@127.0.0.1/", "javascript:alert(1)"],
)  # fmt: skip
def test_next_page_when_on_another_host_then_the_token_does_not_go_there(
    bare: BarePlatform, lti: Lti, target: str
) -> None:
    platform_that_answers(bare, lambda _asked: a_page(a_member(), link=f'<{target}>; rel="next"'))

    with pytest.raises(PlatformRefused) as caught:
        read(bare, lti)

    assert caught.value.reason is Refusal.OUR_FAULT
    assert len(pages_asked(bare)) == 1


@ON_SQLITE
@pytest.mark.parametrize("circle", [["/members?limit=100"], ["/b", "/members?limit=100"], ["/b", "/c", "/b"]])
def test_pages_when_they_go_round_in_a_circle_then_stopped(bare: BarePlatform, lti: Lti, circle: list[str]) -> None:
    following = iter(circle)
    platform_that_answers(bare, lambda _asked: a_page(a_member(), link=f'<{next(following)}>; rel="next"'))

    with pytest.raises(PlatformUnavailable, match="leads back to a page"):
        read(bare, lti)

    assert len(pages_asked(bare)) == len(circle)


@ON_SQLITE
def test_pages_when_there_is_no_end_then_stopped(bare: BarePlatform, lti: Lti, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nrps, "MAX_PAGES", 5)
    numbers = iter(range(100))
    platform_that_answers(bare, lambda _asked: a_page(a_member(), link=f'</{next(numbers)}>; rel="next"'))

    with pytest.raises(PlatformUnavailable, match="more than 5 pages"):
        read(bare, lti)


@ON_SQLITE
def test_next_page_when_its_address_is_huge_then_refused(bare: BarePlatform, lti: Lti) -> None:
    platform_that_answers(bare, lambda _asked: a_page(a_member(), link=f'</{"x" * 3000}>; rel="next"'))

    with pytest.raises(PlatformUnavailable, match="too long"):
        read(bare, lti)


@ON_SQLITE
@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"5", b"null", b'"text"', b"{}", b'{"members": null}', b'{"members": {}}',
     b'{"members": "x"}', b'{"members": [5]}', b'{"members": [null]}', b'{"members": [["x"]]}', b"[" * 100_000,
     b'{"members": [' + b"9" * 10_000 + b"]}", b"\xff\xfe"],
    ids=lambda body: repr(body[:20]),
)  # fmt: skip
def test_page_when_it_is_no_list_of_members_then_unavailable(bare: BarePlatform, lti: Lti, body: bytes) -> None:
    platform_that_answers(bare, lambda _asked: Told(body=body))

    with pytest.raises(PlatformUnavailable):
        read(bare, lti)


@ON_SQLITE
@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("user_id", value) for value in NOT_AN_ID),
        *(("roles", value) for value in NOT_ROLES),
        *(("status", value) for value in NOT_TEXT),
        *(("name", value) for value in NOT_TEXT),
        *(("group_enrollments", value) for value in NOT_GROUPS),
    ],
    ids=repr,
)
def test_member_when_a_field_is_of_a_wrong_kind_then_the_whole_list_is_unavailable(
    bare: BarePlatform, lti: Lti, field: str, value: Any
) -> None:
    platform_that_answers(bare, lambda _asked: a_page(a_member("1"), a_member("2", **{field: value})))

    with pytest.raises(PlatformUnavailable):
        read(bare, lti)


@ON_SQLITE
@pytest.mark.parametrize(
    ("told", "group_ids"),
    [
        ({}, None),
        ({"group_enrollments": None}, None),
        ({"group_enrollments": []}, ()),
        ({"group_enrollments": [{"group_id": "b"}, {"group_id": 12}, {"group_id": "b", "other": 1}]}, ("12", "b")),
        ({"group_enrollments": [{"group_id": f"{number:03}"} for number in range(60)]},
         tuple(f"{number:03}" for number in range(50))),
    ],
    ids=["not told", "null", "none", "two", "too many"],
)  # fmt: skip
def test_groups_of_a_member_when_told_then_read_and_when_not_then_nothing_is_said(
    bare: BarePlatform, lti: Lti, told: dict[str, Any], group_ids: tuple[str, ...] | None
) -> None:
    platform_that_answers(bare, lambda _asked: a_page(a_member("1", **told)))

    (member,) = read(bare, lti)

    assert member.group_ids == group_ids


@ON_SQLITE
@pytest.mark.parametrize("field", ["user_id", "roles"])
def test_member_when_a_field_is_missing_then_unavailable(bare: BarePlatform, lti: Lti, field: str) -> None:
    member = a_member()
    del member[field]
    platform_that_answers(bare, lambda _asked: a_page(member))

    with pytest.raises(PlatformUnavailable):
        read(bare, lti)


@ON_SQLITE
@pytest.mark.parametrize(
    ("status", "read_as"),
    [
        (None, MemberStatus.ACTIVE),
        ("Active", MemberStatus.ACTIVE),
        ("active", MemberStatus.ACTIVE),
        ("http://purl.imsglobal.org/vocab/lis/v2/status#Active", MemberStatus.ACTIVE),
        ("Inactive", MemberStatus.INACTIVE),
        ("Deleted", MemberStatus.DELETED),
        ("Suspended", MemberStatus.INACTIVE),
        ("", MemberStatus.INACTIVE),
    ],
)
def test_status_when_given_then_only_active_is_active(
    bare: BarePlatform, lti: Lti, status: str | None, read_as: MemberStatus
) -> None:
    platform_that_answers(bare, lambda _asked: a_page(a_member(status=status)))

    (member,) = read(bare, lti)

    assert member.status is read_as


@ON_SQLITE
def test_member_when_names_and_roles_are_odd_then_cleaned_and_cut(bare: BarePlatform, lti: Lti) -> None:
    odd = {"name": "  Jo\u202enas\n Berg ", "roles": [f"r{number}" for number in range(500)], "message": [{"deep": 1}]}
    parts = {"name": None, "given_name": "Jonas", "family_name": "Berg"}
    platform_that_answers(bare, lambda _asked: a_page(a_member("1", **odd), a_member("2", **parts)))

    first, second = read(bare, lti)

    assert (first.name, len(first.roles), second.name) == ("Jonas Berg", 100, "Jonas Berg")


@ON_SQLITE
def test_page_when_the_platform_ignores_the_limit_then_comes_in_parts_of_a_hundred(
    bare: BarePlatform, lti: Lti
) -> None:
    platform_that_answers(bare, lambda _asked: a_page(*(a_member(str(number)) for number in range(250))))

    parts = list(read_members(connect(bare_registration(bare), lti), f"{bare.url}/members"))

    assert [len(part) for part in parts] == [100, 100, 50]


@ON_SQLITE
@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (Told(status=401), Refusal.ACCESS_WITHDRAWN),
        (Told(status=403, body=b"no such scope"), Refusal.SCOPE_MISSING),
        (Told(status=404), Refusal.OUR_FAULT),
        (Told(status=410), Refusal.OUR_FAULT),
        (Told(status=415), Refusal.OUR_FAULT),
    ],
    ids=lambda value: str(value)[:30],
)
def test_answer_when_it_is_a_no_then_refused_with_the_reason(
    bare: BarePlatform, lti: Lti, told: Told, reason: Refusal
) -> None:
    platform_that_answers(bare, lambda _asked: told)

    with pytest.raises(PlatformRefused) as caught:
        read(bare, lti)

    assert (caught.value.reason, caught.value.status) == (reason, told.status)


@ON_SQLITE
@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (Told(status=429, headers={"Retry-After": "30"}), 30),
        (Told(status=403, body=b"403 Forbidden (Rate Limit Exceeded)"), None),
        (Told(status=500), None),
        (Told(status=302, headers={"Location": "https://evil.example/"}), None),
        (Told(status=204), None),
        (Told(status=408), None),
    ],
    ids=lambda value: str(value)[:30],
)
def test_answer_when_it_is_no_answer_then_unavailable(
    bare: BarePlatform, lti: Lti, told: Told, seconds: int | None
) -> None:
    platform_that_answers(bare, lambda _asked: told)

    with pytest.raises(PlatformUnavailable) as caught:
        read(bare, lti)

    assert (caught.value.status, caught.value.retry_after) == (told.status, seconds)


@ON_SQLITE
def test_list_when_on_a_host_not_registered_then_nothing_is_sent(app: Flask, bare: BarePlatform, lti: Lti) -> None:
    del app
    connector = connect(bare_registration(bare), lti)

    with pytest.raises(PlatformRefused):
        list(read_members(connector, "https://evil.example/members"))

    assert bare.asked == []
