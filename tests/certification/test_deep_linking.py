"""1EdTech's certification names for deep linking: the request, and the response's form, times, signature and claims."""

import time
from typing import Any

import jwt
import pytest
from flask import Flask
from sqlalchemy import select

from lti_app.db import db
from lti_app.models.activity import ActivityTemplate
from lti_app.models.deep_linking import DeepLinkingRequest
from lti_app.models.platform import Registration
from tests.lti_app.lti.launching import LTI, Outcome, log_lines, outcome, refusal, stored
from tests.picking import DL, SETTINGS, ask, asked_settings, configure, pick, sent, shown
from tests.visitor import TEACHER, Visitor

DEEP_LINKING = "LtiDeepLinkingRequest"


def test_deep_linking_request_when_launched_then_opens_the_picker_and_keeps_what_was_asked(visitor: Visitor) -> None:
    picker = visitor.add()

    request = db.session.scalars(select(DeepLinkingRequest)).one()
    assert picker.status_code == 200
    assert picker.request.path == f"/add/{request.id}"
    assert "Reflective journal" in shown(picker)
    assert request.return_url == f"{visitor.lms.url}/lti/deep-linking/return/1"
    assert (request.accept_multiple, request.accept_lineitem, request.answered_at) == (True, True, None)
    assert stored() == {"lti_user": 1, "deep_linking_request": 1, "launch_record": 1}
    assert [(line.outcome.value, line.message_type) for line in log_lines()] == [("accepted", DEEP_LINKING)]


@pytest.mark.parametrize("claims", [{f"{LTI}context": None}, {f"{LTI}custom": None}, {"name": None}], ids=str)
def test_deep_linking_request_when_optional_claims_are_missing_then_opens(
    visitor: Visitor, claims: dict[str, Any]
) -> None:
    landed = ask(visitor, claims=claims)

    assert visitor.get(landed.headers["Location"]).status_code == 200


@pytest.mark.parametrize(
    ("changes", "explanation"),
    [
        ({"accept_types": None}, "“accept_types” is missing or is no list of texts."),
        ({"accept_types": "ltiResourceLink"}, "“accept_types” is missing or is no list of texts."),
        ({"accept_types": [1]}, "“accept_types” is missing or is no list of texts."),
        (
            {"accept_presentation_document_targets": None},
            "“accept_presentation_document_targets” is missing or is no list of texts.",
        ),
        ({"accept_multiple": "true"}, "“accept_multiple” is neither true nor false."),
        ({"accept_lineitem": 1}, "“accept_lineitem” is neither true nor false."),
        ({"auto_create": []}, "“auto_create” is neither true nor false."),
        ({"title": 7}, "“title” is no text."),
        ({"text": {}}, "“text” is no text."),
        ({"data": {"a": 1}}, "“data” is no text."),
        ({"data": "a\x00b"}, "“data” is no text."),
    ],
    ids=str,
)
def test_bad_deep_linking_settings_when_launched_then_refused(
    visitor: Visitor, registration: Registration, changes: dict[str, Any], explanation: str
) -> None:
    answer = ask(visitor, **changes)

    assert outcome(answer) == _refused(registration, "message", explanation)


@pytest.mark.parametrize("settings", [None, [], "x", 1], ids=str)
def test_missing_deep_linking_settings_when_launched_then_refused(
    visitor: Visitor, registration: Registration, settings: Any
) -> None:
    answer = ask(visitor, claims={SETTINGS: settings})

    expected = _refused(registration, "message", "“deep_linking_settings” is missing or malformed.")
    assert outcome(answer) == expected


def test_response_form_when_added_then_posts_the_token_to_the_return_url_and_nothing_else(visitor: Visitor) -> None:
    page = configure(visitor, visitor.add())

    answer = sent(page)
    assert answer.url == f"{visitor.lms.url}/lti/deep-linking/return/1"
    assert page.text.count("<form") == 1
    assert page.text.count("<input") == 1
    assert page.headers["Content-Security-Policy"].endswith(f"; form-action {visitor.lms.url}")
    assert '<button class="btn btn-primary" type="submit">Continue in your LMS</button>' in page.text


