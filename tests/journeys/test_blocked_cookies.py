"""That the journeys' browser really blocks third-party cookies; else they would show nothing about frames."""

from http.cookies import SimpleCookie
from threading import Thread

import pytest
from flask import Flask, request
from playwright.sync_api import BrowserContext
from werkzeug.serving import make_server

pytestmark = pytest.mark.browser


def test_strict_browser_when_framed_across_sites_then_keeps_only_the_partitioned_cookie(
    strict_browser: BrowserContext,
) -> None:
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
        return " ".join(sorted(SimpleCookie(request.headers.get("Cookie", "")))) or "none"

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        page = strict_browser.new_page()
        page.goto(f"http://127.0.0.1:{server.port}/")
        frame = page.frame_locator("iframe")
        frame.get_by_role("link").click()
        kept = frame.get_by_text("kept").inner_text()
        page.goto("about:blank")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

    assert kept == "kept"
