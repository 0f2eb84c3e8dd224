"""What survives a restart, and what happens with a damaged file."""

import json
import stat
from pathlib import Path

import jwt
import pytest
import requests

from practice_lms.__main__ import main
from practice_lms.people import INSTRUCTOR
from practice_lms.server import serve
from practice_lms.settings import Settings
from practice_lms.state_file import DamagedStateFileError
from tests.practice_lms.launching import launch, verified
from tests.practice_lms.small_tool import Caller, SmallTool, call_api

KEPT = ("gradebook", "activities", "faults", "people", "courses", "groups", "manner", "deep-linking/offer")


def test_state_when_served_again_is_as_it_was(tool: SmallTool, tmp_path: Path) -> None:
    settings = Settings(tool_url=tool.url, state_file=tmp_path / "deep" / "state.json")
    with serve(settings) as lms:
        caller = Caller(lms=lms, token=tool.token(lms))
        caller.post_score(comment="Complete.")
        made = call_api(lms, "activities", {"title": "Öffnen", "window": True, "custom": {"a": "b"}})["id"]
        call_api(lms, "faults", {"kind": "results", "fault": "429", "times": 3})
        call_api(lms, "settings", {"page_size": 3})
        call_api(lms, "enrol", {"count": 2})
        call_api(lms, "people/103/roles", {"roles": [INSTRUCTOR]})
        call_api(lms, "people/104/enrol", {"status": "Inactive"})
        call_api(lms, "courses/1/copy", {"with_learners": True})
        call_api(lms, "groups", {"name": "Blue", "members": ["102", "103"]})
        call_api(lms, "manner", {"dialect": "canvas"})
        call_api(lms, "deep-linking/offer", {"accept_types": ["link"], "accept_multiple": None})
        token = launch(lms).fields["id_token"]
        before = [call_api(lms, path) for path in KEPT]

    with serve(settings) as lms:
        after = [call_api(lms, path) for path in KEPT]
        again = Caller(lms=lms, token=caller.token).post_score()
        next_made = call_api(lms, "activities", {"title": "Next"})["id"]
        kids = [key["kid"] for key in requests.get(f"{lms.url}/lti/jwks.json", timeout=10).json()["keys"]]

    assert _without_addresses(before) == _without_addresses(after)
    assert again.status_code == 409
    assert next_made > made
    assert kids == [jwt.get_unverified_header(token)["kid"]]


def test_state_file_when_of_the_first_format_is_read_as_one_course(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with serve(Settings(state_file=path)) as lms:
        call_api(lms, "enrol", {"count": 1})
        call_api(lms, "people/103/roles", {"roles": [INSTRUCTOR]})
    kept = json.loads(path.read_text()) | {"format": 1}
    for name in ("courses", "enrolments", "tools", "manner", "offer", "notice_handlers", "groups"):
        del kept[name]
    for row in (*kept["activities"], *kept["line_items"]):
        for name in ("course_id", "tool", "sent", "copied_from", "submission_review"):
            row.pop(name, None)
    path.write_text(json.dumps(kept))

    with serve(Settings(state_file=path)) as lms:
        people = {row["id"]: row for row in call_api(lms, "people")}
        activities = call_api(lms, "activities")

    assert people["103"]["roles"] == [INSTRUCTOR]
    assert people["1001"]["enrolled"] is True
    assert [row["course"] for row in activities] == [1, 1, 1]


def test_state_file_when_written_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state.json"

    with serve(Settings(state_file=path)):
        pass

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"format": 2}',
        '{"format": 3}',
        b"\xff\xfe",
        {"keys": []},
        {"keys": [{"kid": "a", "pem": "rubbish"}]},
        {"page_size": "fifty"},
        {"grades": [{}]},
        {"faults": [{"kind": "none", "fault": "500"}]},
        {"activities": 5},
        {"courses": [{"id": 1}]},
        {"enrolments": [{"course_id": 1, "person_id": "102", "roles": [], "status": "Tired"}]},
        {"manner": {"dialect": "morse"}},
    ],
)
def test_state_file_when_damaged_is_refused_in_a_sentence(
    tmp_path: Path, content: str | bytes | dict[str, object]
) -> None:
    path = tmp_path / "state.json"
    with serve(Settings(state_file=path)):
        pass
    if isinstance(content, dict):
        content = json.dumps(json.loads(path.read_text()) | content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(DamagedStateFileError, match="cannot be read") as caught, serve(Settings(state_file=path)):
        pass

    assert str(path) in str(caught.value)


def test_command_when_the_state_file_is_damaged_ends_with_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "state.json"
    path.write_text("{")

    assert main(["--port", "0", "--state-file", str(path)]) == 1
    assert "Move it away" in capsys.readouterr().err


def test_reset_when_asked_brings_the_fresh_course_and_keeps_the_key(caller: Caller) -> None:
    lms = caller.lms
    caller.post_score()
    call_api(lms, "enrol", {"count": 3})
    token = launch(lms).fields["id_token"]

    call_api(lms, "reset", {})

    assert caller.gradebook() == []
    assert len(call_api(lms, "people")) == 10
    assert call_api(lms, "requests") == []
    assert verified(lms, token)["sub"] == "102"
    assert caller.post_score().status_code == 200


def _without_addresses(rows: list[object]) -> list[object]:
    # The free port differs between the two runs, and with it every address.
    text = json.dumps(rows)
    return list(json.loads(text.replace(text.partition("http://127.0.0.1:")[2][:5], "")))
