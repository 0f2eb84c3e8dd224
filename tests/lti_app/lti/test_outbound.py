"""How we talk to platforms: nothing followed, nothing kept, nothing waited for too long, nothing read too long."""

import time

import pytest

from lti_app.errors import PlatformUnavailable
from lti_app.lti import outbound as module
from lti_app.lti.outbound import Outbound
from tests.lti_app.lti.bare_platform import BarePlatform, Told


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_when_answered_then_not_followed(outbound: Outbound, bare: BarePlatform, status: int) -> None:
    bare.answer = lambda _asked: Told(status=status, headers={"Location": f"{bare.url}/elsewhere"})

    answer = outbound.send("GET", f"{bare.url}/first", headers={"Authorization": "Bearer secret"})

    assert answer.status == status
    assert bare.paths() == ["/first"]


def test_cookies_when_set_then_never_sent_back(outbound: Outbound, bare: BarePlatform) -> None:
    bare.answer = lambda _asked: Told(headers={"Set-Cookie": "school=one; Path=/"})

    for _ in range(3):
        outbound.send("GET", f"{bare.url}/")

    assert [asked.headers.get("Cookie") for asked in bare.asked] == [None] * 3


def test_request_when_sent_then_names_the_program(outbound: Outbound, bare: BarePlatform) -> None:
    outbound.send("GET", f"{bare.url}/")

    assert bare.asked[0].headers["User-Agent"] == "Staffroom (LTI 1.3 Advantage tool)"


def test_environment_when_it_has_a_proxy_and_a_netrc_then_neither_is_used(
    outbound: Outbound, bare: BarePlatform, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("home")
    (home / ".netrc").write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("NETRC", str(home / ".netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    answer = outbound.send("GET", f"{bare.url}/")

    assert answer.status == 200
    assert "Authorization" not in bare.asked[0].headers


def test_answer_when_too_large_then_unavailable(
    outbound: Outbound, bare: BarePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_ANSWER_BYTES", 1000)
    bare.answer = lambda _asked: Told(body=b"x" * 1001)

    with pytest.raises(PlatformUnavailable, match="the answer is too large"):
        outbound.send("GET", f"{bare.url}/")


def test_answer_when_just_small_enough_then_read_whole(
    outbound: Outbound, bare: BarePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_ANSWER_BYTES", 1000)
    bare.answer = lambda _asked: Told(body=b"x" * 1000, headers={"X-Some": "Header"})

    answer = outbound.send("GET", f"{bare.url}/")

    assert (answer.status, answer.body, answer.headers["x-some"]) == (200, b"x" * 1000, "Header")


def test_answer_when_late_then_unavailable_in_time(
    outbound: Outbound, bare: BarePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "READ_SECONDS", 0.2)
    bare.answer = lambda _asked: Told(delay=5.0)

    started = time.monotonic()
    with pytest.raises(PlatformUnavailable, match=r"no answer \(ReadTimeout\)"):
        outbound.send("GET", f"{bare.url}/")

    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/", "http:///nowhere", "lms.example/x", "http://[::1/", "http://*./"]
)
def test_address_when_nobody_is_there_then_unavailable_without_naming_it(outbound: Outbound, url: str) -> None:
    with pytest.raises(PlatformUnavailable) as caught:
        outbound.send("GET", f"{url}?secret=1")

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("value", ["line\r\nbreak", "line\nbreak", "€", "\ud800"], ids=ascii)
def test_header_when_it_cannot_be_sent_then_unavailable(outbound: Outbound, bare: BarePlatform, value: str) -> None:
    with pytest.raises(PlatformUnavailable):
        outbound.send("GET", f"{bare.url}/", headers={"Authorization": f"Bearer {value}"})

    assert bare.asked == []


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff", b"[" * 100_000, b"nul\x00"])
def test_json_when_the_body_is_none_then_unavailable(outbound: Outbound, bare: BarePlatform, body: bytes) -> None:
    bare.answer = lambda _asked: Told(body=body)
    answer = outbound.send("GET", f"{bare.url}/")

    with pytest.raises(PlatformUnavailable, match="the answer is not valid JSON"):
        answer.json()
