"""*My journal*: everything that one person wrote on one LMS, on one timeline."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lti_app.access.records import open_own_record
from lti_app.activities.journal.models import TagKind
from lti_app.activities.journal.service import timeline
from lti_app.activities.journal.service.export.entries import is_followed, links_of, read_one
from lti_app.activities.journal.service.markdown import to_html
from lti_app.activities.journal.service.places import Place
from lti_app.activities.journal.service.search import MOST_CHARACTERS, Query, marked, passage_of, plain_line
from lti_app.activities.journal.service.showing import steps_shown
from lti_app.activities.journal.service.timeline import Wanted
from lti_app.activities.journal.service.weeks import Week, weeks_of
from lti_app.activities.journal.service.withdrawing import erased_at
from lti_app.activities.journal.views.pages import journal, number
from lti_app.activities.journal.views.told import state_of
from lti_app.clock import now
from lti_app.db import db

FIRST_WORDS = 180
_EARLIEST, _LATEST = 1900, 2200


@journal.get("/mine/<int:user_id>")
def mine(user_id: int) -> ResponseReturnValue:
    """Show somebody their own entries over all courses and years, narrowed to what the address asks for."""
    user = open_own_record(user_id)
    session, wanted = db.session(), _wanted()
    held = timeline.holdings_of(session, user_id=user.id)
    return render_template(
        "activities/journal/mine.html",
        user=user,
        wanted=wanted,
        asked=_asked(),
        held=held,
        years=_years(held),
        places=timeline.places_of(session, user_id=user.id),
        tags=timeline.tags_in_use(session, user_id=user.id),
        kinds=TagKind,
        weeks=_weeks(user.id, wanted),
        page=timeline.read_page(session, user_id=user.id, wanted=wanted, before=_before()),
        is_first=_before() is None,
        query=Query.of(wanted.words),
        erased_at=erased_at,
    )


@journal.get("/mine/<int:user_id>/entries/<int:entry_id>")
def mine_entry(user_id: int, entry_id: int) -> ResponseReturnValue:
    """Show somebody an entry of their own, also where its course has closed behind them."""
    user = open_own_record(user_id)
    entry = read_one(db.session(), user, entry_id=entry_id, translate=gettext)
    content = replace(entry.content, links=tuple(link for link in entry.content.links if is_followed(link)))
    return render_template(
        "activities/journal/mine_entry.html",
        user=user,
        entry=entry,
        content=content,
        half_typed=[label for url, label in links_of(entry.content) if not url],
        prompt_set=entry.prompt,
        steps=steps_shown(content, entry.prompt),
        state_of=state_of,
        links_of=links_of,
        to_html=to_html,
    )


@journal.app_template_filter()
def first_words(text: str) -> str:
    """Return how an entry begins, on one line and without the marks of its Markdown."""
    line = plain_line(text).strip()
    return line if len(line) <= FIRST_WORDS else line[:FIRST_WORDS].rsplit(" ", 1)[0] + " …"


journal.add_app_template_filter(passage_of)
journal.add_app_template_filter(marked)


def _wanted() -> Wanted:
    kind, _, place_id = request.args.get("in", "").partition("-")
    ids = {kind: _number_in(place_id)}
    year = request.args.get("year", default=0, type=number)
    return Wanted(
        words=_typed("q")[:MOST_CHARACTERS],
        activity_id=ids.get("activity"),
        context_id=ids.get("course"),
        tag=_typed("tag"),
        goal=_typed("goal"),
        year=year if _EARLIEST <= year < _LATEST else None,
    )


def _asked() -> dict[str, Any]:
    """Return what the address asks for, so that the links to other pages ask for it too."""
    names = ("q", "in", "tag", "goal", "year")
    return {name: request.args[name] for name in names if request.args.get(name)}


def _weeks(user_id: int, wanted: Wanted) -> Sequence[Week]:
    """Return the weeks of the strip: it shows all that was written, so it has none where the list is narrowed down."""
    if _before() or replace(wanted, year=None) != Wanted():
        return ()
    return weeks_of(db.session(), user_id=user_id, year=wanted.year, today=now().date())


def _before() -> Place | None:
    return Place.of(request.args.get("before", ""))


def _typed(name: str) -> str:
    return request.args.get(name, "").replace("\x00", "").strip()


def _number_in(text: str) -> int | None:
    try:
        return number(text)
    except ValueError:
        return None


def _years(held: timeline.Holdings) -> range:
    """Return the years in which there can be an entry, newest first."""
    return range(now().year, (held.first_at or now()).year - 1, -1)
