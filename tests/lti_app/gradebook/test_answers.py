"""What a platform's answer to a score means."""

import pytest
from requests.structures import CaseInsensitiveDict

from lti_app.errors import PlatformRefused, PlatformUnavailable, Refusal
from lti_app.gradebook.answers import NewerOnPlatform, classify
from lti_app.lti.outbound import Answer


def an_answer(status: int, body: str = '{"error": "no"}', **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, headers=CaseInsensitiveDict(named), body=body.encode())


@pytest.mark.parametrize(
    "answer",
    [an_answer(200, ""), an_answer(200, "{}"), an_answer(201, '{"resultUrl": "https://a"}'), an_answer(204, "")],
)
def test_classify_when_the_score_is_stored_then_says_nothing(answer: Answer) -> None:
    classify(answer)

    assert 200 <= answer.status < 300


REFUSED: dict[str, tuple[Answer, Refusal]] = {
    "401 with a fresh token": (an_answer(401), Refusal.ACCESS_WITHDRAWN),
    "403 plain": (an_answer(403), Refusal.SCOPE_MISSING),
    "404": (an_answer(404), Refusal.LINE_ITEM_GONE),
    "410": (an_answer(410), Refusal.LINE_ITEM_GONE),
    "422": (an_answer(422), Refusal.NOT_GRADABLE),
    "400 of Moodle": (an_answer(400, "[]"), Refusal.NOT_GRADABLE),
    "400 of Moodle with a line break": (an_answer(400, " []\n"), Refusal.NOT_GRADABLE),
    "400 that says more": (an_answer(400), Refusal.OUR_FAULT),
    "405": (an_answer(405), Refusal.OUR_FAULT),
    "412": (an_answer(412), Refusal.OUR_FAULT),
    "413": (an_answer(413), Refusal.OUR_FAULT),
    "415": (an_answer(415), Refusal.OUR_FAULT),
    "418": (an_answer(418), Refusal.OUR_FAULT),
}


@pytest.mark.parametrize(("answer", "reason"), REFUSED.values(), ids=REFUSED)
def test_classify_when_the_platform_says_no_then_names_the_reason(answer: Answer, reason: Refusal) -> None:
    with pytest.raises(PlatformRefused) as raised:
        classify(answer)

    assert (raised.value.reason, raised.value.status) == (reason, answer.status)


UNAVAILABLE: dict[str, tuple[Answer, int | None]] = {
    "429": (an_answer(429), None),
    "429 with seconds": (an_answer(429, Retry_After="120"), 120),
    "429 with no seconds": (an_answer(429, Retry_After="soon"), None),
    "429 with a negative number": (an_answer(429, Retry_After="-5"), None),
    "429 with a date that is past": (an_answer(429, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"), 0),
    "429 with other digits": (an_answer(429, Retry_After="²"), None),
    "429 for ever": (an_answer(429, Retry_After="99999999999"), 86_400),
    "403 of Canvas": (an_answer(403, "403 Forbidden (Rate Limit Exceeded)"), None),
    "403 of Canvas with seconds": (an_answer(403, "Rate limit exceeded", Retry_After="7"), 7),
    "500": (an_answer(500), None),
    "502": (an_answer(502), None),
    "503 with seconds": (an_answer(503, Retry_After="30"), 30),
    "408": (an_answer(408), None),
    "a login page in the way": (an_answer(302, "", Location="https://lms.example/login"), None),
    "nonsense": (an_answer(999), None),
}


@pytest.mark.parametrize(("answer", "retry_after"), UNAVAILABLE.values(), ids=UNAVAILABLE)
def test_classify_when_throttled_or_the_outcome_is_unknown_then_it_is_tried_again(
    answer: Answer, retry_after: int | None
) -> None:
    with pytest.raises(PlatformUnavailable) as raised:
        classify(answer)

    assert (raised.value.status, raised.value.retry_after) == (answer.status, retry_after)


@pytest.mark.parametrize(
    "answer",
    [
        an_answer(409),
        an_answer(400, '{"error": "Score timestamp is older than the existing one"}'),
        an_answer(400, "A newer TIMESTAMP exists"),
    ],
)
def test_classify_when_the_platform_has_an_equal_or_newer_score_then_the_results_decide(answer: Answer) -> None:
    with pytest.raises(NewerOnPlatform):
        classify(answer)


@pytest.mark.parametrize(
    "answer",
    [
        an_answer(200, '<html><body>{"unfinished": [', Content_Type="text/html"),
        an_answer(200, "<!DOCTYPE html><title>Log in</title>", Content_Type="text/html; charset=utf-8"),
    ],
)
def test_classify_when_a_web_page_comes_instead_of_an_answer_then_the_outcome_is_unknown(answer: Answer) -> None:
    with pytest.raises(PlatformUnavailable):
        classify(answer)
