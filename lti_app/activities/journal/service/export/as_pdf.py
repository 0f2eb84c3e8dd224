"""Entries as PDF: their Markdown as data, set by Typst in a process of its own; see docs/decisions/0018."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from markdown_it.token import Token

from lti_app.activities.journal.service.export.entries import OwnEntry
from lti_app.activities.journal.service.markdown import tokens_of
from lti_app.errors import ToolError, sentence

SECONDS = 120
# Typesetting holds a whole document in memory, about 0.5 MB for a long entry.
ENTRIES_IN_ONE = 200
CHARACTERS_IN_ONE = 600_000
_DEEPEST = 8
_LONGEST_ADDRESS = 4000
_CONTAINERS = {
    "paragraph": "p", "bullet_list": "ul", "ordered_list": "ol", "list_item": "li", "blockquote": "quote",
    "strong": "strong", "em": "em", "s": "s",
}  # fmt: skip
_TEXTS = {"text": "text", "code_inline": "code", "fence": "block", "code_block": "block"}
Node = dict[str, Any]


class CannotTypeset(ToolError):
    """Typst did not make a PDF of what somebody wrote."""

    status = 500


def parts_of(entries: Iterable[OwnEntry]) -> Iterator[list[OwnEntry]]:
    """Yield the entries in the parts that become one PDF each."""
    part: list[OwnEntry] = []
    characters = 0
    for entry in entries:
        length = len(entry.row.text)
        if part and (len(part) == ENTRIES_IN_ONE or characters + length > CHARACTERS_IN_ONE):
            yield part
            part, characters = [], 0
        part.append(entry)
        characters += length
    if part:
        yield part


def typeset(head: Mapping[str, Any], entries: Sequence[Node]) -> bytes:
    """Return a tagged PDF of entries as `nodes_of` gives them; PDF/UA-1, unless a letter has no font here.

    Raises:
        CannotTypeset: Typst refused, or took longer than two minutes.
    """
    command = [sys.executable, "-m", "lti_app.activities.journal.service.export.typesetting"]
    given = json.dumps({**head, "entries": entries}).encode()
    try:
        done = subprocess.run(command, input=given, capture_output=True, timeout=SECONDS, check=True)  # noqa: S603 - our own
    except (subprocess.SubprocessError, OSError) as error:
        raise CannotTypeset(
            sentence("Staffroom could not make a PDF of your journal."),
            sentence("Download it as HTML, which can be printed; tell whoever runs Staffroom the number below."),
        ) from error
    return done.stdout


def nodes_of(text: str) -> list[Node]:
    """Return Markdown as nested nodes: kind, and children or text. Typst gets them as data and evaluates none."""
    return _tree(tokens_of(text))


def settable(address: str) -> str:
    """Return an address that Typst takes; of one that is too long, the text stays and the link goes."""
    return address if len(address.encode()) <= _LONGEST_ADDRESS else ""


def _tree(tokens: Sequence[Token]) -> list[Node]:
    root: list[Node] = []
    open_: list[list[Node]] = [root]
    for token in tokens:
        if token.type == "inline":
            open_[-1] += _tree(token.children or ())
        elif token.nesting == 1:
            open_.append(_opened(token, within=open_))
        elif token.nesting == -1:
            open_.pop()
        else:
            open_[-1].append(_leaf(token))
    return root


def _opened(token: Token, *, within: list[list[Node]]) -> list[Node]:
    """Return where the children go; deeper than Typst's stack takes it, into what is open already."""
    if len(within) > _DEEPEST:
        return within[-1]
    children: list[Node] = []
    within[-1].append({**_container(token), "c": children})
    return children


def _container(token: Token) -> Node:
    kind = token.type.removesuffix("_open")
    if kind == "heading":
        return {"t": "h"}
    if kind == "link":
        return {"t": "a", "href": settable(str(token.attrs.get("href", "")))}
    if kind == "ordered_list":
        return {"t": "ol", "start": int(token.attrs.get("start", 1))}
    return {"t": _CONTAINERS.get(kind, "span")}


def _leaf(token: Token) -> Node:
    if token.type in {"softbreak", "hardbreak"}:
        return {"t": "br"}
    if token.type == "hr":
        return {"t": "hr"}
    return {"t": _TEXTS.get(token.type, "text"), "s": token.content.rstrip("\n")}
