"""What an operator types about connections: invites, confirming, disabling, deployments, signing in."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from click.testing import Result
from flask import Flask

from config import Config
from lti_app.db import db
from lti_app.lti.registrations import FRESH
from lti_app.models.invites import AdminLink, Invite
from lti_app.models.platform import Deployment, DeploymentStatus, Registration, RegistrationStatus
from tests.factories import DeploymentFactory, RegistrationFactory
from tests.lti_app.lti.bare_platform import serve_bare
from tests.lti_app.lti.registering import sakai, stored
from tests.lti_app.web.admin_browser import AdminBrowser
from tests.visitor import TEACHER, Visitor


def _run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=list(words))


@pytest.mark.parametrize(("flag", "status"), [((), "pending"), (("--confirmed",), "active")])
def test_invite_when_made_then_its_address_connects_an_lms(
    app: Flask, config: Config, flag: tuple[str, ...], status: str
) -> None:
    result = _run(app, "platform", "invite", "--name", "Our LMS", *flag)

    address = result.stdout.strip()
    with serve_bare() as bare:
        lms = bare.answer = sakai(bare.url)
        page = AdminBrowser(app, keeps_cookies=False).connect(address.rpartition("/")[2], lms)
    assert result.exit_code == 0
    assert address.startswith(f"{config.public_url}/lti/register/")
    assert "It connects one LMS, once, within 7 days." in result.stderr
    assert page.status_code == 200
    assert [(row.name, row.status.value) for row in stored(Registration)] == [("Our LMS", status)]
    assert address.rpartition("/")[2] not in str([vars(row) for row in stored(Invite)])


def test_platform_when_disabled_and_enabled_then_kept_out_and_let_in(app: Flask, visitor: Visitor) -> None:
    _run(app, "platform", "disable", "1")
    refused = visitor.begin(TEACHER)
    already_disabled = _run(app, "platform", "confirm", "1")
    enabled = _run(app, "platform", "enable", "1")

    with time_machine.travel(datetime.now(UTC) + FRESH):
        entered = visitor.launch(TEACHER)

    assert refused.status_code == 403
    assert (already_disabled.exit_code, enabled.output) == (1, "Platform 1: Practice LMS is active.\n")
    assert "Platform 1 is disabled. `flask platform enable 1` lets it in again." in already_disabled.output
    assert entered.status_code == 200


@pytest.mark.parametrize(
    ("command", "before", "after"),
    [
        ("confirm", RegistrationStatus.PENDING, RegistrationStatus.ACTIVE),
        ("confirm", RegistrationStatus.ACTIVE, RegistrationStatus.ACTIVE),
        ("disable", RegistrationStatus.PENDING, RegistrationStatus.DISABLED),
        ("disable", RegistrationStatus.ACTIVE, RegistrationStatus.DISABLED),
        ("enable", RegistrationStatus.DISABLED, RegistrationStatus.ACTIVE),
    ],
)
def test_platform_when_its_status_is_changed_then_kept_and_said(
    app: Flask, command: str, before: RegistrationStatus, after: RegistrationStatus
) -> None:
    row = RegistrationFactory(name="Our LMS", status=before)
    other = RegistrationFactory(status=before)
    db.session.commit()

    result = _run(app, "platform", command, str(row.id))

    assert result.output == f"Platform {row.id}: Our LMS is {after.value}.\n"
    assert [found.status for found in stored(Registration)] == [after, before]
    assert other.id == 2


@pytest.mark.parametrize("command", ["confirm", "disable", "enable", "deployments"])
@pytest.mark.parametrize("number", ["7", "0", "x", "99999999999999999999"])
def test_platform_when_there_is_none_of_that_number_then_said_so(app: Flask, command: str, number: str) -> None:
    result = _run(app, "platform", command, number)

    assert result.exit_code in {1, 2}
    assert ("There is no platform 7." in result.output) == (number == "7")


def test_deployments_when_listed_confirmed_or_rejected_then_kept(app: Flask) -> None:
    row = RegistrationFactory()
    for name in ("one", "two"):
        DeploymentFactory(
            registration=row, registration_id=row.id, deployment_id_on_platform=name, status=DeploymentStatus.PENDING
        )
    db.session.commit()

    listed = _run(app, "platform", "deployments", "1")
    changed = _run(app, "platform", "deployments", "1", "--confirm", "one", "--reject", "two")
    unknown = _run(app, "platform", "deployments", "1", "--confirm", "three")

    assert listed.output == "pending\tone\npending\ttwo\n"
    assert changed.output.splitlines()[-2:] == ["confirmed\tone", "rejected\ttwo"]
    assert [one.status.value for one in stored(Deployment)] == ["confirmed", "rejected"]
    assert (unknown.exit_code, "has no deployment “three”" in unknown.output) == (1, True)


def test_platforms_when_listed_then_with_their_last_launch(
    app: Flask, visitor: Visitor, registration: Registration
) -> None:
    visitor.launch(TEACHER)

    result = _run(app, "platform", "list")

    (line,) = result.output.splitlines()
    fields = line.split("\t")
    assert fields[:5] == ["1", "active", "Practice LMS", registration.client_id, registration.issuer]
    assert datetime.strptime(fields[5] + "+0000", "%Y-%m-%d %H:%M%z") <= datetime.now(UTC)


def test_platform_when_added_with_another_host_then_kept(app: Flask) -> None:
    words = ["--issuer", "https://canvas.instructure.com", "--client-id", "1", "--auth-url", "https://sso.canvaslms.com/a",
             "--token-url", "https://sso.canvaslms.com/t", "--jwks-url", "https://sso.canvaslms.com/j"]  # fmt: skip

    added = _run(app, "platform", "add", *words, "--other-origin", "https://learn.valley.example/courses")
    refused = _run(app, "platform", "add", *words, "--other-origin", "*")

    (row,) = stored(Registration)
    assert (added.exit_code, row.other_origins) == (0, "https://*.instructure.com https://learn.valley.example")
    assert (refused.exit_code, refused.output) == (1, "Error: --other-origin takes https://host, not “*”.\n")


def test_admin_link_when_printed_then_signs_in_once(app: Flask, config: Config) -> None:
    result = _run(app, "admin", "link")

    address = result.stdout.strip()
    path = address.removeprefix(config.public_url)
    first, second = AdminBrowser(app), AdminBrowser(app)
    opened = [first.post(path, first.get(path)).status_code, second.post(path, second.get(path)).status_code]
    assert "Open it within 15 minutes, once." in result.stderr
    assert (opened, first.get("/connections/").status_code) == ([303, 410], 200)
    assert second.get("/connections/").status_code == 401
    assert path.rpartition("/")[2] not in str([vars(row) for row in stored(AdminLink)])


def test_admins_when_signed_out_then_every_session_and_every_link_is_over(app: Flask, config: Config) -> None:
    browser = AdminBrowser(app).sign_in()
    unused = _run(app, "admin", "link").stdout.strip().removeprefix(config.public_url)

    result = _run(app, "admin", "sign-out")

    other = AdminBrowser(app)
    assert result.output == "Ended: 2\n"
    assert (browser.get("/connections/").status_code, other.post(unused, other.get(unused)).status_code) == (401, 410)
    assert stored(AdminLink) == []


def test_admins_when_signed_out_then_nobody_is_in_again_by_the_next_ones_sign_in(app: Flask) -> None:
    ended = AdminBrowser(app).sign_in()
    _run(app, "admin", "sign-out")

    following = AdminBrowser(app).sign_in()

    assert (ended.get("/connections/").status_code, following.get("/connections/").status_code) == (401, 200)


@pytest.mark.parametrize("words", [("admin", "link"), ("platform", "list"), ("platform", "invite")], ids=" ".join)
def test_command_when_the_database_has_no_tables_yet_then_says_how_to_make_them(
    start: Callable[[Config], Flask], config: Config, tmp_path: Path, words: tuple[str, ...]
) -> None:
    app = start(replace(config, database_url=f"sqlite:///{tmp_path / 'new.sqlite3'}"))

    result = app.test_cli_runner().invoke(args=list(words))

    assert result.exit_code == 1
    assert "no such table" in result.output
    assert result.output.endswith("bring it up to date: flask --app lti_app.app db upgrade\n")
    assert "Traceback" not in result.output
