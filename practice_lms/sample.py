"""Sample data for the demo: people use the tool as their browsers would, so that no page starts empty."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import urljoin, urlsplit

import requests

from practice_lms.people import PEOPLE
from practice_lms.settings import Settings

WEEKLY, UNIT, SPACE = 1, 2, 3
# What the facilitator chooses where the defaults would not show what a journal can be.
CHOSEN = {
    WEEKLY: {},
    UNIT: {"prompts": "end-of-unit.1", "minimum_words": "20"},
    SPACE: {"minimum_words": "0"},
}
# Of radio buttons only the one that is pressed is sent: without it, the setting keeps its default.
_FIELD = re.compile(r'<input(?![^>]*type="radio")[^>]*name="([^"]+)"[^>]*value="([^"]*)"')
_FORM = re.compile(r'<form[^>]*action="([^"]+)"')
_KIND = re.compile(r'href="([^"]*/set-up/\d+/\w+)"')
_LINK = re.compile(r'href="([^"]*/entries/\d+)"')


@dataclass(frozen=True, kw_only=True)
class SampleEntry:
    """What one teacher writes, by the names of the editor's fields; an unfinished one stays a draft."""

    person_index: int
    fields: Mapping[str, str]
    activity: int = WEEKLY
    is_finished: bool = True


ENTRIES = (
    SampleEntry(
        person_index=1,
        fields={
            "answer-text": "During the lab on density two groups were done after ten minutes and the others had not"
            " found the scale. I hurried around with answers. On Thursday I put one finished student at each table that"
            " was stuck, with one rule: ask, do not tell. It was loud, and everybody had a result. Next week I will"
            " plan those pairs before the lesson instead of in the middle of it, and write three questions on the board"
            " that helpers may ask.",
            "topics": "labs, group work",
        },
    ),
    SampleEntry(
        person_index=2,
        fields={
            "title": "One line that annoys you",
            "answer-text": "Nobody said anything when I asked what the poem was about, so I talked for half an hour. On"
            " Friday I asked for **one line that annoyed them**, written down before anybody spoke. Every hand went up."
            "\n\n- I had asked a question with a right answer.\n- I had called it a discussion.\n\nI want to open each"
            " text like that for a month and count how many different voices I hear before I say anything myself.",
            "event_on": (datetime.now(UTC) - timedelta(days=4)).date().isoformat(),
            "topics": "poetry, discussion",
        },
    ),
    SampleEntry(
        person_index=3,
        fields={
            "answer-text": "First parents' evening. I had prepared grades and they wanted to hear about friends,"
            " sleep and"
        },
        is_finished=False,
    ),
    SampleEntry(
        person_index=1,
        activity=UNIT,
        fields={
            "title": "Density, after three weeks",
            "answer-aim": "That density belongs to the stuff and not to the size of the piece, and how to measure it.",
            "answer-evidence": "Most could say why the cut bar sinks as the whole one did. In the test the sums were"
            " fine; the sketches of the experiment showed me more.",
            "answer-gaps": "Six still think that heavy means sinking. I moved on when the loud half had it.",
            "answer-keep": "Keep the cut bar. Begin with floating things from home, not with the formula.",
            "goals": "Students plan a fair test on their own",
            "topics": "labs",
        },
    ),
)


class _Browser:
    """Follows forms and redirects, and keeps cookies by origin: also Secure ones, as browsers do on localhost."""

    def __init__(self) -> None:
        self._cookies: dict[str, dict[str, str]] = {}

    def open(self, url: str, *, form: dict[str, str] | None = None) -> requests.Response:
        """Return the page at the end of all redirects."""
        origin = urlsplit(url).netloc
        kept = self._cookies.setdefault(origin, {})
        cookie = "; ".join(f"{name}={value}" for name, value in kept.items())
        response = requests.request(
            "GET" if form is None else "POST",
            url,
            data=form,
            headers={"Cookie": cookie, "Origin": f"{urlsplit(url).scheme}://{origin}"},
            allow_redirects=False,
            timeout=20,
        )
        for name, value in response.cookies.items():
            kept[name] = value
        if response.is_redirect:
            return self.open(urljoin(url, response.headers["Location"]))
        response.raise_for_status()
        return response

    def launch(self, settings: Settings, *, person: str, activity: int) -> requests.Response:
        """Open an activity and return the page it lands on."""
        begun = requests.get(f"{settings.issuer}/api/launch/{activity}", params={"person": person}, timeout=20).json()
        return self.submit(self.open(begun["action"], form=begun["fields"]))

    def submit(self, page: requests.Response, **changed: str) -> requests.Response:
        """Send the page's first form, with some fields changed."""
        fields = {name: unescape(value) for name, value in _FIELD.findall(page.text)}
        return self.open(urljoin(page.url, unescape(_FORM.findall(page.text)[0])), form={**fields, **changed})


def fill_course(settings: Settings) -> None:
    """Set the activities up and write the sample entries, unless somebody has used this demo before."""
    if requests.get(f"{settings.issuer}/api/gradebook", timeout=20).json():
        return
    facilitator = next(person for person in PEOPLE if person.part == "Facilitator")
    for activity in CHOSEN:
        _set_up(settings, person=facilitator.id, activity=activity)
    teachers = [person for person in PEOPLE if person.part == "Teacher"]
    for entry in ENTRIES:
        _write(settings, person=teachers[entry.person_index].id, entry=entry)


def _set_up(settings: Settings, *, person: str, activity: int) -> None:
    """Make an activity of a link that the tool asks about: of the first kind it offers, with few changes."""
    browser = _Browser()
    page = browser.launch(settings, person=person, activity=activity)
    if kind := _KIND.search(page.text):
        settings_page = browser.open(urljoin(page.url, unescape(kind.group(1))))
        fields = {name: unescape(value) for name, value in _FIELD.findall(settings_page.text)}
        browser.open(settings_page.url, form={**fields, **CHOSEN[activity]})


def _write(settings: Settings, *, person: str, entry: SampleEntry) -> None:
    browser = _Browser()
    journal = browser.launch(settings, person=person, activity=entry.activity)
    if "/entries" not in journal.text or _LINK.search(journal.text):
        return
    editor = browser.submit(journal)
    if entry.is_finished:
        browser.submit(editor, **entry.fields)
    else:
        keep = editor.url.removesuffix("/edit") + "/keep"
        fields = {name: unescape(value) for name, value in _FIELD.findall(editor.text)}
        browser.open(keep, form={**fields, **entry.fields})
