"""A login is good once, for ten minutes, in its own browser, for its own token."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import requests
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from lti_app.models.platform import Registration
from tests.lti_app.lti.launching import ON_SQLITE, log_lines, outcome, query_of, refusal, stored
from tests.visitor import FACILITATOR, TEACHER, Visitor

UNKNOWN = "The state is none that Staffroom gave out."
USED, ELSEWHERE = "The login was used already.", "The state is of another browser."
POSTS = 8


@ON_SQLITE
@pytest.mark.parametrize("state", ["x", "A" * 43, "' OR 1=1 --", "é", "%", "nul\x00", ".", "a.b.c", "." * 100])
def test_state_when_unknown_then_refused(visitor: Visitor, state: str) -> None:
    fields = visitor.token(visitor.begin(TEACHER)).fields

    answer = visitor.post_token({**fields, "state": state})

    assert outcome(answer) == refusal("state", UNKNOWN)


@ON_SQLITE
@pytest.mark.parametrize("state", ["", "A" * 513, "s" * 100_000])
def test_state_when_malformed_then_refused(visitor: Visitor, state: str) -> None:
    answer = visitor.post_token({"state": state, "id_token": "a.b.c"})

    assert outcome(answer) == refusal("state", "The state is missing or malformed.")


def test_launch_when_nothing_is_posted_then_refused(visitor: Visitor) -> None:
    answer = visitor.post_token({})

    assert outcome(answer) == refusal("state", "The state is missing or malformed.")


def test_state_when_used_twice_then_the_second_is_refused(visitor: Visitor) -> None:
    fields = visitor.token(visitor.begin(TEACHER)).fields
    first = visitor.post_token(fields)
    after_first = stored()

    second = visitor.post_token(fields)

    found, expected = outcome(second), refusal("state", USED)
    assert first.status_code == 303
    assert found.stored == {**after_first, "launch_record": 2}
    assert (found.status, found.sentences, found.logged) == (400, expected.sentences, expected.logged)
    assert not found.signs_in


def test_state_when_its_token_was_refused_then_it_is_used_up(visitor: Visitor, registration: Registration) -> None:
    fields = visitor.token(visitor.begin(TEACHER)).fields
    visitor.post_token({**fields, "id_token": "rubbish"})

    answer = visitor.post_token(fields)

    assert [line.check for line in log_lines()] == ["token", "state"]
    assert [line.registration_id for line in log_lines()] == [registration.id, registration.id]
    assert outcome(answer).stored == {"launch_record": 2}


def test_state_when_posted_by_another_browser_then_refused_and_still_good_in_its_own(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    fields = visitor.token(visitor.begin(TEACHER)).fields
    another_visitor.begin(TEACHER)

    stolen = another_visitor.post_token(fields)

    assert outcome(stolen) == refusal("state", ELSEWHERE)
    assert visitor.post_token(fields).status_code == 303


def test_state_when_the_browser_kept_no_cookie_then_refused_with_advice(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    fields = visitor.token(visitor.begin(TEACHER)).fields

    answer = another_visitor.post_token(fields)

    assert outcome(answer) == refusal("cookie", "The browser sent no cookie of its login.")
    assert visitor.post_token(fields).status_code == 303


@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "é", "\x7f", "a" * 3000])
def test_state_when_the_cookie_is_made_up_then_refused(app: Flask, visitor: Visitor, cookie: str) -> None:
    fields = visitor.token(visitor.begin(TEACHER)).fields

    answer = app.test_client(use_cookies=False).post(
        "/lti/launch",
        data=fields,
        base_url=visitor.base_url,
        headers={"Cookie": f"__Host-staffroom-browser={cookie}"},
    )

    found = outcome(answer)
    assert (found.status, found.stored) == (400, {"launch_record": 1})
    assert found.logged[1] == ("state" if cookie else "cookie")


@pytest.mark.parametrize(("seconds", "status"), [(590, 303), (601, 400), (86400, 400)])
def test_state_when_ten_minutes_old_then_refused(visitor: Visitor, seconds: int, status: int) -> None:
    later = datetime.now(UTC) + timedelta(seconds=seconds)
    login = visitor.begin(TEACHER)

    with time_machine.travel(later):
        # The LMS shares the moved clock, so the token itself is young.
        answer = visitor.post_token(visitor.token(login).fields)

    assert answer.status_code == status
    if status == 400:
        assert outcome(answer) == refusal("state", "The login is older than ten minutes.")


def test_state_when_of_one_login_with_the_token_of_another_then_refused(
    visitor: Visitor, registration: Registration
) -> None:
    first = visitor.token(visitor.begin(TEACHER)).fields
    second = visitor.token(visitor.begin(FACILITATOR)).fields

    answer = visitor.post_token({"state": first["state"], "id_token": second["id_token"]})

    assert outcome(answer) == refusal(
        "nonce", "The nonce is not the one of the login.", registration_id=registration.id
    )


def test_logins_when_in_two_tabs_then_both_work_in_any_order(visitor: Visitor) -> None:
    first = visitor.begin(TEACHER, 1)
    second = visitor.begin(TEACHER, 2)

    later = visitor.post_token(visitor.token(second).fields)
    earlier = visitor.post_token(visitor.token(first).fields)

    assert (later.status_code, earlier.status_code) == (303, 303)
    assert {later.headers["Location"], earlier.headers["Location"]} == {"/journal/1", "/journal/2"}
    assert visitor.get(later.headers["Location"]).status_code == 200
    assert visitor.get(earlier.headers["Location"]).status_code == 200


def test_state_when_posted_many_times_at_once_then_exactly_one_wins(visitor: Visitor, served: str) -> None:
    login = visitor.begin(TEACHER)
    fields, cookie = visitor.token(login).fields, _cookie(login)

    statuses = _post_at_once(served, [fields] * POSTS, cookie)

    assert sorted(statuses) == [303, *[400] * (POSTS - 1)]
    outcomes = sorted((line.outcome.value, line.check) for line in log_lines())
    assert outcomes == [("accepted", None), *[("refused", "state")] * (POSTS - 1)]
    assert {**stored(), "launch_record": 0} == {
        "lti_user": 1,
        "context": 1,
        "membership": 1,
        "activity": 1,
        "launch_record": 0,
    }


def test_first_launches_when_many_at_once_then_all_work_and_make_one_of_each(visitor: Visitor, served: str) -> None:
    first = visitor.begin(TEACHER)
    cookie = _cookie(first)
    tokens = [visitor.token(login).fields for login in [first, *(visitor.begin(TEACHER) for _ in range(POSTS - 1))]]

    statuses = _post_at_once(served, tokens, cookie)

    assert statuses == [303] * POSTS
    assert stored() == {"lti_user": 1, "context": 1, "membership": 1, "activity": 1, "launch_record": POSTS}


def test_login_when_never_used_then_holds_no_secret_of_the_browser(visitor: Visitor) -> None:
    login = visitor.begin(TEACHER)

    secret = _cookie(login).partition("=")[2]
    assert len(secret) >= 43
    assert len(query_of(login)["state"]) >= 43
    assert secret not in login.headers["Location"]


def _cookie(login: TestResponse) -> str:
    return login.headers["Set-Cookie"].partition(";")[0]


def _post_at_once(served: str, forms: list[dict[str, str]], cookie: str) -> list[int]:
    """Post each form from a thread of its own, all let go at the same moment, and return the statuses."""
    gate = threading.Barrier(len(forms))
    statuses: list[int] = []

    def post(form: dict[str, str]) -> None:
        gate.wait()
        answer = requests.post(
            f"{served}/lti/launch", data=form, headers={"Cookie": cookie}, allow_redirects=False, timeout=30
        )
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=post, args=(form,)) for form in forms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses
