"""Our own signing keys: private on disk, stable, and published as long as platforms may hold them."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask

from lti_app.lti.keys import KeyRing
from practice_lms.server import RunningLms, serve
from practice_lms.settings import Settings
from tests.visitor import Visitor

PUBLIC_MEMBERS = {"kty", "n", "e", "kid", "alg", "use"}


def test_key_when_none_is_there_then_one_is_made_for_its_owner_only(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "new" / "keys")

    (key,) = ring.keys

    (file,) = ring.folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.suffix == ".pem"
    assert file.stem.endswith(f"-{key.kid}")
    assert file.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")
    assert key.private_key.key_size == 2048


def test_key_when_the_process_starts_again_then_has_the_same_kid(tmp_path: Path) -> None:
    first = KeyRing(tmp_path)
    second_start = KeyRing(tmp_path)

    assert first.keys[0].kid == second_start.keys[0].kid
    assert first.public_jwks() == second_start.public_jwks()
    assert len(list(tmp_path.iterdir())) == 1


def test_key_set_when_published_then_holds_no_private_half(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    ring.rotate()
    ring.rotate()

    keys = ring.public_jwks()["keys"]

    assert [set(key) for key in keys] == [PUBLIC_MEMBERS] * 2
    assert {(key["kty"], key["alg"], key["use"]) for key in keys} == {("RSA", "RS256", "sig")}


def test_keys_when_rotated_then_the_new_one_signs_and_the_old_one_stays_published(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    old, signed_before = ring.keys[0], ring.sign({"n": 1})

    new = ring.rotate()

    assert new.kid != old.kid
    assert [key["kid"] for key in ring.public_jwks()["keys"]] == [new.kid, old.kid]
    assert jwt.get_unverified_header(ring.sign({})) == {"alg": "RS256", "typ": "JWT", "kid": new.kid}
    assert _verified(ring, signed_before) == {"n": 1}
    assert _verified(ring, ring.sign({"n": 2})) == {"n": 2}


def test_keys_when_rotated_often_then_newest_first_with_their_moments(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    start = datetime(2026, 1, 31, 23, 59, 58, 500, tzinfo=UTC)
    made = []
    for days in (0, 30, 90):
        with time_machine.travel(start + timedelta(days=days), tick=False):
            made.append(ring.rotate().made_at)

    again = KeyRing(tmp_path)

    assert [key.made_at for key in again.keys] == made[::-1]
    assert made == [start, start + timedelta(days=30), start + timedelta(days=90)]


def test_keys_when_another_file_lies_in_the_folder_then_passed_over(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    kid = ring.keys[0].kid
    (tmp_path / "README.md").write_text("Keys live here.")
    (tmp_path / "half-written.part").write_bytes(b"-----BEGIN")

    assert [key.kid for key in KeyRing(tmp_path).keys] == [kid]


def test_key_when_it_is_no_rsa_key_then_says_which_file(tmp_path: Path) -> None:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "20260101T000000000000-elliptic.pem"
    path.write_bytes(pem)

    with pytest.raises(TypeError, match=r"elliptic\.pem is not an RSA key; platforms take RS256 only\."):
        _ = KeyRing(tmp_path).keys


def test_keys_when_several_threads_ask_first_then_one_key_is_made(tmp_path: Path) -> None:
    ring, gate, kids = KeyRing(tmp_path), threading.Barrier(4), []

    def ask() -> None:
        gate.wait()
        kids.append(ring.keys[0].kid)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(kids)) == 1
    assert len(list(tmp_path.glob("*.pem"))) == 1


def test_key_set_when_fetched_then_cacheable_for_an_hour_and_by_anybody(app: Flask, visitor: Visitor) -> None:
    answer = visitor.get("/lti/jwks.json")

    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert answer.json == app.extensions["staffroom_keys"].public_jwks()
    assert "Set-Cookie" not in answer.headers


def test_platform_when_it_verifies_us_before_and_after_a_rotation_then_accepts_both(
    served: str, tmp_path: Path, app: Flask
) -> None:
    ring = KeyRing(tmp_path / "own")
    app.extensions["staffroom_keys"] = ring
    with serve(Settings(tool_url=served)) as lms:
        before = _accepted(lms, ring.sign({"n": 1}))
        ring.rotate()
        after = _accepted(lms, ring.sign({"n": 2}))

    assert (before, after) == ({"n": 1}, {"n": 2})


def _verified(ring: KeyRing, token: str) -> dict[str, object]:
    key_set = jwt.PyJWKSet.from_dict(ring.public_jwks())
    claims: dict[str, object] = jwt.decode(
        token, key_set[jwt.get_unverified_header(token)["kid"]], algorithms=["RS256"]
    )
    return claims


def _accepted(lms: RunningLms, token: str) -> dict[str, object]:
    return lms.lms.tool_keys.verify(token)
