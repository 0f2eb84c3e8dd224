"""Scores and results on the wire."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from flask import Flask

from lti_app.errors import PlatformRefused, PlatformUnavailable, Refusal
from lti_app.lti.ags import Result, Score, post_score, read_result
from lti_app.lti.connector import Lti, PlatformConnector
from lti_app.models.platform import Registration
from practice_lms.server import RunningLms
from tests.lti_app.lti.bare_platform import Asked, BarePlatform, Told
from tests.lti_app.lti.launching import call
from tests.lti_app.lti.platforms import bare_registration, connect
from tests.visitor import OTHER_TEACHER, TEACHER

MOMENT = datetime(2026, 11, 21, 9, 30, 15, tzinfo=UTC)


def _score(**changes: Any) -> Score:
    return Score(**{"sub": TEACHER, "given": 1, "maximum": 1, "timestamp": MOMENT, "comment": "Done.", **changes})


def test_score_when_written_then_is_complete_and_fully_graded() -> None:
    body = json.loads(_score(given=0.5, maximum=2).to_json())

    assert body == {
        "userId": TEACHER,
        "scoreGiven": 0.5,
        "scoreMaximum": 2,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "timestamp": "2026-11-21T09:30:15+00:00",
        "comment": "Done.",
    }


@pytest.mark.parametrize(
    "points",
    [
        {"given": float("nan")},
        {"given": float("inf")},
        {"maximum": float("inf")},
        {"maximum": float("nan")},
        {"given": float("inf"), "maximum": float("inf")},
        {"given": -0.1},
        {"given": 1.1},
        {"given": 0, "maximum": -1},
    ],
    ids=str,
)
def test_score_when_its_points_are_impossible_then_not_written(points: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="a score lies between 0 and its maximum"):
        _score(**points).to_json()


def test_score_when_posted_then_read_back_as_a_result(
    served: str, lms: RunningLms, registration: Registration, lti: Lti
) -> None:
    del served
    connector, line_item = connect(registration, lti), _line_item(lms)

    answer = post_score(connector, line_item, body=_score().to_json())

    assert answer.status == 200
    assert read_result(connector, line_item, sub=TEACHER) == Result(given=1.0, maximum=1.0)
    assert read_result(connector, line_item, sub=OTHER_TEACHER) is None
    paths = [row["path"] for row in requests.get(f"{lms.url}/api/requests", timeout=5).json()]
    assert "/lti/courses/1/lineitems/11/lineitem/scores?type_id=1" in paths
    assert f"/lti/courses/1/lineitems/11/lineitem/results?type_id=1&user_id={TEACHER}" in paths


@pytest.mark.parametrize(
    ("line_item", "path"),
    [
        ("/items/1", "/items/1/scores"),
        ("/items/1/", "/items/1/scores"),
        ("/items/1?type_id=1", "/items/1/scores?type_id=1"),
        ("/items/1?a=1&b=%26", "/items/1/scores?a=1&b=%26"),
        ("/items/1?", "/items/1/scores"),
    ],
)
def test_score_when_the_line_item_has_a_query_then_it_stays_behind_the_path(
    app: Flask, bare: BarePlatform, lti: Lti, line_item: str, path: str
) -> None:
    del app

    post_score(_to_bare(bare, lti), f"{bare.url}{line_item}", body="{}")

    assert bare.paths() == ["/token", path]
    assert bare.asked[1].method == "POST"
    assert bare.asked[1].headers["Content-Type"] == "application/vnd.ims.lis.v1.score+json"


@pytest.mark.parametrize("sub", ["a b&c=d", "é", "a/../b", "#", "50%"])
def test_result_when_the_sub_is_odd_then_asked_for_quoted(app: Flask, bare: BarePlatform, lti: Lti, sub: str) -> None:
    del app
    connector = _to_bare(bare, lti, results=[{"userId": sub, "resultScore": 0.5, "resultMaximum": 1}])

    found = read_result(connector, f"{bare.url}/items/1?type_id=1", sub=sub)

    assert found == Result(given=0.5, maximum=1.0)
    assert bare.paths()[1].startswith("/items/1/results?type_id=1&user_id=")
    assert not set(bare.paths()[1]) & set(" é#")


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([], None),
        ([{"userId": "somebody else", "resultScore": 1}], None),
        ([5, None, "x", [], {}], None),
        ([{"userId": TEACHER}], Result(given=None, maximum=None)),
        ([{"userId": int(TEACHER), "resultScore": 1, "resultMaximum": 2}], Result(given=1.0, maximum=2.0)),
        ([{"userId": TEACHER, "resultScore": None, "resultMaximum": True}], Result(given=None, maximum=None)),
        ([{"userId": TEACHER, "resultScore": "1", "resultMaximum": []}], Result(given=None, maximum=None)),
        ([{"userId": TEACHER, "resultScore": 10**400, "resultMaximum": 1}], Result(given=None, maximum=1.0)),
        ([{"userId": "x"}, {"userId": TEACHER, "resultScore": 0}], Result(given=0.0, maximum=None)),
    ],
    ids=lambda value: str(value)[:60],
)
def test_result_when_the_answer_is_loose_then_only_what_is_sure_is_taken(
    app: Flask, bare: BarePlatform, lti: Lti, results: Any, expected: Result | None
) -> None:
    del app
    connector = _to_bare(bare, lti, results=results)

    assert read_result(connector, f"{bare.url}/items/1", sub=TEACHER) == expected


@pytest.mark.parametrize("results", [{}, None, "text", 5], ids=repr)
def test_result_when_the_answer_is_no_list_then_unavailable(
    app: Flask, bare: BarePlatform, lti: Lti, results: Any
) -> None:
    del app
    connector = _to_bare(bare, lti, results=results)

    with pytest.raises(PlatformUnavailable, match="the results are malformed"):
        read_result(connector, f"{bare.url}/items/1", sub=TEACHER)


def test_result_when_the_service_fails_then_unavailable(
    served: str, lms: RunningLms, registration: Registration, lti: Lti
) -> None:
    del served
    call(lms, "faults", {"kind": "results", "fault": "500"})

    with pytest.raises(PlatformUnavailable) as caught:
        read_result(connect(registration, lti), _line_item(lms), sub=TEACHER)

    assert caught.value.status == 500


def test_score_when_the_line_item_is_on_another_host_then_no_token_leaves(
    app: Flask, bare: BarePlatform, lti: Lti, registration: Registration
) -> None:
    del app

    with pytest.raises(PlatformRefused) as caught:
        post_score(connect(registration, lti), f"{bare.url}/items/1", body="{}")

    assert caught.value.reason is Refusal.OUR_FAULT
    assert bare.asked == []


def _line_item(lms: RunningLms) -> str:
    return f"{lms.url}/lti/courses/1/lineitems/11/lineitem?type_id=1"


def _to_bare(bare: BarePlatform, lti: Lti, results: Any = None) -> PlatformConnector:
    def answer(asked: Asked) -> Told:
        if asked.path == "/token":
            return Told(body=b'{"access_token": "good", "expires_in": 3600}')
        return Told(body=json.dumps(results).encode())

    bare.answer = answer
    return connect(bare_registration(bare), lti)
