"""Sessions that are read late."""

from typing import Any

from lti_app.web.sessions import LateSession


def test_late_session_when_nobody_looks_at_it_then_is_not_read() -> None:
    reads: list[str] = []

    session = LateSession(lambda: _note(reads))

    assert (session.is_opened, session.modified, reads) == (False, False, [])


def test_late_session_when_looked_at_twice_then_is_read_once_and_not_modified() -> None:
    reads: list[str] = []
    session = LateSession(lambda: _note(reads))

    looked_at = [session.get("kept"), dict(session)]

    assert looked_at == [1, {"kept": 1}]
    assert (session.is_opened, session.modified, reads) == (True, False, ["read"])


def test_late_session_when_changed_then_is_modified_and_keeps_the_rest() -> None:
    added, removed = LateSession(lambda: _note([])), LateSession(lambda: _note([]))

    added["new"] = 2
    removed.clear()

    assert (dict(added), added.modified) == ({"kept": 1, "new": 2}, True)
    assert (dict(removed), removed.modified) == ({}, True)


def _note(reads: list[str]) -> dict[str, Any]:
    reads.append("read")
    return {"kept": 1}
