"""Deep linking under attack: whom the answer goes to, who may ask, what a request id, a title or a template opens."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from lti_app.clock import now
from lti_app.db import db
from lti_app.models.activity import Activity, ActivityTemplate
from lti_app.models.deep_linking import DeepLinkingRequest
from lti_app.models.platform import Registration, RegistrationStatus
from practice_lms.people import ADMINISTRATORS
from tests.lti_app.lti.launching import LTI, Outcome, launch_with, log_lines, outcome, stored
from tests.picking import DL, ask, asked_settings, configure, pick, sent
from tests.placing import template_of
from tests.visitor import FACILITATOR, LMS_ADMIN, MENTOR, OTHER_TEACHER, TEACHER, Visitor

HOSTILE = "\"><script>alert(1)</script><b onmouseover='x'>"
ROLE = (
    "Only those who look after this course can add activities to it.",
    "Ask the facilitator of the course to add it, or to enrol you as one of its instructors.",
)
ADDRESS = (
    "Your LMS asked Staffroom to answer to an address that is not its own.",
    "Nothing was sent. Give your LMS admin the reference number.",
)
NO_LINKS = (
    "Your LMS does not take activities in the place that you came from.",
    "Go to the place in your course where you add activities, and choose Staffroom there.",
)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/return",
        "http://127.0.0.1.evil.example/return",
        "http://127.0.0.1:1/return",
        "http://localhost/return",
    ],
)
def test_return_url_when_on_another_host_then_refused_and_nothing_is_kept(
    visitor: Visitor, registration: Registration, url: str
) -> None:
    answer = ask(visitor, deep_link_return_url=url)

    explanation = "The return address is on a host that is not the registered platform's."
    assert outcome(answer) == _refused(registration, "return_url", explanation, ADDRESS, status=403)


@pytest.mark.parametrize(
    "url",
    [
        None, "", 7, "javascript:alert(1)", "data:text/html,x", "//evil.example/", "/return", "{lms}@evil.example/",
        "https://user@{host}/", "{lms}/a b", "{lms}\\evil", "{lms}/\r\nX: y", "{lms}/\x00", "{lms}/é",
        "{lms}/" + "x" * 9000,
    ],
    ids=lambda url: str(url)[:24],
)  # fmt: skip
def test_return_url_when_malformed_then_refused_and_nothing_is_kept(
    visitor: Visitor, registration: Registration, url: Any
) -> None:
    lms = visitor.lms.url
    filled = url.format(lms=lms, host=lms.partition("//")[2]) if isinstance(url, str) else url

    answer = ask(visitor, deep_link_return_url=filled)

    explanation = "The return address is missing or malformed."
    assert outcome(answer) == _refused(registration, "return_url", explanation, ADDRESS)


@pytest.mark.parametrize("types", [[], ["link"], ["file", "html", "image"], ["LTIRESOURCELINK"]], ids=str)
def test_request_when_it_takes_no_links_then_refused_with_a_sentence(
    visitor: Visitor, registration: Registration, types: list[str]
) -> None:
    answer = ask(visitor, accept_types=types)

    explanation = "The platform takes no resource links in this place."
    assert outcome(answer) == _refused(registration, "content_types", explanation, NO_LINKS)


def test_data_when_huge_then_refused_before_it_is_read(visitor: Visitor) -> None:
    answer = ask(visitor, data="x" * 40_000)

    assert answer.status_code == 413
    assert [(line.outcome.value, line.check) for line in log_lines()] == [("refused", "size")]
    assert stored() == {"launch_record": 1}


@pytest.mark.parametrize("person", [TEACHER, MENTOR])
def test_role_when_it_does_not_look_after_the_course_then_refused(
    visitor: Visitor, registration: Registration, person: str
) -> None:
    answer = ask(visitor, person=person)

    assert outcome(answer) == _role_refused(registration)


@pytest.mark.parametrize(
    "roles",
    [
        [],
        list(ADMINISTRATORS),
        ["http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"],
        ["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor"],
    ],
    ids=["none", "administrators", "assistant", "institution"],
)
def test_role_when_of_the_institution_or_none_then_refused(
    visitor: Visitor, registration: Registration, roles: list[str]
) -> None:
    answer = ask(visitor, person=LMS_ADMIN, claims={f"{LTI}roles": roles})

    assert outcome(answer) == _role_refused(registration)


@pytest.mark.parametrize("custom", [{"role": "Instructor"}, {"roles": "Instructor"}], ids=str)
def test_role_when_claimed_by_a_custom_parameter_then_refused(
    visitor: Visitor, registration: Registration, custom: dict[str, str]
) -> None:
    answer = ask(visitor, person=TEACHER, claims={f"{LTI}custom": custom})

    assert outcome(answer) == _role_refused(registration)


def test_request_when_it_is_somebody_elses_then_is_not_there_for_any_deed(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    picker = visitor.add()
    configure(visitor, picker, then="another")
    path = picker.request.path
    own = another_visitor.launch(OTHER_TEACHER)

    answers = [
        another_visitor.get(path),
        another_visitor.get(f"{path}/journal"),
        *(another_visitor.post(f"{path}/{deed}", own) for deed in ("journal", "send", "cancel", "leave-out")),
    ]

    assert [answer.status_code for answer in answers] == [404] * 6
    assert "Weekly reflection" not in " ".join(answer.text for answer in answers)
    db.session.rollback()
    request = db.session.scalars(select(DeepLinkingRequest)).one()
    assert (len(request.chosen), request.answered_at) == (1, None)


def test_request_when_nobody_is_signed_in_then_shows_nothing_for_any_deed(app: Flask, visitor: Visitor) -> None:
    picker = visitor.add()
    configure(visitor, picker, then="another")
    request_id = picker.request.path.rpartition("/")[2]
    rules = [rule for rule in app.url_map.iter_rules() if "request_id" in rule.arguments]
    pages = [
        (method, f"/add/{request_id}{rule.rule.removeprefix('/add/<request_id>').replace('<kind>', 'journal')}")
        for rule in rules
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
    ]
    nobody = Visitor(app, visitor.lms)

    answers = [nobody.get(path) if method == "GET" else nobody.post(path) for method, path in pages]

    assert len(pages) == 6
    assert [answer.status_code for answer in answers] == [401] * 6
    assert "Weekly reflection" not in " ".join(answer.text for answer in answers)


def test_request_when_an_admin_acts_as_the_facilitator_then_nothing_is_placed_or_taken_along(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    configure(visitor, visitor.add(), then="another", link_title="Chosen before")

    landed = ask(another_visitor, claims={f"{LTI}custom": {"canvas_masquerading_user_id": "1"}})
    page = another_visitor.get(landed.headers["Location"])
    again = visitor.add()

    assert page.status_code == 403
    assert "Chosen before" not in page.text
    assert "Chosen before" in again.text


@pytest.mark.parametrize("path", ["/add/0", f"/add/{'0' * 32}", f"/add/{'x' * 4000}", "/add/%00", "/add/..%2f"])
def test_request_when_its_id_is_guessed_then_is_not_there(visitor: Visitor, path: str) -> None:
    visitor.add()

    assert visitor.get(path).status_code == 404


def test_form_when_replayed_then_only_the_first_is_answered(visitor: Visitor) -> None:
    picker = visitor.add()
    page = visitor.get(f"{picker.request.path}/journal")
    first = configure(visitor, picker)
    templates = db.session.scalars(select(ActivityTemplate.id)).all()

    second = visitor.post(f"{picker.request.path}/send", page)
    third = visitor.post(f"{picker.request.path}/journal", page, then="add")

    db.session.rollback()
    assert (first.status_code, second.status_code, third.status_code) == (200, 410, 410)
    assert "This was sent to your LMS already." in second.text
    assert "JWT" not in second.text + third.text
    assert db.session.scalars(select(ActivityTemplate.id)).all() == templates


def test_answer_when_delivered_twice_then_the_platform_adds_once(visitor: Visitor, served: str) -> None:
    del served
    answer = sent(configure(visitor, visitor.add()))

    statuses = [answer.deliver().status_code, answer.deliver().status_code]

    assert statuses == [200, 400]


def test_request_when_older_than_two_hours_then_over(visitor: Visitor) -> None:
    picker = visitor.add()

    with time_machine.travel(now() + timedelta(hours=2, seconds=1), tick=True):
        page = visitor.get(picker.request.path)

    assert page.status_code == 410
    assert "Your LMS has waited for this longer than two hours." in page.text


def test_request_when_its_platform_was_disabled_then_is_not_there(visitor: Visitor, registration: Registration) -> None:
    picker = visitor.add()
    registration.status = RegistrationStatus.DISABLED
    db.session.commit()

    assert visitor.get(picker.request.path).status_code == 404


@pytest.mark.parametrize("deed", ["journal", "send", "cancel", "leave-out"])
@pytest.mark.parametrize("forged", ["token", "origin"])
def test_deed_when_posted_from_elsewhere_then_refused(visitor: Visitor, deed: str, forged: str) -> None:
    picker = visitor.add()
    if forged == "origin":
        visitor.origin = "https://evil.example"

    answer = visitor.post(f"{picker.request.path}/{deed}", picker if forged == "origin" else None)

    db.session.rollback()
    request = db.session.scalars(select(DeepLinkingRequest)).one()
    assert answer.status_code == {"token": 401, "origin": 403}[forged]
    assert (request.answered_at, request.chosen, request.draft) == (None, [], None)


def test_titles_when_hostile_then_are_words_on_every_page(visitor: Visitor, served: str) -> None:
    del served
    asked = asked_settings(visitor.lms, title=HOSTILE, text=HOSTILE, data=HOSTILE)
    context = {"id": "1", "title": HOSTILE, "label": HOSTILE}
    landed = ask(visitor, claims={f"{LTI}context": context}, **asked)
    picker = visitor.get(landed.headers["Location"])
    form = visitor.get(f"{picker.request.path}/journal")

    preview = configure(visitor, picker, then="preview", link_title=HOSTILE, prompt=HOSTILE)
    draft = visitor.get(picker.request.path)
    configure(visitor, picker, then="another", link_title=HOSTILE, prompt=HOSTILE)
    chosen = visitor.get(picker.request.path)
    answer = visitor.post(f"{picker.request.path}/send", chosen)

    pages = [picker, form, preview, draft, chosen, answer]
    assert [page.status_code for page in pages] == [200] * 6
    assert all("<script>alert" not in page.text and "<b onmouseover" not in page.text for page in pages)
    assert all("&lt;script&gt;alert(1)&lt;/script&gt;" in page.text for page in pages)
    assert sent(answer).claims[f"{DL}data"] == HOSTILE
    assert sent(answer).items[0]["title"] == HOSTILE


@pytest.mark.parametrize("title", ["", "   ", "\x00", "x" * 256], ids=repr)
def test_title_when_no_title_then_nothing_is_sent(visitor: Visitor, title: str) -> None:
    page = configure(visitor, visitor.add(), link_title=title)

    assert page.status_code == 422
    assert "data-send-now" not in page.text


def test_template_when_it_is_another_platforms_then_is_passed_over(visitor: Visitor, stranger: Visitor) -> None:
    foreign = template_of(stranger.lms)

    landed = launch_with(visitor, person=FACILITATOR, claims={f"{LTI}custom": foreign})

    assert landed.headers["Location"] == "/set-up/1"
    activity = db.session.scalars(select(Activity)).one()
    assert (activity.kind, activity.template_id, activity.settings) == (None, None, {})


def test_answers_when_two_are_sent_at_once_then_only_one_is_signed(visitor: Visitor) -> None:
    picker = visitor.add()
    configure(visitor, picker, then="another")
    page = visitor.get(picker.request.path)

    answers = [visitor.post(f"{picker.request.path}/{deed}", page) for deed in ("send", "cancel")]

    assert [answer.status_code for answer in answers] == [200, 410]


def test_picker_when_many_are_chosen_then_stops_at_twenty(visitor: Visitor) -> None:
    picker = pick(visitor, accept_multiple=True)
    request = db.session.scalars(select(DeepLinkingRequest)).one()
    configure(visitor, picker, then="another")
    db.session.refresh(request)
    request.chosen = request.chosen * 20
    db.session.commit()

    page = configure(visitor, picker, then="another")

    assert page.status_code == 422
    assert "20 activities are the most that can be added at once." in page.text


def _refused(
    registration: Registration, check: str, explanation: str, sentences: tuple[str, str], *, status: int = 400
) -> Outcome:
    return Outcome(
        status=status,
        sentences=sentences,
        logged=("refused", check, explanation),
        registration_id=registration.id,
        deployment="1",
        message_type="LtiDeepLinkingRequest",
    )


def _role_refused(registration: Registration) -> Outcome:
    return _refused(registration, "role", "The person has no role that places activities.", ROLE, status=403)
