"""A platform that makes no columns by itself, as Brightspace: it keeps what tools make, and misbehaves when told."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.lti_app.lti.bare_platform import Asked, BarePlatform, Told, serve_bare

PATH = "/d2l/api/lti/ags/2.0/deployment/1/orgunit/1/lineitems"
FILTERS = {"resource_link_id": "resourceLinkId", "resource_id": "resourceId", "tag": "tag"}


@dataclass(kw_only=True)
class Columns:
    """The gradebook: `columns` in the order of their making, and `scores`, each with the column it went to.

    `on_list` and `on_make` answer in its place; `on_make` gets the answer that the column has been made with.
    `drops` are fields that it forgets, as some platforms do.
    """

    bare: BarePlatform
    columns: list[dict[str, Any]] = field(default_factory=list)
    scores: list[tuple[str, str]] = field(default_factory=list)
    on_list: Callable[[], Told | None] = lambda: None
    on_make: Callable[[Told], Told] = lambda told: told
    refuses_to_make: Told | None = None
    drops: tuple[str, ...] = ()
    ignores_filters: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """Where line items are listed and made."""
        return self.bare.url + PATH

    def add(self, **values: Any) -> str:
        """Put a column there, and return its address."""
        with self.lock:
            url = f"{self.url}/{len(self.columns) + 1}"
            self.columns.append({"id": url, "label": "Column", "scoreMaximum": 1, **values})
        return url

    def asked(self, method: str) -> list[Mapping[str, str]]:
        """Return the queries of the requests to the list, in order."""
        return [
            dict(parse_qsl(urlsplit(asked.path).query))
            for asked in self.bare.asked
            if asked.method == method and urlsplit(asked.path).path == PATH
        ]

    def answer(self, asked: Asked) -> Told:
        """Answer one request."""
        path = urlsplit(asked.path).path
        if path == "/token":
            return Told(body=b'{"access_token": "good"}')
        if path == PATH:
            return self._make(asked) if asked.method == "POST" else self._list(asked)
        return self._score(asked, self.bare.url + path.removesuffix("/scores"))

    def _list(self, asked: Asked) -> Told:
        if (told := self.on_list()) is not None:
            return told
        query = {} if self.ignores_filters else dict(parse_qsl(urlsplit(asked.path).query))
        wanted = {FILTERS[name]: value for name, value in query.items()}
        with self.lock:
            listed = [
                {name: value for name, value in column.items() if name not in self.drops} for column in self.columns
            ]
        found = [row for row in listed if all(row.get(name) == value for name, value in wanted.items())]
        return Told(body=json.dumps(found).encode())

    def _make(self, asked: Asked) -> Told:
        if self.refuses_to_make is not None:
            return self.refuses_to_make
        self.add(**json.loads(asked.body))
        return self.on_make(Told(status=201, body=json.dumps(self.columns[-1]).encode()))

    def _score(self, asked: Asked, url: str) -> Told:
        if url not in [column["id"] for column in self.columns]:
            return Told(status=404)
        self.scores.append((url, json.loads(asked.body)["userId"]))
        return Told(status=200, body=b"")


@contextmanager
def serve_columns() -> Iterator[Columns]:
    """Run the platform for the length of a `with` block."""
    with serve_bare() as bare:
        columns = Columns(bare=bare)
        bare.answer = columns.answer
        yield columns
