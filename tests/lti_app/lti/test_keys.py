"""Our own signing keys: private on disk, stable, and published as long as platforms may hold them."""

import errno
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
import structlog
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from flask import Flask
from werkzeug.serving import make_server

from lti_app.lti.ags import RESULT_SCOPE, SCORE_SCOPE
from lti_app.lti.connector import Lti
from lti_app.lti.keys import KeyRing, KeysUnusable
from lti_app.models.platform import Registration
from practice_lms.server import RunningLms, serve
from practice_lms.settings import Settings
from tests.lti_app.lti.launching import services_called
from tests.lti_app.lti.platforms import connect
from tests.visitor import Visitor

START, DAY, SECOND = datetime(2026, 1, 31, 23, 59, 58, 500, tzinfo=UTC), timedelta(days=1), timedelta(seconds=1)
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

    assert [set(key) for key in keys] == [PUBLIC_MEMBERS] * 3
    assert {(key["kty"], key["alg"], key["use"]) for key in keys} == {("RSA", "RS256", "sig")}


def test_keys_when_rotated_then_the_new_one_is_published_a_day_before_it_signs(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    with time_machine.travel(START, tick=False):
        old = ring.keys[0]
        new = ring.rotate()
        published, signed = _kids(ring), _kid_of(ring.sign({"n": 1}))
    with time_machine.travel(START + DAY - SECOND, tick=False):
        signed_before = _kid_of(ring.sign({}))
    with time_machine.travel(START + DAY, tick=False):
        signed_after = ring.sign({"n": 2})

    assert (published, signed, signed_before) == ([new.kid, old.kid], old.kid, old.kid)
    assert jwt.get_unverified_header(signed_after) == {"alg": "RS256", "typ": "JWT", "kid": new.kid}
    assert new.signs_from == START + DAY
    assert _verified(ring, signed_after) == {"n": 2}


def test_keys_when_rotated_at_once_then_the_new_one_signs_and_the_old_one_stays_published(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    old, signed_before = ring.keys[0], ring.sign({"n": 1})

    new = ring.rotate(at_once=True)

    assert _kids(ring) == [new.kid, old.kid]
    assert _kid_of(ring.sign({})) == new.kid
    assert _verified(ring, signed_before) == {"n": 1}
    assert _verified(ring, ring.sign({"n": 2})) == {"n": 2}


def test_keys_when_another_process_rotated_then_known_at_the_next_use(tmp_path: Path) -> None:
    web, worker = KeyRing(tmp_path), KeyRing(tmp_path)
    old = worker.keys[0]
    web_before = _kids(web)

    new = KeyRing(tmp_path).rotate(at_once=True)

    assert web_before == [old.kid]
    assert _kids(web) == [new.kid, old.kid]
    assert _kid_of(worker.sign({})) == new.kid


def test_keys_when_rotated_often_then_newest_first_with_their_moments(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    with time_machine.travel(START, tick=False):
        first = ring.keys[0].signs_from
    made = [first]
    for days in (30, 90):
        with time_machine.travel(START + days * DAY, tick=False):
            made.append(ring.rotate().signs_from)

    again = KeyRing(tmp_path)

    assert [key.signs_from for key in again.keys] == made[::-1]
    assert made == [START, START + 31 * DAY, START + 91 * DAY]


def test_keys_when_two_processes_rotate_at_once_then_both_new_ones_are_whole_and_one_signs(tmp_path: Path) -> None:
    old, gate = KeyRing(tmp_path).keys[0], threading.Barrier(2)
    made: list[str] = []

    def rotate() -> None:
        ring = KeyRing(tmp_path)
        gate.wait()
        made.append(ring.rotate(at_once=True).kid)

    threads = [threading.Thread(target=rotate) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rings = [KeyRing(tmp_path) for _ in range(2)]

    assert [set(_kids(ring)) for ring in rings] == [{old.kid, *made}] * 2
    assert {_kid_of(ring.sign({})) for ring in rings} == {_kids(rings[0])[0]} <= set(made)
    assert {path.suffix for path in tmp_path.iterdir()} == {".pem"}


def test_prune_when_a_day_has_passed_since_the_next_one_signs_then_removes_the_old_one_and_its_file(
    tmp_path: Path,
) -> None:
    ring = KeyRing(tmp_path)
    with time_machine.travel(START, tick=False):
        old = ring.keys[0]
        new = ring.rotate()
    with time_machine.travel(START + 2 * DAY - SECOND, tick=False):
        too_early = ring.prune()
    with time_machine.travel(START + 2 * DAY, tick=False):
        removed = ring.prune()
        again = ring.prune()

    assert (too_early, [key.kid for key in removed], again) == ([], [old.kid], [])
    assert _kids(ring) == [new.kid]
    assert [path.name.endswith(f"-{new.kid}.pem") for path in tmp_path.iterdir()] == [True]


def test_prune_when_there_is_one_key_then_it_stays_however_old(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    kids = _kids(ring)

    with time_machine.travel(datetime.now(UTC) + 4000 * DAY):
        removed = ring.prune()

    assert (removed, _kids(ring)) == ([], kids)


def test_prune_when_the_next_one_does_not_sign_yet_then_the_signing_one_stays(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    with time_machine.travel(START, tick=False):
        kid = ring.keys[0].kid
    with time_machine.travel(START + 400 * DAY, tick=False):
        ring.rotate()
        removed, signed = ring.prune(), _kid_of(ring.sign({}))

    assert (removed, signed) == ([], kid)


def test_keys_when_named_as_before_then_keep_their_kid_and_sign(tmp_path: Path) -> None:
    kid = KeyRing(tmp_path).keys[0].kid
    (path,) = tmp_path.iterdir()
    path.rename(tmp_path / f"20250131T235958000500-{kid}.pem")

    key = KeyRing(tmp_path).signing_key

    assert (key.kid, key.signs_from) == (kid, datetime(2025, 1, 31, 23, 59, 58, 500, tzinfo=UTC))


def test_keys_when_another_file_lies_in_the_folder_then_passed_over(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    kid = ring.keys[0].kid
    (tmp_path / "README.md").write_text("Keys live here.")
    (tmp_path / "half-written.part").write_bytes(b"-----BEGIN")

    assert [key.kid for key in KeyRing(tmp_path).keys] == [kid]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (lambda: _pem(ec.generate_private_key(ec.SECP256R1())), "is not an RSA key; platforms take RS256 only."),
        (lambda: _pem(generate_private_key(65537, 1024)), "has 1024 bits; platforms take 2048 or more."),  # noqa: S505 - too small
        (lambda: b"", "holds no private key in PEM form, or one with a password."),
        (lambda: b"-----BEGIN PRIVATE KEY-----\nAAAA\n", "holds no private key in PEM form, or one with a password."),
        (lambda: _pem(generate_private_key(65537, 2048), password=b"p"), "holds no private key in PEM form, or one"),
        (lambda: _public_pem(generate_private_key(65537, 2048)), "holds no private key in PEM form, or one"),
    ],
    ids=["elliptic", "small", "empty", "cut", "password", "public"],
)
def test_key_when_it_cannot_be_used_then_says_which_file_and_why(
    tmp_path: Path, content: Callable[[], bytes], sentence: str
) -> None:
    path = tmp_path / "20260101T000000000000-odd.pem"
    _write(path, content())

    with pytest.raises(KeysUnusable, match=rf"odd\.pem {re.escape(sentence)}"):
        _ = KeyRing(tmp_path).keys


@pytest.mark.parametrize(
    "name", ["mine.pem", "20260101-x.pem", "-x.pem", "20260101T000000000000.pem", "20261301T000000000000-x.pem"]
)
def test_key_when_its_file_has_another_name_then_says_what_keys_are_called(tmp_path: Path, name: str) -> None:
    _write(tmp_path / name, _pem(generate_private_key(65537, 2048)))

    with pytest.raises(
        KeysUnusable, match=r"has another name than keys have, <signs from>-<kid>\.pem; move it away\.$"
    ):
        _ = KeyRing(tmp_path).keys


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o644])
def test_key_when_others_may_read_it_then_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    _ = KeyRing(tmp_path).keys
    (path,) = tmp_path.iterdir()
    path.chmod(mode)

    with pytest.raises(KeysUnusable) as caught:
        _ = KeyRing(tmp_path).keys

    assert str(caught.value) == f"{path} is open to others than its owner; run: chmod 600 {path}"


def test_keys_when_a_bad_file_appears_while_running_then_the_known_ones_go_on(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    kids = _kids(ring)
    _write(tmp_path / "20990101T000000000000-bad.pem", b"no key")

    with structlog.testing.capture_logs() as logged:
        signed, published = _kid_of(ring.sign({})), _kids(ring)

    assert ([signed], published) == (kids, kids)
    assert {line["event"] for line in logged} == {"keys_unusable"}


def test_keys_when_the_folder_is_emptied_while_running_then_the_known_ones_go_on(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    kids = _kids(ring)
    for path in tmp_path.iterdir():
        path.unlink()

    assert _kids(ring) == kids
    assert list(tmp_path.iterdir()) == []


def test_rotate_when_the_disk_is_full_then_the_old_key_goes_on_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = KeyRing(tmp_path)
    kids = _kids(ring)

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(KeysUnusable, match=r"^No key can be written to .* \(No space left on device\)\.$"):
        ring.rotate()

    assert (_kids(ring), [_kid_of(ring.sign({}))]) == (kids, kids)
    assert len(list(tmp_path.iterdir())) == 1
    assert _kids(KeyRing(tmp_path)) == kids


def test_keys_when_the_folder_is_a_file_then_says_so(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("")

    with pytest.raises(KeysUnusable, match=r"^No key can be written to .*keys \(.*\)\.$"):
        _ = KeyRing(tmp_path / "keys").keys


def test_keys_when_given_as_pems_then_the_first_signs_and_all_are_published(tmp_path: Path) -> None:
    pems = [_pem(generate_private_key(65537, 2048)).decode() for _ in range(2)]

    ring = KeyRing(tmp_path / "unused", pems="\n".join(pems))
    turned = KeyRing(tmp_path / "unused", pems="".join(reversed(pems)))
    escaped = KeyRing(tmp_path / "unused", pems="".join(pems).replace("\n", "\\n"))

    assert len(set(_kids(ring))) == 2
    assert [_kid_of(ring.sign({})), _kids(turned)] == [_kids(ring)[0], _kids(ring)[::-1]]
    assert escaped.public_jwks() == ring.public_jwks()
    assert ring.prune() == []
    assert not (tmp_path / "unused").exists()
    with pytest.raises(KeysUnusable, match=r"^The keys come from STAFFROOM_PRIVATE_KEYS; rotate them there"):
        ring.rotate()


def test_key_when_moved_from_its_file_to_a_pem_then_keeps_its_kid(tmp_path: Path) -> None:
    kids = _kids(KeyRing(tmp_path))
    (path,) = tmp_path.iterdir()

    assert _kids(KeyRing(tmp_path, pems=path.read_text() * 2)) == kids


@pytest.mark.parametrize("pems", ["nonsense", "-----BEGIN PRIVATE KEY-----\\nAAAA\\n-----END PRIVATE KEY-----"])
def test_key_when_a_given_pem_is_none_then_says_so_without_showing_it(tmp_path: Path, pems: str) -> None:
    with pytest.raises(KeysUnusable) as caught:
        KeyRing(tmp_path, pems=pems)

    assert str(caught.value) == (
        "A key of STAFFROOM_PRIVATE_KEYS holds no private key in PEM form, or one with a password."
    )


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


def test_key_set_when_the_platform_holds_the_very_same_then_is_not_sent_again(app: Flask, visitor: Visitor) -> None:
    etag = visitor.get("/lti/jwks.json").headers["ETag"]
    same = visitor.client.get("/lti/jwks.json", base_url=visitor.base_url, headers={"If-None-Match": etag})
    older = visitor.client.get("/lti/jwks.json", base_url=visitor.base_url, headers={"If-None-Match": '"older"'})

    assert (same.status_code, same.data, same.headers["Cache-Control"]) == (304, b"", "public, max-age=3600")
    assert (older.status_code, older.json) == (200, app.extensions["staffroom_keys"].public_jwks())
    assert "ETag" not in visitor.get("/healthz").headers


def test_platform_when_it_cannot_fetch_our_keys_again_after_a_rotation_then_still_gives_a_token(
    app: Flask, lms: RunningLms, registration: Registration, tool_port: int, lti: Lti, tmp_path: Path
) -> None:
    ring = app.extensions["staffroom_keys"] = KeyRing(tmp_path / "own")
    connector = connect(registration, replace(lti, keys=ring))
    with _served(app, tool_port):
        connector.get_access_token([SCORE_SCOPE])

    # Nobody answers for our key set any more: the LMS has what it has.
    ring.rotate()
    token = connector.get_access_token([RESULT_SCOPE])

    assert len(token) == 32
    assert services_called(lms) == ["token", "token"]


def test_platform_when_the_new_key_begins_to_sign_then_gives_a_token_by_the_set_it_fetched_before(
    app: Flask, registration: Registration, tool_port: int, lti: Lti, tmp_path: Path
) -> None:
    ring = app.extensions["staffroom_keys"] = KeyRing(tmp_path / "own")
    old = ring.signing_key
    new = ring.rotate()
    connector = connect(registration, replace(lti, keys=ring))
    with _served(app, tool_port):
        connector.get_access_token([SCORE_SCOPE])

    # The LMS lives in this process: its clock goes on as well. Nobody answers for our key set any more.
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=90_000)):
        signing = ring.signing_key
        token = connector.get_access_token([RESULT_SCOPE])

    assert (signing.kid, len(token)) == (new.kid, 32)
    assert old.kid != new.kid


def test_platform_when_it_verifies_us_before_and_after_a_rotation_then_accepts_both(
    served: str, tmp_path: Path, app: Flask
) -> None:
    ring = KeyRing(tmp_path / "own")
    app.extensions["staffroom_keys"] = ring
    with serve(Settings(tool_url=served)) as lms:
        before = _accepted(lms, ring.sign({"n": 1}))
        ring.rotate(at_once=True)
        after = _accepted(lms, ring.sign({"n": 2}))

    assert (before, after) == ({"n": 1}, {"n": 2})


def _kids(ring: KeyRing) -> list[str]:
    return [key["kid"] for key in ring.public_jwks()["keys"]]


def _kid_of(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def _pem(private_key: RSAPrivateKey | ec.EllipticCurvePrivateKey, *, password: bytes | None = None) -> bytes:
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        encryption = serialization.BestAvailableEncryption(password)
    return private_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def _public_pem(private_key: RSAPrivateKey) -> bytes:
    return private_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)


@contextmanager
def _served(app: Flask, port: int) -> Iterator[None]:
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield
    server.shutdown()
    thread.join()
    server.server_close()


def _verified(ring: KeyRing, token: str) -> dict[str, object]:
    key_set = jwt.PyJWKSet.from_dict(ring.public_jwks())
    claims: dict[str, object] = jwt.decode(
        token, key_set[jwt.get_unverified_header(token)["kid"]], algorithms=["RS256"]
    )
    return claims


def _accepted(lms: RunningLms, token: str) -> dict[str, object]:
    return lms.lms.tool_keys.verify(token)
