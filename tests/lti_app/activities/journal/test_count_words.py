"""How words are counted: the server and the browser say the same."""

import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from lti_app.activities.journal.service.words import count_words
from tests.lti_app.activities.journal.word_table import WORD_TABLE

SCRIPTS = Path(__file__).resolve().parents[4] / "lti_app" / "static" / "js"


@pytest.mark.parametrize(("text", "words"), WORD_TABLE.items(), ids=ascii)
def test_count_words_when_given_a_text_then_counts_as_a_person_would(text: str, words: int) -> None:
    assert count_words(text) == words


def test_count_words_when_text_is_long_then_counts_all() -> None:
    assert count_words("wörter-buch 漢 " * 20_000) == 40_000


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
        pass


@pytest.fixture
def scripts_url() -> Iterator[str]:
    """Serve the scripts' folder."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(SCRIPTS)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.browser
def test_count_words_when_the_browser_counts_then_counts_the_same_table(chromium: Browser, scripts_url: str) -> None:
    page = chromium.new_page()
    page.goto(f"{scripts_url}/words.js")

    counted = page.evaluate(
        "async ([url, texts]) => { const { countWords } = await import(url); return texts.map(countWords); }",
        [f"{scripts_url}/words.js", list(WORD_TABLE)],
    )

    page.close()
    assert dict(zip(WORD_TABLE, counted, strict=True)) == WORD_TABLE
