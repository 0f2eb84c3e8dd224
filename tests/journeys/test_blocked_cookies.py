"""That the journeys' browsers really block what they should; else they would show nothing about frames."""

from collections.abc import Iterator
from http.cookies import SimpleCookie
from threading import Thread

import pytest
from flask import Flask, request
from playwright.sync_api import BrowserContext
from werkzeug.serving import make_server

pytestmark = pytest.mark.browser


@pytest.fixture
def framing_site() -> Iterator[int]:
    """A page on 127.0.0.1 that frames one on localhost, which sets two cookies and tells which come back; its port."""
    app = Flask(__name__)

    @app.get("/")
    def outer() -> str:
        port = request.host.rpartition(":")[2]
        return f'<iframe src="http://localhost:{port}/inner"></iframe>'

    @app.get("/inner")
    def inner() -> tuple[str, dict[str, str] | list[tuple[str, str]]]:
        common = "Secure; HttpOnly; SameSite=None; Path=/"
        cookies = [("Set-Cookie", f"plain=1; {common}"), ("Set-Cookie", f"kept=1; {common}; Partitioned")]
        return '<a href="/back">back</a>', cookies

    @app.get("/back")
    def back() -> str:
        return "cookies: " + (" ".join(sorted(SimpleCookie(request.headers.get("Cookie", "")))) or "none")

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server.port
    server.shutdown()
    thread.join()
    server.server_close()


def test_strict_browser_when_framed_across_sites_then_keeps_only_the_partitioned_cookie(
    strict_browser: BrowserContext, framing_site: int
) -> None:
    kept = _kept_in_frame(strict_browser, framing_site)

    assert kept == "cookies: kept"


def test_cookieless_browser_when_framed_across_sites_then_keeps_none_but_does_in_a_window(
    cookieless_browser: BrowserContext, framing_site: int
) -> None:
    in_frame = _kept_in_frame(cookieless_browser, framing_site)

    window = cookieless_browser.new_page()
    window.goto(f"http://localhost:{framing_site}/inner")
    window.get_by_role("link").click()
    in_window = window.get_by_text("cookies:").inner_text()
    window.goto("about:blank")
    assert (in_frame, in_window) == ("cookies: none", "cookies: kept plain")


def _kept_in_frame(browser: BrowserContext, port: int) -> str:
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{port}/")
    frame = page.frame_locator("iframe")
    frame.get_by_role("link").click()
    kept = frame.get_by_text("cookies:").inner_text()
    page.goto("about:blank")
    return kept
