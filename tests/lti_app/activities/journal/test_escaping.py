"""Whatever people and platforms call things comes out as text, on every page."""

import pytest
import requests

from lti_app.models.people import Context
from tests.lti_app.activities.journal.writing import (
    Draft,
    autosave,
    begin,
    finish,
    set_journal,
    stored,
    textareas,
)
from tests.visitor import FACILITATOR, TEACHER, Visitor

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
ATTACKS = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</textarea><svg onload=alert(1)>", "{{7*7}}")


def hostile(part: str) -> str:
    """Return a text with every attack, and the name of the part it stands in."""
    return f"{part}: " + " ".join(ATTACKS)


def launch(visitor: Visitor, person: str) -> None:
    """Launch from a platform that puts markup into everything it names."""
    claims = {
        "name": hostile("name"),
        f"{CLAIM}resource_link": {"id": "1", "title": hostile("title"), "description": hostile("description")},
        f"{CLAIM}context": {"id": "1", "title": hostile("course"), "label": hostile("label"), "type": []},
    }
    requests.post(f"{visitor.lms.url}/api/next-launch", json={"claims": claims}, timeout=5).raise_for_status()
    visitor.launch(person)


def assert_harmless(page: str, *parts: str) -> None:
    """Assert that each part is on the page, escaped, and that no attack stands there as markup."""
    for part in parts:
        assert f"{part}: &lt;script&gt;alert(1)&lt;/script&gt; &#34;&gt;&lt;img src=x onerror=alert(1)&gt;" in page
        assert "{{7*7}}" in page
    assert [attack for attack in ATTACKS[:3] if attack in page] == []
    assert "<script>" not in page


def test_teachers_pages_when_everything_is_markup_then_show_it_as_text(visitor: Visitor) -> None:
    launch(visitor, TEACHER)
    set_journal(prompt=hostile("prompt"), minimum_words=0)
    begun = visitor.post("/journal/1/entries", visitor.get("/journal/1"))
    path = begun.headers["Location"].removesuffix("/edit")
    draft = Draft(journal="/journal/1", path=path, page=visitor.get(begun.headers["Location"]))

    autosaved = autosave(visitor, draft, hostile("entry"))
    conflict = finish(visitor, draft, hostile("mine"), editor_id="another page")
    finished = finish(visitor, draft, hostile("entry"))

    assert (autosaved.content_type, conflict.status_code, finished.status_code) == ("application/json", 409, 303)
    assert_harmless(draft.page.text, "title", "prompt")
    assert_harmless(conflict.text, "title", "prompt", "mine", "entry")
    assert textareas(conflict)["answer-text"] == hostile("mine")
    assert_harmless(visitor.get("/journal/1").text, "title", "prompt", "entry")
    read = visitor.get(path).text
    assert_harmless(read, "title")
    # Markdown escapes what can begin a tag; a quotation mark between tags stays as it is.
    assert 'entry: &lt;script&gt;alert(1)&lt;/script&gt; "&gt;&lt;img src=x onerror=alert(1)&gt;' in read


def test_facilitators_pages_when_everything_is_markup_then_show_it_as_text(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    launch(another_visitor, TEACHER)
    launch(visitor, FACILITATOR)
    set_journal(prompt=hostile("prompt"))

    progress, settings = visitor.get("/journal/1"), visitor.get("/journal/1/settings")

    assert (progress.status_code, settings.status_code) == (200, 200)
    assert_harmless(progress.text, "name", "title", "prompt")
    assert_harmless(settings.text, "title", "prompt")
    assert [context.title for context in stored(Context)] == [hostile("course")]


@pytest.mark.parametrize("csrf_token", ["", '"><script>alert(1)</script>'])
def test_error_page_when_the_refused_text_is_markup_then_shows_it_as_text(visitor: Visitor, csrf_token: str) -> None:
    draft = begin(visitor, TEACHER)

    refused = finish(visitor, draft, hostile("entry"), csrf_token=csrf_token)

    assert refused.status_code == 401
    assert_harmless(refused.text, "entry")


def test_name_when_it_turns_the_reading_direction_then_is_isolated_and_turns_nothing(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    name = "\u202egnp.\u202dJonas"
    requests.post(f"{visitor.lms.url}/api/next-launch", json={"claims": {"name": name}}, timeout=5).raise_for_status()
    another_visitor.launch(TEACHER)
    visitor.launch(FACILITATOR)

    page = visitor.get("/journal/1").text

    assert "<bdi>gnp.Jonas</bdi>" in page
    assert "\u202e" not in page
