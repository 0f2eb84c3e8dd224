"""What the score service does with good, odd and bad scores."""

from datetime import UTC, datetime, timedelta

import pytest

from practice_lms.server import RunningLms
from tests.practice_lms.small_tool import AGS, RESULTS, SCORE, Caller, SmallTool, call_api, statuses


def test_score_when_first_is_stored(caller: Caller) -> None:
    answer = caller.post_score(comment="Complete.")

    assert (answer.status_code, answer.content) == (200, b"")
    (cell,) = caller.gradebook()
    assert cell["received_at"] is not None
    assert cell | {"received_at": None} == {
        "person": "102",
        "activity": 1,
        "course": 1,
        "line_item": 11,
        "score": 1.0,
        "maximum": 1,
        "timestamp": "2026-03-03T10:00:00+00:00",
        "comment": "Complete.",
        "received_at": None,
    }


@pytest.mark.parametrize(
    ("timestamp", "status"),
    [
        ("2026-03-03T10:00:00Z", 409),
        ("2026-03-03T10:00:00.900Z", 409),
        ("2026-03-03T09:59:59Z", 409),
        ("2026-03-03T11:00:00+01:00", 409),
        ("2026-03-03T10:00:01Z", 200),
        ("2026-03-03T10:00:00-01:00", 200),
    ],
)
def test_second_score_when_not_newer_by_a_second_is_refused(caller: Caller, timestamp: str, status: int) -> None:
    caller.post_score()

    answer = caller.post_score(timestamp=timestamp, scoreGiven=0)

    assert answer.status_code == status
    assert caller.scores_of() == [1.0 if status == 409 else 0.0]


def test_score_of_the_future_blocks_later_ones_until_then(caller: Caller) -> None:
    now = datetime.now(UTC)
    in_an_hour = (now + timedelta(hours=1)).isoformat()

    answers = [caller.post_score(timestamp=in_an_hour), caller.post_score(timestamp=now.isoformat())]

    assert statuses(answers) == [200, 409]


@pytest.mark.parametrize("progress", ["NotReady", "Failed", "Pending", "PendingManual"])
def test_score_when_not_fully_graded_wipes_the_grade(caller: Caller, progress: str) -> None:
    caller.post_score()

    answer = caller.post_score(gradingProgress=progress, timestamp="2026-03-03T10:00:01Z")

    assert answer.status_code == 200
    assert caller.scores_of() == [None]


@pytest.mark.parametrize("person", ["101", "109", "110", "999", ""])
def test_score_for_somebody_who_is_no_learner_is_refused_with_an_empty_list(caller: Caller, person: str) -> None:
    answer = caller.post_score(person)

    assert (answer.status_code, answer.text) == (400, "[]")
    assert caller.gradebook() == []


def test_score_for_the_mentor_is_stored(caller: Caller) -> None:
    assert caller.post_score("108").status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"timestamp": None},
        {"timestamp": "yesterday"},
        {"timestamp": "2026-03-03T10:00:00"},
        {"timestamp": "0001-01-01T00:00:00+05:00"},
        {"timestamp": 1772532000},
        {"userId": None},
        {"userId": 102},
        {"activityProgress": None},
        {"activityProgress": "Done"},
        {"gradingProgress": None},
        {"gradingProgress": "Graded"},
        {"scoreGiven": -1},
        {"scoreGiven": "1"},
        {"scoreGiven": True},
        {"scoreGiven": float("nan")},
        {"scoreGiven": float("inf")},
        {"scoreGiven": 10**400},
        {"scoreMaximum": None},
        {"scoreMaximum": 0},
        {"scoreMaximum": -1},
        {"scoreGiven": None, "scoreMaximum": 0},
        {"comment": 5},
    ],
)
def test_score_when_a_field_is_bad_is_refused(caller: Caller, changes: dict[str, object]) -> None:
    answer = caller.post_score(**{"person": "102"} | changes)  # type: ignore[arg-type]

    assert (answer.status_code, answer.text) == (400, "[]")
    assert caller.gradebook() == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 100_000])
def test_score_when_not_an_object_is_refused(caller: Caller, body: bytes) -> None:
    answer = caller.send(caller.line_item_url(below="/scores"), body, content_type=SCORE)

    assert answer.status_code == 400


def test_score_when_scaled_and_above_the_maximum_is_capped(caller: Caller) -> None:
    caller.post_score("102", scoreGiven=3, scoreMaximum=4)
    caller.post_score("103", scoreGiven=9, scoreMaximum=4)

    assert caller.scores_of("102") == [0.75]
    assert caller.scores_of("103") == [1.0]