def test_response_timestamps_when_added_then_live_for_five_minutes_and_are_not_ahead(visitor: Visitor) -> None:
    before = int(time.time())

    claims = sent(configure(visitor, visitor.add())).claims

    assert claims["exp"] - claims["iat"] == 300
    assert before - 5 <= claims["iat"] <= time.time() - 5


def test_response_signature_when_added_then_is_of_a_published_key(visitor: Visitor, app: Flask) -> None:
    answer = sent(configure(visitor, visitor.add()))

    header = jwt.get_unverified_header(answer.token)
    published = {key["kid"]: key for key in visitor.get("/lti/jwks.json").get_json()["keys"]}
    key = jwt.PyJWK(published[header["kid"]])
    del app
    assert header["alg"] == "RS256"
    assert jwt.decode(answer.token, key, algorithms=["RS256"], audience=visitor.lms.url, leeway=10) == answer.claims


def test_response_claims_when_added_then_are_all_that_the_platform_needs(visitor: Visitor) -> None:
    answer = sent(configure(visitor, visitor.add()))

    template = db.session.scalars(select(ActivityTemplate).order_by(ActivityTemplate.id.desc())).first()
    assert template is not None
    with visitor.lms.lms.reading() as state:
        echo = state.deep_linkings[1].echo
    times = {name: answer.claims[name] for name in ("iat", "exp", "nonce")}
    assert len(times["nonce"]) == 32
    launch_url = f"{visitor.origin}/lti/launch"
    assert answer.claims == {
        **times,
        "iss": visitor.lms.settings.client_id,
        "aud": [visitor.lms.url],
        f"{LTI}version": "1.3.0",
        f"{LTI}message_type": "LtiDeepLinkingResponse",
        f"{LTI}deployment_id": visitor.lms.settings.deployment_id,
        f"{DL}data": echo,
        f"{DL}content_items": [
            {
                "type": "ltiResourceLink",
                "url": launch_url,
                "title": "Weekly reflection",
                "custom": {
                    "staffroom_template": template.public_id,
                    "context_id_history": "$Context.id.history",
                    "resource_link_id_history": "$ResourceLink.id.history",
                },
                "lineItem": {
                    "scoreMaximum": 1,
                    "label": "Weekly reflection",
                    "resourceId": template.public_id,
                    "tag": "journal",
                    "submissionReview": {"reviewableStatus": ["Completed"], "url": launch_url},
                },
                "iframe": {"width": 800, "height": 900},
            }
        ],
    }


@pytest.mark.parametrize("data", [None, "", "plain", 'with "quotes" & <tags> \n é 李 \u202e', "x" * 8000], ids=repr)
def test_response_data_when_added_then_is_echoed_letter_by_letter_or_absent(visitor: Visitor, data: str | None) -> None:
    answer = sent(configure(visitor, pick(visitor, data=data)))

    assert answer.claims.get(f"{DL}data") == data
    assert (f"{DL}data" in answer.claims) == (data is not None)


def test_response_when_delivered_then_the_platform_takes_it_and_the_link_launches(
    visitor: Visitor, another_visitor: Visitor, served: str
) -> None:
    del served
    taken = sent(configure(visitor, visitor.add())).deliver()

    with visitor.lms.lms.reading() as state:
        placed = max(state.activities)
    journal = another_visitor.launch(TEACHER, placed)
    assert taken.status_code == 200, taken.text
    assert "0 of 1 entry" in journal.text
    assert journal.request.path.startswith("/journal/")


def _refused(registration: Registration, check: str, explanation: str) -> Outcome:
    return refusal(check, explanation, registration_id=registration.id, deployment="1", message_type=DEEP_LINKING)


def test_settings_when_they_are_moodles_then_the_picker_opens(visitor: Visitor) -> None:
    moodles = asked_settings(
        visitor.lms,
        accept_copy_advice=False,
        accept_presentation_document_targets=["frame", "iframe", "window"],
        accept_unsigned=False,
        auto_create=False,
        can_confirm=False,
        text="",
        title="Probe (dynamic)",
    )

    page = pick(visitor, **moodles)

    request = db.session.scalars(select(DeepLinkingRequest)).one()
    assert page.status_code == 200
    assert (request.accept_lineitem, request.data, request.title) == (True, None, "Probe (dynamic)")
