"""What a word processor puts on the clipboard becomes Markdown, and nothing of it ever becomes HTML."""

import pytest
from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

PASTED: dict[str, tuple[str, str]] = {
    "Google Docs": (
        (
            '<b style="font-weight:normal" id="docs-internal-guid-1"><h2><span style="font-weight:400">A heading</span>'
            '</h2><p><span style="font-weight:700">Bold</span><span> and </span><span style="font-style:italic">slanted'
            "</span></p><br><ul><li><p><span>one</span></p></li><ul><li><p>deep</p></li></ul><li><p>two</p></li></ul>"
            '<p><a href="https://example.org/a_(b)"><span>a link</span></a></p></b>'
        ),
        "## A heading\n\n**Bold** and *slanted*\n\n- one\n  - deep\n- two\n\n[a link](https://example.org/a_%28b%29)",
    ),
    "Word": (
        (
            "<html><head><style>p{color:red}</style></head><body><!--StartFragment--><h1>Title<o:p></o:p></h1>"
            "<p class=MsoNormal>First\nline with <b>bold</b> and <i>it</i>.<o:p></o:p></p>"
            "<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><![if !supportLists]><span>"
            "<span style='mso-list:Ignore'>·<span>&nbsp; </span></span></span><![endif]>apple</p>"
            "<p class=MsoListParagraph style='mso-list:l0 level2 lfo1'><span style='mso-list:Ignore'>1.<span>&nbsp;"
            "</span></span>pear</p><p class=MsoNormal>After.</p><!--EndFragment--></body></html>"
        ),
        "# Title\n\nFirst line with **bold** and *it*.\n\n- apple\n   1. pear\n\nAfter.",
    ),
    "marks that are none": (
        "<p>3 * 4 = 12, a_b and _c_ [x](y)</p><p>1. no list</p><p># no heading</p>",
        "3 \\* 4 = 12, a_b and \\_c\\_ \\[x](y)\n\n1\\. no list\n\n\\# no heading",
    ),
    "an attack": (
        (
            '<p onclick="x()">Hi<script>alert(1)</script><img src=x onerror=alert(1)>'
            ' <a href="javascript:alert(1)">there</a></p><svg onload=alert(1)></svg>'
        ),
        "Hi there",
    ),
    "lists, quotes, tables": (
        (
            "<ol start=3><li>a<ul><li>b</li></ul></li><li>c</li></ol><blockquote><p>q</p><p>r</p></blockquote>"
            "<table><tr><td>1</td><td>2</td></tr></table><pre>code  here</pre>"
        ),
        "3. a\n   - b\n4. c\n\n> q\n>\n> r\n\n1 | 2\n\n```\ncode  here\n```",
    ),
    "nothing": ("<img src=x>", ""),
}


@pytest.mark.parametrize(("html", "markdown"), PASTED.values(), ids=PASTED)
def test_html_when_pasted_then_becomes_markdown(chromium: Browser, scripts_url: str, html: str, markdown: str) -> None:
    page = chromium.new_page()
    page.goto(f"{scripts_url}/words.js")
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))

    turned = page.evaluate(
        "async ([url, html]) => (await import(`${url}/html_to_markdown.js`)).htmlToMarkdown(html)", [scripts_url, html]
    )

    page.close()
    assert turned == markdown
