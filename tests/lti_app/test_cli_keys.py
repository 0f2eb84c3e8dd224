"""What an operator types about keys: what is told, and that what is wrong ends in a sentence."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import Result
from flask import Flask

from config import Config, ConfigError
from lti_app.app import create_app
from lti_app.lti.keys import KeyRing
from tests.services import free_port


def _run(app: Flask, *words: str) -> Result:
    with app.app_context():
        return app.test_cli_runner().invoke(args=list(words))


def test_keys_when_rotated_then_listed_newest_first_with_what_each_is_for(
    config: Config, start: Callable[[Config], Flask], tmp_path: Path
) -> None:
    app = start(replace(config, keys_path=tmp_path / "own"))

    (before,) = _run(app, "keys", "list").output.splitlines()
    with time_machine.travel(datetime(2030, 1, 31, 9, 42, tzinfo=UTC), tick=False):
        rotated = _run(app, "keys", "rotate").output
        after = _run(app, "keys", "list").output.splitlines()
    with time_machine.travel(datetime(2030, 2, 1, 9, 42, tzinfo=UTC), tick=False):
        a_day_later = _run(app, "keys", "list").output.splitlines()

    new_kid, old_kid = after[0].partition("\t")[0], before.partition("\t")[0]
    since = "2030-02-01 09:42 UTC"
    assert rotated == f"Published {new_kid}; it signs from {since} on. Nothing needs a restart.\n"
    assert before == f"{old_kid}\tsigns"
    assert after == [f"{new_kid}\tpublished, signs from {since}", before]
    assert a_day_later == [f"{new_kid}\tsigns", f"{old_kid}\tpublished"]
    published = app.test_client().get("/lti/jwks.json", base_url="https://localhost").get_json()
    assert [key["kid"] for key in published["keys"]] == [new_kid, old_kid]


def test_keys_when_rotated_at_once_then_the_new_one_signs(
    config: Config, start: Callable[[Config], Flask], tmp_path: Path
) -> None:
    app = start(replace(config, keys_path=tmp_path / "own"))
    old_kid = _run(app, "keys", "list").output.partition("\t")[0]

    rotated = _run(app, "keys", "rotate", "--now").output

    new_kid = rotated.split()[1].rstrip(";")
    assert rotated == f"Published {new_kid}; it signs from now on. Nothing needs a restart.\n"
    assert _run(app, "keys", "list").output == f"{new_kid}\tsigns\n{old_kid}\tpublished\n"


def test_keys_when_pruned_then_says_which_are_gone(
    config: Config, start: Callable[[Config], Flask], tmp_path: Path
) -> None:
    app = start(replace(config, keys_path=tmp_path / "own"))
    old_kid = _run(app, "keys", "list").output.partition("\t")[0]
    _run(app, "keys", "rotate", "--now")

    too_early = _run(app, "keys", "prune").output
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1, seconds=1)):
        pruned = _run(app, "keys", "prune").output

    assert (too_early, pruned) == ("Every key is still needed.\n", f"Removed {old_kid}\n")
    assert old_kid not in _run(app, "keys", "list").output


@pytest.mark.parametrize("command", [("keys", "list"), ("keys", "prune"), ("keys", "rotate"), ("worker",), ("serve",)])
def test_command_when_a_key_cannot_be_used_then_says_so_in_a_sentence(
    config: Config, start: Callable[[Config], Flask], tmp_path: Path, command: tuple[str, ...]
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    path = folder / "20260101T000000000000-odd.pem"
    path.touch(mode=0o600)
    app = start(replace(config, keys_path=folder, port=free_port()))

    result = _run(app, *command)

    sentence = f"Error: {path} holds no private key in PEM form, or one with a password.\n"
    assert (result.exit_code, result.output) == (1, sentence)


def test_keys_when_they_come_from_the_environment_then_are_rotated_there(
    config: Config, start: Callable[[Config], Flask], tmp_path: Path
) -> None:
    kid = KeyRing(tmp_path / "own").signing_key.kid
    (path,) = (tmp_path / "own").iterdir()
    app = start(replace(config, private_keys=path.read_text()))

    listed, rotated = _run(app, "keys", "list"), _run(app, "keys", "rotate")

    assert listed.output == f"{kid}\tsigns\n"
    assert (rotated.exit_code, rotated.output) == (
        1,
        "Error: The keys come from STAFFROOM_PRIVATE_KEYS; rotate them there, as keys/README.md says.\n",
    )


def test_start_when_a_key_of_the_environment_is_none_then_refused_in_a_sentence(config: Config) -> None:
    with pytest.raises(ConfigError, match=r"^A key of STAFFROOM_PRIVATE_KEYS holds no private key in PEM form"):
        create_app(replace(config, private_keys="secret nonsense"))
