"""Cutting a list into pages and naming the next one (the `Link` header of AGS and NRPS)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

Row = TypeVar("Row")


class BadPageError(Exception):
    """A paging parameter is not a whole number that can be used."""


@dataclass(frozen=True, kw_only=True)
class Page(Generic[Row]):
    """Some rows of a list: `start` is the first one's place, `following` that of the next page, None on the last.

    `next_query` is the query of the next page.
    """

    rows: Sequence[Row]
    start: int
    following: int | None
    next_query: str | None


def page_of(rows: Sequence[Row], query: Mapping[str, str], *, largest: int) -> Page[Row]:
    """Return the page that `limit` and `from` ask for, never more than `largest` rows.

    Raises:
        BadPageError: when `limit` or `from` is not a number, or `limit` is 0.
    """
    start = _whole_number(query, "from", default=0)
    asked = _whole_number(query, "limit", default=largest)
    if asked == 0:
        raise BadPageError("limit")
    size = min(asked, largest)
    following = start + size
    if following >= len(rows):
        return Page(rows=rows[start:following], start=start, following=None, next_query=None)
    changed = {"from": str(following)} | ({"limit": str(size)} if "limit" in query else {})
    next_query = urlencode(dict(query) | changed)
    return Page(rows=rows[start:following], start=start, following=following, next_query=next_query)


def _whole_number(query: Mapping[str, str], name: str, *, default: int) -> int:
    value = query.get(name, str(default))
    if not value.isascii() or not value.isdigit():
        raise BadPageError(name)
    return int(value)
