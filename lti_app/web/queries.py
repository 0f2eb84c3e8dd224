"""The query of an address, readable whatever its bytes are."""

from typing import Any

from flask import Flask, Request


class ReadableRequest(Request):
    """Flask's request; bytes of the query that are no UTF-8 read as replacement characters, as they do in a form.

    Werkzeug 3.1.9 breaks on them when the query is first looked at.
    """

    def __init__(self, environ: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(environ, *args, **kwargs)
        if not self.query_string.isascii():
            self.query_string = self.query_string.decode(errors="replace").encode()


def register(app: Flask) -> None:
    """Let the app read its requests that way."""
    app.request_class = ReadableRequest
