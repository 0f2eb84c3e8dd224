"""What an operator types: platforms, keys, serving."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from config import Config
from lti_app.db import db
from lti_app.models.platform import Deployment, Registration, RegistrationStatus
from practice_lms.server import RunningLms
from tests.visitor import TEACHER, Visitor

GOOD = {
    "--issuer": "https://lms.example",
    "--client-id": "10000000000042",
    "--auth-url": "https://lms.example/auth",
    "--token-url": "https://lms.example/token",
    "--jwks-url": "https://lms.example/jwks",
}
ROOT = Path(__file__).parents[2]


def _run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=list(words))


def _add(app: Flask, *more: str, **changes: str) -> Result:
    options = {**GOOD, **{f"--{name.replace('_', '-')}": value for name, value in changes.items()}}
    return _run(app, "platform", "add", *(word for pair in options.items() for word in pair), *more)


def _registrations() -> list[Registration]:
    db.session.rollback()
    return list(db.session.scalars(select(Registration).order_by(Registration.id)))


def _deployments() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Deployment.deployment_id_on_platform).order_by(Deployment.id)))


def test_platform_when_added_then_registered_with_all_that_was_said(app: Flask) -> None:
    result = _add(app, "--deployment-id", "1", "--deployment-id", "2", name="Our LMS", auth_audience="https://aud")

    (row,) = _registrations()
    assert (result.exit_code, result.output) == (
        0,
        f"Platform {row.id}: Our LMS (10000000000042 at https://lms.example)\n",
    )
    assert (row.issuer, row.client_id, row.name) == ("https://lms.example", "10000000000042", "Our LMS")
    assert (row.auth_url, row.token_url, row.jwks_url) == tuple(
        GOOD[option] for option in ("--auth-url", "--token-url", "--jwks-url")
    )
    assert (row.auth_audience, row.status) == ("https://aud", RegistrationStatus.ACTIVE)
    assert _deployments() == ["1", "2"]


def test_platform_when_added_without_name_then_is_called_by_its_host(app: Flask) -> None:
    _add(app)
    _add(app, issuer="urn:lms")

    assert [row.name for row in _registrations()] == ["lms.example", "urn:lms"]


def test_platform_when_added_again_then_only_new_deployments_are_added(app: Flask) -> None:
    _add(app, "--deployment-id", "1")

    result = _add(app, "--deployment-id", "1", "--deployment-id", "2", "--deployment-id", "2")

    assert result.exit_code == 0
    assert len(_registrations()) == 1
    assert _deployments() == ["1", "2"]


@pytest.mark.parametrize("option", ["auth_url", "token_url", "jwks_url", "auth_audience"])
def test_platform_when_added_again_with_another_address_then_not_overwritten(app: Flask, option: str) -> None:
    _add(app)

    result = _add(app, "--deployment-id", "9", **{option: "https://evil.example/x"})

    (row,) = _registrations()
    assert result.exit_code == 1
    assert "This issuer and client id are registered already, with other addresses." in result.output
    assert (row.auth_url, row.token_url, row.jwks_url) == tuple(
        GOOD[name] for name in ("--auth-url", "--token-url", "--jwks-url")
    )
    assert (row.auth_audience, _deployments()) == (None, [])


def test_platform_when_of_the_same_issuer_with_another_client_then_is_another(app: Flask) -> None:
    _add(app)
    _add(app, client_id="10000000000043")

    assert [row.client_id for row in _registrations()] == ["10000000000042", "10000000000043"]


@pytest.mark.parametrize("option", ["--auth-url", "--token-url", "--jwks-url"])
@pytest.mark.parametrize(
    "url",
    [
        "",
        "lms.example/auth",
        "//lms.example/auth",
        "ftp://lms.example/auth",
        "javascript:alert(1)",
        "https://",
        "https:///auth",
        "https://[::1",
        "https://lms.example:port/auth",
        "https://lms .example/auth",
        "https://user@lms.example/auth",
        "https://user:word@127.0.0.1/auth",
        "https://lms.example/" + "x" * 1024,
    ],
    ids=lambda url: url[:30],
)
def test_platform_when_an_address_is_none_then_refused_in_a_sentence(app: Flask, option: str, url: str) -> None:
    result = _add(app, **{option[2:].replace("-", "_"): url})

    assert (result.exit_code, _registrations()) == (1, [])
    assert result.output.startswith(f"Error: {option} ")
    assert result.exception is None or isinstance(result.exception, SystemExit)


@pytest.mark.parametrize("issuer", ["", "https://[::1", "https://lms.example; script-src *", "x" * 1025])
def test_platform_when_the_issuer_is_none_then_refused_in_a_sentence(app: Flask, issuer: str) -> None:
    result = _add(app, issuer=issuer)

    assert (result.exit_code, _registrations()) == (1, [])
    assert result.output.startswith("Error: --issuer ")


@pytest.mark.parametrize(
    "url",
    [
        "http://lms.example/auth",
        "https://localhost/auth",
        "https://LOCALHOST/auth",
        "https://localhost./auth",
        "https://127.0.0.1/auth",
        "https://127.1/auth",
        "https://2130706433/auth",
        "https://0.0.0.0/auth",
        "https://[::1]/auth",
        "https://[::ffff:127.0.0.1]/auth",
        "https://10.1.2.3/auth",
        "https://172.16.0.1/auth",
        "https://192.168.1.1/auth",
        "https://169.254.169.254/auth",
    ],
)
def test_platform_when_private_or_without_https_then_refused_unless_the_setting_says_so(
    config: Config, start: Callable[[Config], Flask], url: str
) -> None:
    strict = start(replace(config, allow_private_platforms=False))
    loose = start(config)

    with strict.app_context():
        refused = _add(strict, jwks_url=url)
        rows_after_refusal = len(_registrations())
    with loose.app_context():
        taken = _add(loose, jwks_url=url)

    assert (refused.exit_code, rows_after_refusal, taken.exit_code) == (1, 0, 0)
    assert refused.output.startswith(f"Error: --jwks-url is “{url}”. A platform on this machine")
    assert "STAFFROOM_ALLOW_PRIVATE_PLATFORMS=1" in refused.output


@pytest.mark.parametrize("host", ["10.example.org", "127.example.org", "localhost.example.org", "192.168.example.org"])
def test_platform_when_its_name_only_looks_private_then_taken(
    config: Config, start: Callable[[Config], Flask], host: str
) -> None:
    app = start(replace(config, allow_private_platforms=False))

    with app.app_context():
        result = _add(app, jwks_url=f"https://{host}/jwks")

    assert (result.exit_code, result.output.startswith("Platform ")) == (0, True)


@pytest.mark.parametrize("missing", sorted(GOOD))
def test_platform_when_an_option_is_missing_then_names_it(app: Flask, missing: str) -> None:
    words = [word for pair in GOOD.items() if pair[0] != missing for word in pair]

    result = _run(app, "platform", "add", *words)

    assert (result.exit_code, _registrations()) == (2, [])
    assert f"Missing option '{missing}'" in result.output


def test_platforms_when_listed_then_one_line_each_in_the_order_of_their_numbers(app: Flask) -> None:
    _add(app, name="First")
    _add(app, name="Second", client_id="43")
    db.session.execute(Registration.__table__.update().where(Registration.id == 1).values(status="disabled"))  # type: ignore[attr-defined]
    db.session.commit()

    result = _run(app, "platform", "list")

    assert result.output.splitlines() == [
        "1\tdisabled\tFirst\t10000000000042\thttps://lms.example\tnever",
        "2\tactive\tSecond\t43\thttps://lms.example\tnever",
    ]


def test_platforms_when_there_are_none_then_says_how_to_add_one(app: Flask) -> None:
    result = _run(app, "platform", "list")

    assert result.output == ("No platform is registered yet. `flask platform invite` prints an address for your LMS.\n")


def test_platform_when_added_by_hand_then_its_launches_are_let_in(app: Flask, lms: RunningLms) -> None:
    result = _add(
        app,
        "--deployment-id",
        lms.settings.deployment_id,
        issuer=lms.url,
        client_id=lms.settings.client_id,
        auth_url=f"{lms.url}/lti/auth",
        token_url=lms.settings.token_url,
        jwks_url=f"{lms.url}/lti/jwks.json",
    )

    assert result.exit_code == 0
    assert Visitor(app, lms).launch(TEACHER).status_code == 200


def test_serve_when_the_port_is_taken_then_says_so_in_a_sentence(
    config: Config, start: Callable[[Config], Flask]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        app = start(replace(config, port=port))

        with app.app_context():
            result = _run(app, "serve")

    assert result.exit_code == 1
    assert result.output.startswith(f"Error: Port {port} on 127.0.0.1 cannot be used (")
    assert result.output.endswith("Choose another: PORT=8001 make run\n")


def test_serve_when_the_address_is_none_of_this_machine_then_says_so(
    config: Config, start: Callable[[Config], Flask]
) -> None:
    app = start(replace(config, bind="192.0.2.1"))

    with app.app_context():
        result = _run(app, "serve")

    assert result.exit_code == 1
    assert "on 192.0.2.1 cannot be used (" in result.output


def test_command_when_a_setting_is_wrong_then_answers_with_a_sentence_and_no_traceback(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "STAFFROOM_PUBLIC_URL": "http://pd.example.org",
        "STAFFROOM_INSTANCE_PATH": str(tmp_path),
        "STAFFROOM_KEYS_PATH": str(tmp_path),
    }

    ended = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "lti_app.app", "platform", "list"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode != 0
    assert "STAFFROOM_PUBLIC_URL is “http://pd.example.org”" in ended.stderr
    assert "Traceback" not in ended.stderr