def test_comment_when_absent_from_the_next_score_is_gone(caller: Caller) -> None:
    caller.post_score(comment="Complete.")

    caller.post_score(timestamp="2026-03-03T10:00:01Z")

    assert [cell["comment"] for cell in caller.gradebook()] == [""]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/lti/courses/1/lineitems/99/lineitem/scores?type_id=1", 404),
        ("/lti/courses/1/lineitems/11/lineitem/scores", 404),
        ("/lti/courses/1/lineitems/11/lineitem?type_id=1/scores", 405),
        ("/lti/courses/2/lineitems/11/lineitem/scores?type_id=1", 404),
    ],
)
def test_score_when_the_address_was_built_wrongly_is_not_found(caller: Caller, address: str, status: int) -> None:
    answer = caller.send(caller.lms.url + address, {}, content_type=SCORE)

    assert answer.status_code == status


def test_score_when_the_column_was_lost_is_not_found(caller: Caller, lms: RunningLms) -> None:
    caller.post_score()
    call_api(lms, "line-items/lose", {"activity": 1})

    assert caller.post_score(timestamp="2026-03-03T10:00:01Z").status_code == 404
    assert caller.gradebook() == []


def test_score_when_the_media_type_is_json_is_refused(caller: Caller) -> None:
    answer = caller.send(caller.line_item_url(below="/scores"), {}, content_type="application/json")

    assert answer.status_code == 415


def test_score_when_the_token_lacks_the_scope_is_forbidden(lms: RunningLms, tool: SmallTool) -> None:
    reader = Caller(lms=lms, token=tool.token(lms, f"{AGS}result.readonly"))

    assert reader.post_score().status_code == 403


def test_score_when_the_token_is_unknown_is_unauthorised_without_a_challenge(lms: RunningLms) -> None:
    answer = Caller(lms=lms, token="made-up").post_score()

    assert answer.status_code == 401
    assert "WWW-Authenticate" not in answer.headers


def test_results_when_read_show_points_and_comments(caller: Caller) -> None:
    caller.post_score("102", comment="Complete.")
    caller.post_score("103", gradingProgress="Pending")

    rows = caller.get(caller.line_item_url(below="/results"), accept=RESULTS).json()

    base = caller.line_item_url(below="/results")
    common = {"resultMaximum": 1, "scoreOf": caller.line_item_url()}
    assert rows == [
        common | {"id": f"{base}&user_id=102", "userId": "102", "resultScore": 1.0, "comment": "Complete."},
        common | {"id": f"{base}&user_id=103", "userId": "103", "comment": ""},
    ]


def test_results_when_filtered_show_one_person(caller: Caller) -> None:
    caller.post_score("102")
    caller.post_score("103")

    rows = caller.get(caller.line_item_url(below="/results"), accept=RESULTS, user_id="103").json()

    assert [row["userId"] for row in rows] == ["103"]


def test_results_when_there_are_many_come_in_pages(caller: Caller, lms: RunningLms) -> None:
    people = ["102", "103", "104", "105", "106"]
    for person in people:
        caller.post_score(person)
    call_api(lms, "settings", {"page_size": 2})

    found, url = [], caller.line_item_url(below="/results")
    while url:
        answer = caller.get(url, accept=RESULTS)
        found.append([row["userId"] for row in answer.json()])
        url = answer.links.get("next", {}).get("url", "")

    assert found == [["102", "103"], ["104", "105"], ["106"]]


def test_results_when_limited_are_not_found_as_in_moodle(caller: Caller) -> None:
    answer = caller.get(caller.line_item_url(below="/results"), accept=RESULTS, limit="10")

    assert answer.status_code == 404


def test_results_when_any_type_is_accepted_are_refused(caller: Caller) -> None:
    assert caller.get(caller.line_item_url(below="/results"), accept="*/*").status_code == 400


def test_score_log_when_posts_were_refused_keeps_them_too(caller: Caller, lms: RunningLms) -> None:
    caller.post_score()
    caller.post_score("101")
    caller.send(caller.line_item_url(below="/scores"), b"{", content_type=SCORE)

    log = call_api(lms, "scores")

    assert [(row["person"], row["activity"], row["line_item"], row["status"]) for row in log] == [
        ("102", 1, 11, 200),
        ("101", 1, 11, 400),
        (None, 1, 11, 400),
    ]
    assert log[0]["body"]["timestamp"] == "2026-03-03T10:00:00Z"
    assert log[2]["body"] == "{"
