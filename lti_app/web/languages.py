"""Which language a page speaks: the one the LMS named at the launch, else the browser's."""

from typing import Any

from babel import Locale
from babel.support import NullTranslations
from flask import Flask, Response, g, request
from flask_babel import get_locale, get_translations
from markupsafe import Markup

LANGUAGES = ("en",)
# Read once: Babel looks for a language's file on the disk whenever it is told a name.
_LOCALES = {language: Locale.parse(language) for language in LANGUAGES}


def select_locale() -> Locale:
    """Return the language of this request, one of `LANGUAGES`."""
    wanted: str = getattr(g, "locale", "") or ""
    base = wanted.replace("_", "-").partition("-")[0].lower()
    if base in LANGUAGES:
        return _LOCALES[base]
    return _LOCALES[request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]]


def register(app: Flask) -> None:
    """Give templates their texts and dates, and name the language in every page and in its headers."""
    templates = app.jinja_env
    templates.globals |= {"get_locale": get_locale, "_": _text, "gettext": _text, "ngettext": _counted_text}
    # A global, not an import: Jinja compares all globals at each import of a macro, and most pages show no moment.
    templates.globals["moment"] = templates.get_template("macros/moments.html").module.moment  # type: ignore[attr-defined]

    @app.after_request
    def _name_language(response: Response) -> Response:
        if response.mimetype == "text/html" and not response.location:
            response.content_language = str(get_locale())
        return response


def _text(message: str, **values: Any) -> Markup:
    """Return a text for a page as Flask-Babel's `gettext` does, which looks the language up anew for every text."""
    return _filled(_translations().ugettext(message), values)


def _counted_text(one: str, many: str, num: int, **values: Any) -> Markup:
    """Return a text that depends on a number, `num` in the text; as `_text`."""
    return _filled(_translations().ungettext(one, many, num), {"num": num, **values})


def _filled(text: str, values: dict[str, Any]) -> Markup:
    # Always a format, as in Jinja's own gettext: a lone percent sign is written twice.
    markup = Markup(text)  # noqa: S704 - the program's own text, or its translation; what is filled in is escaped
    return markup % values if "%" in text else markup


def _translations() -> NullTranslations:
    """Return the texts in the language of this request."""
    if "translations" not in g:
        g.translations = get_translations()
    translations: NullTranslations = g.translations
    return translations
