"""Which language a page speaks: the one the LMS named at the launch, else the browser's."""

from flask import Flask, Response, g, request
from flask_babel import get_locale

LANGUAGES = ("en",)


def select_locale() -> str:
    """Return the language of this request, one of `LANGUAGES`."""
    wanted: str = getattr(g, "locale", "") or ""
    base = wanted.replace("_", "-").partition("-")[0].lower()
    if base in LANGUAGES:
        return base
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def register(app: Flask) -> None:
    """Name the language in every page and in its headers."""
    app.jinja_env.globals["get_locale"] = get_locale

    @app.after_request
    def _name_language(response: Response) -> Response:
        if response.mimetype == "text/html" and not response.location:
            response.content_language = str(get_locale())
        return response
