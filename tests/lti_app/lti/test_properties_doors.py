"""Every address that is open to the network, with bodies of any kind: never a 500, nothing stored, always a reason.

A new open address gets a line in `DOORS`.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.lti_app.lti.hostile import bodies, content_types, forms
from tests.lti_app.lti.launching import ON_SQLITE
from tests.lti_app.lti.watching import Watch, lift_rate_limits
from tests.visitor import Visitor


@dataclass(frozen=True, kw_only=True)
class Door:
    """An open address: what it takes, which fields make it think, and how it refuses.

    `is_logged` is whether its refusals are in the launch log, `speaks_json` whether programs alone ask it;
    `rule` is what the app calls it, where the path has a part that is made up here.
    """

    path: str
    rule: str | None = None
    methods: tuple[str, ...]
    fields: tuple[str, ...]
    is_logged: bool = True
    speaks_json: bool = False

    def assert_closed(self, watch: Watch, answer: TestResponse) -> None:
        """Look at all that the refused request left."""
        if self.speaks_json:
            watch.assert_refused_in_json(answer)
        elif self.is_logged:
            watch.assert_refused(answer)
        else:
            watch.assert_turned_away(answer)


DOORS = [
    Door(
        path="/lti/login",
        methods=("GET", "POST"),
        fields=("iss", "client_id", "login_hint", "lti_message_hint", "target_link_uri", "lti_deployment_id"),
    ),
    Door(path="/lti/launch", methods=("POST",), fields=("state", "id_token", "error", "error_description")),
    Door(path="/lti/notices", methods=("POST",), fields=("notices", "jwt"), speaks_json=True),
    Door(path="/lti/handover/frame", methods=("POST",), fields=("ticket", "state", "nonce"), is_logged=False),
    Door(path="/lti/handover/window", methods=("POST",), fields=("ticket",), is_logged=False),
    Door(
        path="/lti/register/made-up",
        rule="/lti/register/<invite_token>",
        methods=("GET", "POST"),
        fields=("openid_configuration", "registration_token"),
    ),
]
# They read nothing of what is sent.
ONLY_SHOWN = {
    "/healthz", "/readyz", "/lti/jwks.json", "/lti/canvas.json", "/lti/icon.svg",
    "/lti/register/<invite_token>/done", "/privacy/nobody", "/review/unknown",
}  # fmt: skip
# Of these the session is asked first; test_every_page.py and test_data_privacy.py in tests/attacks try them.
GUARDED = {"activity_id", "request_id", "user_id"}
# Of these too, and a sign-in link proves itself: tests/lti_app/web/test_connections_access.py asks each as everybody.
GUARDED_BELOW = "/connections/"
OTHER_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "PROPFIND")
at_each_door = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.path)


@pytest.fixture(autouse=True)
def _without_rate_limits(visitor: Visitor) -> None:
    lift_rate_limits(visitor.client.application)


@ON_SQLITE
def test_open_addresses_when_the_app_has_them_then_each_is_a_door(app: Flask) -> None:
    doors = {door.rule or door.path for door in DOORS}

    unguarded = {rule.rule for rule in app.url_map.iter_rules() if GUARDED.isdisjoint(rule.arguments)}

    open_to_all = {rule for rule in unguarded if rule in doors or not rule.startswith(GUARDED_BELOW)}
    assert open_to_all - ONLY_SHOWN == doors


@at_each_door
@given(data=st.data())
def test_open_address_when_a_form_is_made_up_then_refused(visitor: Visitor, door: Door, data: st.DataObject) -> None:
    method = data.draw(st.sampled_from(door.methods))
    query = data.draw(forms([*door.fields]))
    form = data.draw(forms([*door.fields]))
    watch = Watch()

    answer = visitor.client.open(
        door.path, method=method, query_string=urlencode(query), data=dict(form), **_from_our_page(visitor)
    )

    door.assert_closed(watch, answer)


@ON_SQLITE
@at_each_door
@given(body=bodies, content_type=content_types)
def test_open_address_when_the_body_is_made_up_then_refused(
    visitor: Visitor, door: Door, body: bytes, content_type: str
) -> None:
    watch = Watch()

    answer = visitor.client.post(door.path, data=body, content_type=content_type, **_from_our_page(visitor))

    door.assert_closed(watch, answer)


@ON_SQLITE
@at_each_door
@given(query=st.binary(max_size=200))
def test_open_address_when_its_query_is_made_of_any_bytes_then_refused(
    visitor: Visitor, door: Door, query: bytes
) -> None:
    watch = Watch()

    answer = visitor.client.open(
        door.path,
        method=door.methods[0],
        base_url=visitor.base_url,
        environ_overrides={"QUERY_STRING": query.decode("latin-1")},
    )

    door.assert_closed(watch, answer)


@ON_SQLITE
@at_each_door
@pytest.mark.parametrize("method", OTHER_METHODS)
def test_open_address_when_asked_in_another_way_then_turned_away(visitor: Visitor, door: Door, method: str) -> None:
    watch = Watch()

    answer = visitor.client.open(door.path, method=method, base_url=visitor.base_url)

    if method in door.methods or (method == "HEAD" and "GET" in door.methods):
        assert 400 <= answer.status_code < 500
    elif method == "OPTIONS":
        assert answer.status_code == 200
    else:
        watch.assert_turned_away(answer)


@ON_SQLITE
@at_each_door
@given(cookie=st.binary(max_size=200))
def test_open_address_when_the_cookies_are_any_bytes_then_refused(visitor: Visitor, door: Door, cookie: bytes) -> None:
    watch = Watch()

    answer = visitor.client.open(
        door.path,
        method=door.methods[0],
        base_url=visitor.base_url,
        environ_overrides={"HTTP_COOKIE": "__Host-staffroom-browser=x; " + cookie.decode("latin-1")},
    )

    door.assert_closed(watch, answer)


def _from_our_page(visitor: Visitor) -> dict[str, Any]:
    """Some doors open for forms of our own pages only; whoever is no browser says what they like."""
    return {"base_url": visitor.base_url, "headers": {"Origin": visitor.origin, "Sec-Fetch-Dest": "iframe"}}
