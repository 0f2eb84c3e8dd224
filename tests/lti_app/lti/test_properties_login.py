"""Logins with fields of any text and size: left out, doubled, in the address and in the form."""

from urllib.parse import urlencode

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from lti_app.models.platform import Registration
from tests.lti_app.lti.hostile import form_values, forms
from tests.lti_app.lti.launching import ON_SQLITE, query_of, stored
from tests.lti_app.lti.watching import Watch, lift_rate_limits
from tests.visitor import TEACHER, WEEKLY, Visitor

FIELDS = ["iss", "client_id", "login_hint", "lti_message_hint", "target_link_uri", "lti_deployment_id"]
FORM = "application/x-www-form-urlencoded"
LONGEST = 8192
Pairs = list[tuple[str, str]]


class Logins:
    """Sends logins, and holds each against what the standard says about it."""

    def __init__(self, visitor: Visitor, registration: Registration) -> None:
        lift_rate_limits(visitor.client.application)
        self._visitor = visitor
        self._issuer, self._client_id = registration.issuer, registration.client_id
        self._auth_url = registration.auth_url
        address = f"{visitor.lms.url}/api/launch/{WEEKLY}"
        self.good: dict[str, str] = requests.get(address, params={"person": TEACHER}, timeout=10).json()["fields"]

    def check(self, *, query: Pairs, form: Pairs | None = None) -> None:
        """Log in by GET, or by POST where there is a form; a good login must be taken, any other refused."""
        watch = Watch()
        answer = self._visitor.client.open(
            "/lti/login",
            method="GET" if form is None else "POST",
            query_string=urlencode(query),
            data=None if form is None else urlencode(form).encode(),
            content_type=None if form is None else FORM,
            base_url=self._visitor.base_url,
        )
        # Of a field that comes twice the first counts, and the address before the form.
        fields = dict(reversed([*query, *(form or [])]))
        if not self._is_good(fields):
            watch.assert_refused(answer)
            return
        asked = query_of(answer)
        assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (302, self._auth_url)
        assert asked["redirect_uri"] == f"{self._visitor.origin}/lti/launch"
        assert asked["login_hint"] == fields["login_hint"]
        assert stored() == watch.before

    def _is_good(self, fields: dict[str, str]) -> bool:
        origin, target = self._visitor.origin, fields.get("target_link_uri", "")
        return (
            fields.get("iss") == self._issuer
            and fields.get("client_id", "") in {"", self._client_id}
            and bool(fields.get("login_hint"))
            and (target == origin or target.startswith(f"{origin}/"))
            and all(len(value) <= LONGEST and "\x00" not in value for name, value in fields.items() if name in FIELDS)
        )


@pytest.fixture
def logins(visitor: Visitor, registration: Registration) -> Logins:
    return Logins(visitor, registration)


@ON_SQLITE
@given(left_out=st.sets(st.sampled_from(FIELDS), max_size=2), by_post=st.booleans())
def test_login_when_fields_are_left_out_then_refused_unless_optional(
    logins: Logins, left_out: set[str], by_post: bool
) -> None:
    pairs = [(name, value) for name, value in logins.good.items() if name not in left_out]

    logins.check(query=[] if by_post else pairs, form=pairs if by_post else None)


@given(changes=st.dictionaries(st.sampled_from(FIELDS), form_values, min_size=1, max_size=3), by_post=st.booleans())
def test_login_when_fields_are_spoiled_then_refused_unless_harmless(
    logins: Logins, changes: dict[str, str], by_post: bool
) -> None:
    pairs = list({**logins.good, **changes}.items())

    logins.check(query=[] if by_post else pairs, form=pairs if by_post else None)


@given(data=st.data(), extra=forms(FIELDS), cut=st.integers(0, 14))
def test_login_when_fields_come_twice_in_any_order_then_the_first_counts(
    logins: Logins, data: st.DataObject, extra: Pairs, cut: int
) -> None:
    pairs = data.draw(st.permutations([*logins.good.items(), *extra]))

    logins.check(query=pairs[:cut], form=pairs[cut:])


@ON_SQLITE
@given(form=forms(FIELDS))
def test_login_when_it_is_made_up_then_refused(logins: Logins, form: Pairs) -> None:
    logins.check(query=[], form=form)
