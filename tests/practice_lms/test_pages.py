"""What people see and may do on the pages of the practice LMS."""

import re
from urllib.parse import urlencode

import pytest
import requests

from practice_lms.people import PEOPLE
from practice_lms.server import RunningLms
from tests.practice_lms.browser import Browser
from tests.practice_lms.launching import LTI, form_in, login_request, verified
from tests.practice_lms.small_tool import Caller, call_api


def test_front_page_when_opened_offers_ten_people(browser: Browser) -> None:
    page = browser.get("/").text

    assert len(PEOPLE) == 10
    for person in PEOPLE:
        assert person.name in page
        assert person.invitation in page


@pytest.mark.parametrize("path", ["/course", "/course/activities/1", "/course/gradebook", "/course/add"])
def test_page_when_nobody_is_signed_in_leads_to_the_front_page(browser: Browser, path: str) -> None:
    answer = browser.get(path)

    assert answer.url.endswith("/")
    assert "Who would you like to be?" in answer.text


def test_signing_in_when_done_sets_a_lax_cookie(browser: Browser) -> None:
    answer = browser.sign_in("102")

    cookie = answer.history[0].headers["Set-Cookie"]
    assert cookie.startswith("practice_lms_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Jonas Lindqvist" in answer.text


def test_signing_in_when_the_person_is_unknown_fails(browser: Browser) -> None:
    assert browser.sign_in("999").status_code == 404


def test_course_when_a_score_arrived_shows_it_to_its_teacher_only(caller: Caller, browser: Browser) -> None:
    caller.post_score("102")

    browser.sign_in("102")
    own = browser.get("/course").text
    browser.sign_in("103")
    other = browser.get("/course").text

    assert re.search(r'data-activity="1"[^>]*>\s*<span[^>]*>Your grade</span> 1/1', own)
    assert "1/1" not in other


def test_activity_when_it_opens_here_stands_in_a_frame(browser: Browser) -> None:
    browser.sign_in("102")

    page = browser.get("/course/activities/1").text

    assert '<iframe class="tool" title="Weekly reflection" src="/course/activities/1/launch"' in page


def test_activity_when_it_opens_a_window_has_a_link_for_that(browser: Browser) -> None:
    browser.sign_in("102")

    page = browser.get("/course/activities/2").text

    assert "<iframe" not in page
    assert 'href="/course/activities/2/launch" target="_blank"' in page


def test_gradebook_when_empty_says_what_to_do(browser: Browser) -> None:
    browser.sign_in("101")

    assert "No grades yet" in browser.get("/course/gradebook").text


def test_gradebook_when_filled_shows_everybody_to_the_principal(caller: Caller, browser: Browser) -> None:
    caller.post_score("102", comment="Complete.")
    browser.sign_in("109")

    page = browser.get("/course/gradebook").text

    assert "No grades yet" not in page
    assert "Latest: Jonas Lindqvist, Weekly reflection: 1/1 at" in page
    (cell,) = re.findall(r'<td[^>]*data-person="102" data-activity="1"[^>]*title="([^"]*)">1/1</td>', page)
    assert re.fullmatch(r"Arrived \w{3} \d\d \w{3} \d{4}, [\d:]{8} UTC: Complete\.", cell)
    assert re.search(r'data-person="103" data-activity="1" data-line-item="11">–</td>', page)


def test_gradebook_when_a_teacher_looks_shows_the_own_row_only(caller: Caller, browser: Browser) -> None:
    caller.post_score("102")
    browser.sign_in("103")

    page = browser.get("/course/gradebook").text

    assert set(re.findall(r'data-person="(\d+)"', page)) == {"103"}
    assert "Jonas" not in page


@pytest.mark.parametrize("person", ["102", "108", "110"])
def test_adding_when_not_teaching_the_course_is_refused(browser: Browser, person: str) -> None:
    browser.sign_in(person)

    assert [browser.get(path).status_code for path in ("/course/add", "/course/add/launch")] == [403, 403]
    assert "Add an activity" not in browser.get("/course").text


def test_adding_when_a_facilitator_launches_in_a_frame(browser: Browser) -> None:
    browser.sign_in("101")

    assert 'src="/course/add/launch?tool=default"' in browser.get("/course/add").text
    assert "ltilaunch_ContentItemSelectionRequest" in browser.get("/course/add/launch").text


def test_adding_when_chosen_in_a_new_window_says_so_in_the_launch(browser: Browser, lms: RunningLms) -> None:
    browser.sign_in("101")

    page = browser.get("/course/add").text
    login = form_in(browser.get("/course/add/launch?window=1").text)
    query = urlencode(login_request(lms, login.fields))
    claims = verified(lms, form_in(browser.get(f"/lti/auth?{query}").text).fields["id_token"])

    assert 'href="/course/add/launch?tool=default&amp;window=1" target="_blank"' in page
    assert claims[f"{LTI}launch_presentation"] == {"locale": "en", "document_target": "window"}


def test_return_page_when_given_a_message_shows_it_without_tags(browser: Browser) -> None:
    browser.sign_in("102")

    page = browser.get("/course/activities/1/return?lti_errormsg=<b>Not</b>+ready&lti_msg=Later").text

    assert "Not ready" in page
    assert "Later" in page


@pytest.mark.parametrize("path", ["/nowhere", "/course/activities/99", "/course/activities/99/launch"])
def test_page_when_missing_says_so_in_words(browser: Browser, path: str) -> None:
    browser.sign_in("102")

    answer = browser.get(path)

    assert (answer.status_code, "There is no such page" in answer.text) == (404, True)


def test_page_when_sent_has_a_policy_without_inline_code(browser: Browser) -> None:
    browser.sign_in("101")

    for path in ("/", "/course", "/course/activities/1", "/course/gradebook", "/switches", "/course/add"):
        answer = browser.get(path)
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'; frame-src")
        assert not re.search(r"<script>|<style|style=|onclick", answer.text)


def test_page_when_opened_as_localhost_moves_to_the_own_address(lms: RunningLms) -> None:
    port = lms.url.rpartition(":")[2]
    headers = {"Host": f"localhost:{port}"}

    answer = requests.get(f"{lms.url}/course?a=b", headers=headers, allow_redirects=False, timeout=10)

    assert answer.headers["Location"] == f"{lms.url}/course?a=b"


def test_switches_when_set_by_form_take_effect(caller: Caller, browser: Browser) -> None:
    lms = caller.lms
    key_set = browser.get("/lti/jwks.json").json()

    page = browser.post("/switches/faults", kind="scores", fault="429", times="2", seconds="9").text
    browser.post("/switches/faults", kind="results", fault="500", times="", seconds="5")
    browser.post("/switches/numbers", page_size="3", token_lifetime_seconds="60", clock_offset_seconds="0")
    browser.post("/switches/line-items", activity="2", deed="lose")
    browser.post("/switches/line-items", activity="1", deed="second")
    browser.post("/switches/keys")
    answer = caller.post_score()
    browser.post("/switches/tokens")

    assert "Asks to come back after some seconds" in page
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "9")
    assert [rule["times"] for rule in call_api(lms, "faults")] == [1, None]
    assert browser.get("/lti/jwks.json").json() != key_set
    assert [len(row["line_items"]) for row in call_api(lms, "activities")] == [2, 0, 0]
    assert caller.post_score().status_code == 429
    assert caller.post_score().status_code == 401


def test_switches_when_turned_off_are_off(browser: Browser, lms: RunningLms) -> None:
    for kind in ("scores", "results", "token"):
        browser.post("/switches/faults", kind=kind, fault="500")

    browser.post("/switches/faults/off", kind="scores")
    one_less = [rule["kind"] for rule in call_api(lms, "faults")]
    browser.post("/switches/faults/off")

    assert one_less == ["results", "token"]
    assert call_api(lms, "faults") == []


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/switches/faults", {"kind": "none", "fault": "500"}),
        ("/switches/faults", {"kind": "scores", "fault": "none"}),
        ("/switches/line-items", {"activity": "99", "deed": "lose"}),
    ],
)
def test_switch_when_unknown_is_not_found(browser: Browser, path: str, fields: dict[str, str]) -> None:
    assert browser.post(path, **fields).status_code == 404


def test_switches_page_when_the_tool_called_shows_its_requests(caller: Caller, browser: Browser) -> None:
    caller.post_score("101")

    for path in ("/switches", "/switches/log"):
        page = browser.get(path).text
        assert "POST /lti/courses/1/lineitems/11/lineitem/scores?type_id=1" in page
        assert re.search(r'failed">400</td>', page)
