"""Launches signed by a registered platform's own key, with claims of any type, depth and size."""

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
import requests
from hypothesis import assume, example, given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from practice_lms.keys import sign as sign_claims
from tests.lti_app.lti.hostile import (
    OPTIONAL,
    REMOVED,
    REQUIRED,
    SENDABLE_LETTER,
    Required,
    Spoiling,
    anything,
    headers,
    payloads,
    spoiled,
    spoilings,
    tokens,
)
from tests.lti_app.lti.launching import ON_SQLITE, claims_of, log_lines, query_of, sign
from tests.lti_app.lti.watching import Watch, lift_rate_limits, signs_in
from tests.visitor import TEACHER, WEEKLY, Visitor


class Forge:
    """Makes launches of one teacher, whose tokens hold whatever a test says, rightly signed."""

    def __init__(self, visitor: Visitor) -> None:
        lift_rate_limits(visitor.client.application)
        self.visitor = visitor
        address = f"{visitor.lms.url}/api/launch/{WEEKLY}"
        self._fields = requests.get(address, params={"person": TEACHER}, timeout=10).json()["fields"]
        self._good = claims_of(visitor.token(visitor.begin(TEACHER)).fields["id_token"])
        with visitor.lms.lms.reading() as state:
            self._key = state.signing_key

    def begin(self) -> tuple[str, dict[str, Any]]:
        """Log in, and return the state with the claims that would be good for it."""
        login = self.visitor.client.post("/lti/login", data=self._fields, base_url=self.visitor.base_url)
        query, present = query_of(login), int(time.time())
        return query["state"], {**self._good, "nonce": query["nonce"], "iat": present, "exp": present + 60}

    def launch(self, state: str, claims: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> TestResponse:
        """Post the claims, signed."""
        return self.post(state, sign_claims(self._key, claims, header=header))

    def launch_framed(self, state: str, claims: Mapping[str, Any]) -> TestResponse:
        """Post the claims, signed, from a frame that keeps no cookies."""
        return self.visitor.client.application.test_client(use_cookies=False).post(
            "/lti/launch",
            data={"state": state, "id_token": sign_claims(self._key, claims)},
            base_url=self.visitor.base_url,
            headers={"Sec-Fetch-Dest": "iframe"},
        )

    def post(self, state: str, token: str) -> TestResponse:
        """Post anything for a token."""
        return self.visitor.post_token({"state": state, "id_token": token})


@pytest.fixture
def forge(visitor: Visitor) -> Forge:
    return Forge(visitor)


def test_launch_when_nothing_is_spoiled_then_let_in(forge: Forge) -> None:
    state, good = forge.begin()

    assert forge.launch(state, good).status_code == 303


@given(spoiling=spoilings)
def test_launch_when_claims_are_spoiled_then_refused_with_a_reason_or_let_in_whole(
    forge: Forge, spoiling: list[Spoiling]
) -> None:
    state, claims = forge.begin()
    for path, value in spoiling:
        claims = spoiled(claims, path, value)
    watch = Watch()

    answer = forge.launch(state, claims)

    if answer.status_code == 303:
        assert log_lines()[-1].outcome.value == "accepted"
        assert forge.visitor.get(answer.headers["Location"]).status_code == 200
    else:
        watch.assert_refused(answer)


@ON_SQLITE
@pytest.mark.parametrize("required", REQUIRED, ids=lambda required: ".".join(required.path).rpartition("/")[2])
@given(value=anything | st.just(REMOVED))
@example(value=REMOVED)
@example(value=None)
@example(value="")
@example(value="x" * 256)
@example(value="nul\x00")
@example(value="\ud800")
@example(value=[{}])
def test_launch_when_a_required_claim_is_not_what_it_must_be_then_refused(
    forge: Forge, required: Required, value: Any
) -> None:
    state, good = forge.begin()
    assume(value is REMOVED or not required.is_good(value, good))
    watch = Watch()

    answer = forge.launch(state, spoiled(good, required.path, value))

    watch.assert_refused(answer)


@ON_SQLITE
@given(spoiling=spoilings)
def test_launch_when_its_frame_keeps_no_cookies_then_refused_with_a_reason_or_handed_a_ticket(
    forge: Forge, spoiling: list[Spoiling]
) -> None:
    state, claims = forge.begin()
    for path, value in spoiling:
        claims = spoiled(claims, path, value)
    watch = Watch()

    answer = forge.launch_framed(state, claims)

    if answer.status_code == 200:
        assert 'name="ticket"' in answer.text
        assert not signs_in(answer)
    else:
        watch.assert_refused(answer)


@ON_SQLITE
@given(header=headers.filter(bool))
def test_launch_when_the_header_is_spoiled_then_refused(forge: Forge, header: dict[str, Any]) -> None:
    state, good = forge.begin()
    watch = Watch()

    try:
        answer = forge.launch(state, good, header=header)
    except (TypeError, ValueError):
        return  # no such token can be made
    harmless = {"typ", "cty", "", "zip", "b64"}
    if {name for name, value in header.items() if value is not None} <= harmless and answer.status_code == 303:
        return
    watch.assert_refused(answer)


@ON_SQLITE
@given(payload=payloads)
def test_launch_when_the_signed_payload_is_no_set_of_claims_then_refused(forge: Forge, payload: bytes) -> None:
    state, _ = forge.begin()
    watch = Watch()

    answer = forge.post(state, sign(forge.visitor.lms, payload))

    watch.assert_refused(answer)


@ON_SQLITE
@given(token=tokens)
def test_launch_when_the_token_is_any_text_then_refused(forge: Forge, token: str) -> None:
    state, _ = forge.begin()
    watch = Watch()

    answer = forge.post(state, token)

    watch.assert_refused(answer)


@ON_SQLITE
@given(state=tokens)
def test_launch_when_the_state_is_any_text_then_refused(forge: Forge, state: str) -> None:
    _, good = forge.begin()
    watch = Watch()

    answer = forge.launch(state, good)

    watch.assert_refused(answer)


@ON_SQLITE
@given(cut=st.tuples(st.floats(0, 1), st.floats(0, 1)), put=st.text(SENDABLE_LETTER, max_size=4))
def test_launch_when_the_state_is_ours_but_changed_somewhere_then_good_once_at_most(
    forge: Forge, cut: tuple[float, float], put: str
) -> None:
    state, good = forge.begin()
    start, end = sorted(round(part * len(state)) for part in cut)
    changed = state[:start] + put + state[end:]
    assume(changed != state)
    watch = Watch()

    answer = forge.launch(changed, good)

    if answer.status_code == 303:
        # Letters that say nothing in base64 do not make another login of it.
        assert forge.launch(state, good).status_code == 400
    else:
        watch.assert_refused(answer)
        assert forge.launch(state, good).status_code == 303


@ON_SQLITE
@given(claims=st.dictionaries(st.sampled_from([path[0] for path in OPTIONAL]) | st.text(max_size=30), anything))
def test_launch_when_only_made_up_claims_are_signed_then_refused(forge: Forge, claims: dict[str, Any]) -> None:
    state, _ = forge.begin()
    watch = Watch()

    answer = forge.launch(state, claims)

    watch.assert_refused(answer)


@ON_SQLITE
@given(size=st.integers(0, 30_000), depth=st.integers(1, 800))
def test_launch_when_an_unknown_claim_is_huge_or_deep_then_let_in_or_too_large(
    forge: Forge, size: int, depth: int
) -> None:
    state, good = forge.begin()
    nested = json.loads("[" * depth + "]" * depth)
    claims = {**good, "https://unknown.example/text": "x" * size, "https://unknown.example/deep": nested}
    watch = Watch()

    answer = forge.launch(state, claims)

    if answer.status_code == 303:
        assert size < 32 * 1024
    else:
        watch.assert_refused(answer)
        assert answer.status_code == 413
