"""How words are counted: the server and the browser say the same."""

import pytest
from playwright.sync_api import Browser

from lti_app.activities.journal.service.words import count_words
from tests.lti_app.activities.journal.word_table import WORD_TABLE


@pytest.mark.parametrize(("text", "words"), WORD_TABLE.items(), ids=ascii)
def test_count_words_when_given_a_text_then_counts_as_a_person_would(text: str, words: int) -> None:
    assert count_words(text) == words


def test_count_words_when_text_is_long_then_counts_all() -> None:
    assert count_words("wörter-buch 漢 " * 20_000) == 40_000


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
