"""Deep linking requests signed by a registered platform's own key, with settings of any type, depth and size."""

from typing import Any

import pytest
import requests
from hypothesis import example, given
from hypothesis import strategies as st

from tests.lti_app.lti.hostile import REMOVED, anything, spoiled
from tests.lti_app.lti.launching import ON_SQLITE, claims_of, log_lines
from tests.lti_app.lti.test_properties_launch import Forge
from tests.lti_app.lti.watching import Watch
from tests.picking import SETTINGS
from tests.visitor import FACILITATOR, Visitor

NAMES = (
    "accept_types", "accept_presentation_document_targets", "accept_multiple", "accept_lineitem", "auto_create",
    "title", "text", "data", "deep_link_return_url",
)  # fmt: skip


class DeepLinkingForge(Forge):
    """Makes requests of a facilitator instead."""

    def __init__(self, visitor: Visitor) -> None:
        super().__init__(visitor)
        address = f"{visitor.lms.url}/api/launch/deep-linking"
        self._fields = requests.get(address, params={"person": FACILITATOR}, timeout=10).json()["fields"]
        self._good = claims_of(visitor.token(visitor.begin_adding()).fields["id_token"])


@pytest.fixture
def forge(visitor: Visitor) -> DeepLinkingForge:
    return DeepLinkingForge(visitor)


def test_request_when_nothing_is_spoiled_then_let_in(forge: DeepLinkingForge) -> None:
    state, good = forge.begin()

    assert forge.launch(state, good).headers["Location"].startswith("/add/")


@given(spoiling=st.dictionaries(st.sampled_from(NAMES), anything | st.just(REMOVED), max_size=4))
@example(spoiling={"data": "\ud800"})
@example(spoiling={"text": "nul\x00"})
@example(spoiling={"deep_link_return_url": "http://[::1"})
@example(spoiling={"deep_link_return_url": "https://x.example:99999/"})
@example(spoiling={"accept_types": ["ltiResourceLink", "\x00", "x" * 500]})
def test_request_when_settings_are_spoiled_then_refused_with_a_reason_or_let_in_whole(
    forge: DeepLinkingForge, spoiling: dict[str, Any]
) -> None:
    state, claims = forge.begin()
    for name, value in spoiling.items():
        claims = spoiled(claims, (SETTINGS, name), value)
    watch = Watch()

    answer = forge.launch(state, claims)

    if answer.status_code == 303:
        assert log_lines()[-1].outcome.value == "accepted"
        picker = forge.visitor.get(answer.headers["Location"])
        assert picker.status_code == 200
        assert forge.visitor.get(f"{picker.request.path}/journal").status_code == 200
    else:
        watch.assert_refused(answer)


@ON_SQLITE
@given(settings=anything)
def test_request_when_the_settings_are_anything_then_refused(forge: DeepLinkingForge, settings: Any) -> None:
    state, good = forge.begin()
    watch = Watch()

    answer = forge.launch(state, {**good, SETTINGS: settings})

    watch.assert_refused(answer)
