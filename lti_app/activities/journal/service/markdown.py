"""An entry's Markdown, as HTML that is safe to show, as plain words, and cut into paragraphs."""

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

# No raw HTML, and no images from elsewhere: loading one would tell its host who reads.
_PARSER = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("strikethrough").disable("image")
_TAGS = {"p", "br", "hr", "em", "strong", "s", "a", "ul", "ol", "li", "blockquote", "code", "pre"} | {
    f"h{level}" for level in range(3, 7)
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto"}
_HIGHEST_HEADING = 3


def to_html(text: str) -> Markup:
    """Return the text as HTML: headings from the third level down, links that open apart and carry no referrer."""
    tokens = _PARSER.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + _HIGHEST_HEADING - 1, 6)}"
    html = _PARSER.renderer.render(tokens, _PARSER.options, {})
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return Markup(clean)  # noqa: S704 - cleaned in the line above


def tokens_of(text: str) -> list[Token]:
    """Return what the parser makes of the text, for whoever writes something other than HTML."""
    return _PARSER.parse(text)


def to_plain(text: str) -> str:
    """Return the words without their marks, one line per paragraph, list point or line of code."""
    lines = []
    for token in _PARSER.parse(text):
        if token.type == "inline":
            lines.append(_words_of(token))
        elif token.type in {"fence", "code_block"}:
            lines.append(token.content.rstrip("\n"))
    return "\n".join(lines)


def paragraphs_of(text: str) -> tuple[str, ...]:
    """Return the text's blocks in their order, each as its own Markdown: what a reader can answer one by one."""
    lines = text.split("\n")
    blocks = [token.map for token in _PARSER.parse(text) if token.level == 0 and token.map]
    return tuple("\n".join(lines[start:end]).strip("\n") for start, end in blocks)


def _words_of(inline: Token) -> str:
    breaks = {"softbreak": "\n", "hardbreak": "\n"}
    return "".join(breaks.get(child.type, child.content) for child in inline.children or ())
