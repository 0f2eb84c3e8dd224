"""Markdown of entries: what is shown, what is refused, where paragraphs end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_app.activities.journal.service.markdown import paragraphs_of, to_html, to_plain


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("two\nlines", "<p>two<br>\nlines</p>\n"),
        ("**bold** *soft* ~~gone~~", "<p><strong>bold</strong> <em>soft</em> <s>gone</s></p>\n"),
        ("# Loud", "<h3>Loud</h3>\n"),
        ("##### Deep", "<h6>Deep</h6>\n"),
        ("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"),
        ("3. three", '<ol start="3">\n<li>three</li>\n</ol>\n'),
        (
            "[a page](https://example.org)",
            '<p><a href="https://example.org" target="_blank" rel="noopener noreferrer nofollow">a page</a></p>\n',
        ),
    ],
)
def test_to_html_when_marked_up_then_shows_it(text: str, html: str) -> None:
    assert to_html(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[press](javascript:alert(1))",
        "[press](data:text/html,<script>alert(1)</script>)",
        "![pixel](https://tracker.example/p.gif)",
        "<a href='https://example.org' onclick='x()'>x</a>",
    ],
)
def test_to_html_when_hostile_then_nothing_of_it_is_live(text: str) -> None:
    html = str(to_html(text))

    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html
    assert 'href="data' not in html
    assert "onclick='x()'>" not in html


@given(st.text(max_size=400))
def test_to_html_when_anything_is_written_then_never_fails_nor_lets_a_tag_through(text: str) -> None:
    html = str(to_html(text))

    assert "<script" not in html.lower()
    assert "<iframe" not in html.lower()


def test_to_plain_when_marked_up_then_keeps_the_words() -> None:
    text = "# Title\n\nSome **bold** [link](https://example.org)\nnext line\n\n- point\n\n```\ncode\n```"

    assert to_plain(text) == "Title\nSome bold link\nnext line\npoint\ncode"


def test_paragraphs_of_when_there_are_lists_then_a_list_is_one() -> None:
    text = "First line\nsame paragraph\n\n- a\n- b\n\n> said\n\nLast"

    assert paragraphs_of(text) == ("First line\nsame paragraph", "- a\n- b", "> said", "Last")


def test_paragraphs_of_when_there_is_nothing_then_is_empty() -> None:
    assert paragraphs_of("  \n\n") == ()
