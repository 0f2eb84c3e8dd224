"""Behaving like one platform in everything, and the switches' closed lists of choices."""

from typing import Any

import pytest

from practice_lms.manner import DeepLinkingOffer, Manner
from practice_lms.server import RunningLms
from practice_lms.switchboard import as_json, changed, from_form, switches_of
from tests.practice_lms.browser import Browser
from tests.practice_lms.deep_links import DL, request_claims
from tests.practice_lms.small_tool import call_api


@pytest.mark.parametrize(
    ("dialect", "switched"),
    [
        ("moodle", {"odd_links": True}),
        ("canvas", {"storage": "frame", "notices": True, "opaque_cursors": True}),
        ("sakai", {"storage": "parent", "groups_service": True, "lists_inactive": True}),
        ("d2l", {"own_audience": True, "makes_columns": False}),
    ],
)
def test_manner_when_like_a_platform_sets_every_switch(lms: RunningLms, dialect: str, switched: dict[str, Any]) -> None:
    call_api(lms, "manner", {"cuts_scopes": True, "key_caching": "for_ever"})

    call_api(lms, "manner/like", {"dialect": dialect})

    assert call_api(lms, "manner") == as_json(Manner()) | {"dialect": dialect} | switched
    settings = request_claims(lms)[f"{DL}deep_linking_settings"]
    assert ("data" in settings, settings.get("accept_lineitem")) == (
        (False, None) if dialect == "moodle" else (True, True)
    )


def test_manner_when_set_on_the_page_is_so(browser: Browser, lms: RunningLms) -> None:
    page = browser.post("/switches/like", dialect="sakai").text

    assert '<option value="parent" selected>' in page
    assert call_api(lms, "manner")["storage"] == "parent"
    assert browser.post("/switches/like", dialect="morse").status_code == 404
    assert browser.post("/switches/tool-keys").status_code == 200


def test_switches_when_listed_have_a_label_and_hold_one_choice_each() -> None:
    for board in (Manner(), DeepLinkingOffer()):
        for each in switches_of(board):
            held = [value for value, _, is_held in each.options if is_held]
            assert each.label
            assert each.many or len(held) == 1


def test_switch_when_set_by_its_own_json_or_form_stays_as_it_is() -> None:
    for board in (Manner(), DeepLinkingOffer(accept_lineitem=True)):
        form = {each.name: [text for text, _, is_held in each.options if is_held] for each in switches_of(board)}

        assert changed(board, as_json(board)) == board
        assert from_form(board, form) == board


@pytest.mark.parametrize("wanted", [{"notices": 1}, {"notices": "true"}, {"storage": True}, {"storage": None}])
def test_switch_when_given_what_only_looks_like_a_choice_refuses_it(wanted: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="takes one of"):
        changed(Manner(), wanted)
