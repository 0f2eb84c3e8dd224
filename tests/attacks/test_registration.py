"""Dynamic registration under attack: whoever holds an invite names an address, and owns what is answered there."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete

from config import Config
from lti_app.app import create_app
from lti_app.db import db
from lti_app.models.invites import Invite
from lti_app.models.launch import LaunchRecord
from lti_app.models.platform import Registration
from tests.conftest import close
from tests.lti_app.lti.bare_platform import BarePlatform, Told, serve_bare
from tests.lti_app.lti.registering import PLATFORM, TOOL, Lms, an_invite, lead_names_to, logged, sakai, stored
from tests.lti_app.lti.watching import lift_rate_limits
from tests.lti_app.web.admin_browser import AdminBrowser

HOSTILE: list[Any] = [
    None, True, 0, -1, 1.5, 10**30, "", " ", "\x00", "x" * 5000, "é\ud800", "javascript:alert(1)", "https://",
    [], [[]], [1], ["x" * 5000], {}, {"a": {"b": []}}, [None] * 2000, "<script>alert(1)</script>", "' OR 1=1 --",
]  # fmt: skip
FIELDS = [
    "issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint", "scopes_supported",
    "token_endpoint_auth_methods_supported", "id_token_signing_alg_values_supported", "authorization_server", PLATFORM,
]  # fmt: skip
PLATFORM_FIELDS = ["product_family_code", "messages_supported", "variables", "version",
                   "https://canvas.instructure.com/lti/account_name",
                   "https://canvas.instructure.com/lti/account_domain"]  # fmt: skip
ANSWER_FIELDS = ["client_id", "scope", TOOL]
# What may come of a hostile value: everything is stored and can be shown, or nothing is, with one line in the log.
CONNECTED = (200, 1, 0, True)
REASONS = [(status, 0, 1, False) for status in (400, 502)]
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"])


@pytest.fixture
def bare() -> Iterator[BarePlatform]:
    with serve_bare() as platform:
        yield platform


@pytest.fixture
def admin(app: Flask) -> AdminBrowser:
    lift_rate_limits(app)
    return AdminBrowser(app, keeps_cookies=False)


@pytest.fixture
def strict(config: Config) -> Iterator[AdminBrowser]:
    """A tool that takes platforms of the public internet only, as it is in production."""
    app = create_app(replace(config, allow_private_platforms=False))
    lift_rate_limits(app)
    with app.app_context():
        yield AdminBrowser(app, keeps_cookies=False)
    close(app)


def _press(admin: AdminBrowser, document_url: str, *, invite: str | None = None) -> tuple[int, str]:
    form = {"openid_configuration": document_url, "registration_token": "t"}
    answer = admin.post(f"/lti/register/{invite or an_invite()}", None, **form)
    return answer.status_code, answer.text


@ON_SQLITE
@pytest.mark.parametrize(
    "url",
    ["http://lms.example/c", "https://127.0.0.1/c", "https://localhost/c", "https://127.1/c", "https://2130706433/c",
     "https://0x7f000001/c", "https://[::1]/c", "https://[::ffff:127.0.0.1]/c", "https://169.254.169.254/latest",
     "https://10.0.0.5/c", "https://user@lms.example/c", "file:///etc/passwd", "gopher://lms.example/", "//lms.example",
     "https://lms.internal/c", "https://lms.local/c"],
)  # fmt: skip
def test_document_address_when_private_or_no_web_address_then_refused_unasked(
    strict: AdminBrowser, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    asked = lead_names_to(monkeypatch, lambda _host: ["127.0.0.1"])

    status, text = _press(strict, url)

    assert (status, "The address of your LMS cannot be used." in text, asked) == (400, True, [])
    assert logged() == [("registration_address", "The document's address is no public https address.")]


@ON_SQLITE
@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["10.1.2.3"], ["93.184.216.34", "192.168.0.1"], ["::1"]], ids=str)
def test_document_name_when_it_leads_to_a_private_address_then_refused(
    strict: AdminBrowser, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    asked = lead_names_to(monkeypatch, lambda _host: addresses)

    status, _ = _press(strict, "https://lms.example/openid-configuration")

    assert (status, asked) == (400, ["lms.example"])
    assert logged() == [("registration_address", "The platform's name leads to a private address.")]


def test_document_when_it_redirects_then_not_followed(admin: AdminBrowser, bare: BarePlatform) -> None:
    bare.answer = lambda _asked: Told(status=302, headers={"Location": f"{bare.url}/inside"})

    status, _ = _press(admin, f"{bare.url}/openid-configuration")

    assert (status, bare.paths()) == (502, ["/openid-configuration"])
    assert logged() == [("registration_unreachable", "The platform's document is answered with 302.")]


def test_registration_when_it_is_answered_by_a_redirect_then_not_followed(
    admin: AdminBrowser, bare: BarePlatform
) -> None:
    lms = sakai(bare.url)
    moved = Told(status=307, headers={"Location": f"{bare.url}/inside"})
    bare.answer = lambda asked: moved if asked.method == "POST" else lms(asked)

    status, _ = _press(admin, lms.document_url)

    assert (status, bare.paths()) == (502, ["/openid-configuration", "/register"])
    assert logged() == [("registration_refused", "The platform answered the registration with 307.")]


@pytest.mark.parametrize("body", [b"x" * (256 * 1024 + 1), b"{" + b'"a":' * 60000], ids=["large", "deep"])
def test_document_when_large_or_deep_then_refused(admin: AdminBrowser, bare: BarePlatform, body: bytes) -> None:
    bare.answer = lambda _asked: Told(body=body)

    status, _ = _press(admin, f"{bare.url}/openid-configuration")

    assert (status, stored(Registration)) == (502, [])
    assert logged()[0][0] in {"registration_unreachable", "registration_document"}


@ON_SQLITE
def test_document_when_it_comes_too_slowly_then_given_up(admin: AdminBrowser, bare: BarePlatform) -> None:
    bare.answer = lambda _asked: Told(delay=7)

    status, text = _press(admin, f"{bare.url}/openid-configuration")

    assert (status, "Staffroom could not reach your LMS, or got no answer in time." in text) == (502, True)


@ON_SQLITE
@pytest.mark.parametrize("field", FIELDS)
def test_document_when_a_field_is_hostile_then_a_reason_and_never_an_error_of_ours(
    admin: AdminBrowser, bare: BarePlatform, field: str
) -> None:
    outcomes = _outcomes(admin, bare, lambda lms, value: setattr(lms, "document", {field: value}))

    assert outcomes <= {*REASONS, CONNECTED}


@ON_SQLITE
@pytest.mark.parametrize("field", PLATFORM_FIELDS)
def test_platform_configuration_when_a_field_is_hostile_then_a_reason_and_never_an_error_of_ours(
    admin: AdminBrowser, bare: BarePlatform, field: str
) -> None:
    outcomes = _outcomes(admin, bare, lambda lms, value: setattr(lms, "platform", {field: value}))

    assert outcomes <= {*REASONS, CONNECTED}


@ON_SQLITE
@pytest.mark.parametrize("field", ANSWER_FIELDS)
def test_answer_when_a_field_is_hostile_then_a_reason_and_never_an_error_of_ours(
    admin: AdminBrowser, bare: BarePlatform, field: str
) -> None:
    outcomes = _outcomes(admin, bare, lambda lms, value: setattr(lms, "answer", {field: value}))

    assert outcomes <= {*REASONS, CONNECTED}


@ON_SQLITE
@pytest.mark.parametrize("field", ["deployment_id", "messages"])
def test_answers_tool_configuration_when_a_field_is_hostile_then_a_reason_and_never_an_error_of_ours(
    admin: AdminBrowser, bare: BarePlatform, field: str
) -> None:
    outcomes = _outcomes(admin, bare, lambda lms, value: setattr(lms, "answer", {TOOL: {field: value}}))

    assert outcomes <= {*REASONS, CONNECTED}


@ON_SQLITE
@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"1", b'"x"', b"<html>", b"\xff\xfe", b"NaN", b'{"a":1,}'])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_body_when_no_object_then_a_reason(admin: AdminBrowser, bare: BarePlatform, method: str, body: bytes) -> None:
    lms = sakai(bare.url)
    bare.answer = lambda asked: Told(body=body) if asked.method == method else lms(asked)

    status, _ = _press(admin, lms.document_url)

    expected = "registration_document" if method == "GET" else "registration_answer"
    assert (status, logged()[0][0], stored(Registration)) == (502, expected, [])


@ON_SQLITE
@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint"])
@pytest.mark.parametrize(
    "url", ["https://evil.example/x", "https://canvas.instructure.com/x", "https://127.0.0.1.evil.example/x"]
)
def test_endpoint_when_on_somebody_elses_host_then_refused(
    admin: AdminBrowser, bare: BarePlatform, name: str, url: str
) -> None:
    lms = sakai(bare.url)
    lms.document = {name: url}
    bare.answer = lms

    status, text = _press(admin, lms.document_url)

    assert (status, "Your LMS named addresses that are not its own." in text) == (400, True)
    assert [check for check, _ in logged()] == ["registration_hosts"]
    assert ([asked.method for asked in bare.asked], stored(Registration)) == (["GET"], [])


@ON_SQLITE
@pytest.mark.parametrize(
    "issuer", ["https://canvas.instructure.com", "https://blackboard.com", "https://moodle.example"]
)
def test_issuer_when_it_is_somebody_elses_then_refused(admin: AdminBrowser, bare: BarePlatform, issuer: str) -> None:
    lms = sakai(bare.url)
    lms.issuer = issuer
    bare.answer = lms

    status, _ = _press(admin, lms.document_url)

    assert (status, stored(Registration)) == (400, [])
    assert logged() == [("registration_hosts", "The document is on another host than the issuer.")]


@ON_SQLITE
def test_school_host_when_no_vendor_says_so_then_not_believed(admin: AdminBrowser, bare: BarePlatform) -> None:
    lms = sakai(bare.url)
    lms.family = "canvas"
    lms.platform = {"https://canvas.instructure.com/lti/account_domain": "victim.example"}
    bare.answer = lms

    status, _ = _press(admin, lms.document_url)

    (row,) = stored(Registration)
    assert (status, row.other_origins, "https://victim.example" in row.service_origins) == (303, "", False)


@ON_SQLITE
def test_name_when_it_is_markup_then_escaped_on_every_page(admin: AdminBrowser, bare: BarePlatform) -> None:
    lms = sakai(bare.url)
    bare.answer = lms
    invite = an_invite(name="<script>alert(1)</script>")
    _press(admin, lms.document_url, invite=invite)
    operator = AdminBrowser(admin.client.application).sign_in()

    pages = [admin.get(f"/lti/register/{invite}/done"), operator.get("/connections/"), operator.get("/connections/1")]

    assert [page.status_code for page in pages] == [200] * 3
    assert ["<script>alert" in page.text for page in pages] == [False] * 3
    assert all("&lt;script&gt;alert(1)" in page.text for page in pages)


@ON_SQLITE
@pytest.mark.parametrize("field", ["openid_configuration", "registration_token"])
@pytest.mark.parametrize("value", ["\x00", "é", "a b", "x" * 10000, "\r\nX-Evil: 1", "https://lms.example/\r\nHost: x"])
def test_parameters_when_hostile_then_refused_and_nothing_is_sent(
    admin: AdminBrowser, bare: BarePlatform, field: str, value: str
) -> None:
    form = {"openid_configuration": f"{bare.url}/openid-configuration", "registration_token": "t", field: value}
    invite = an_invite()

    answers = [admin.get(f"/lti/register/{invite}", **form), admin.post(f"/lti/register/{invite}", None, **form)]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert (bare.asked, stored(Invite)[0].tries) == ([], 0)


def _outcomes(
    admin: AdminBrowser, bare: BarePlatform, spoil: Callable[[Lms, Any], None]
) -> set[tuple[int, int, int, bool]]:
    """Register once for each hostile value; return what came of them: status, registrations, log lines, invite used."""
    outcomes = set()
    for value in HOSTILE:
        for model in (LaunchRecord, Invite, Registration):
            db.session.execute(delete(model))
        db.session.commit()
        lms = sakai(bare.url)
        spoil(lms, value)
        bare.answer = _surviving(lms)
        invite = an_invite()
        status, _ = _press(admin, lms.document_url, invite=invite)
        if status == 303:
            status = admin.get(f"/lti/register/{invite}/done").status_code
        used = stored(Invite)[0].used_at is not None
        outcomes.add((status, len(stored(Registration)), len(logged()), used))
    return outcomes


def _surviving(lms: Callable[..., Told]) -> Callable[..., Told]:
    """Answer the registration although the document was made hostile: lone surrogates are no UTF-8."""

    def answer(asked: Any) -> Told:
        try:
            return lms(asked)
        except (TypeError, ValueError, json.JSONDecodeError):
            return Told(status=400)

    return answer
