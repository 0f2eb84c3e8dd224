"""Platform storage: what a login says of it, and what the page around a tool answers, in a real browser."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from playwright.sync_api import Page, expect

from practice_lms.server import RunningLms
from tests.practice_lms.launching import begin, form_in, launch, take_up
from tests.practice_lms.small_tool import SmallTool, call_api, running_tool

PUT = {"subject": "lti.put_data", "message_id": "1", "key": "state-a", "value": "a"}
GET = {"subject": "lti.get_data", "message_id": "2", "key": "state-a"}
ASKING = """
const list = document.querySelector("ol");
addEventListener("message", (event) => {
  const line = document.createElement("li");
  line.textContent = JSON.stringify({...event.data, from: event.origin});
  list.append(line);
});
const target = TARGET;
for (const message of MESSAGES) { target.postMessage(message, "*"); }
"""


@pytest.fixture
def stranger(tool_key: rsa.RSAPrivateKey) -> Iterator[SmallTool]:
    """A tool on another origin, which the LMS does not know."""
    with running_tool(tool_key) as running:
        yield running


@pytest.mark.parametrize(
    ("storage", "target"), [("off", None), ("parent", "_parent"), ("frame", "lti_storage"), ("silent", "_parent")]
)
def test_login_when_storage_is_offered_names_its_target(lms: RunningLms, storage: str, target: str | None) -> None:
    call_api(lms, "manner", {"storage": storage})

    login = begin(lms)
    posted = form_in(take_up(lms, login).text).fields

    assert (login.get("lti_storage_target"), posted.get("lti_storage_target")) == (target, target)
    assert "id_token" in posted


def test_login_when_it_fails_names_no_target(lms: RunningLms) -> None:
    call_api(lms, "manner", {"storage": "parent"})

    posted = form_in(take_up(lms, begin(lms), prompt="login").text).fields

    assert posted.keys() == {"error", "error_description", "state"}
    assert launch(lms).fields["lti_storage_target"] == "_parent"


@pytest.mark.browser
@pytest.mark.parametrize(("storage", "target"), [("parent", "parent"), ("frame", "parent.frames['lti_storage']")])
def test_data_when_put_is_kept_and_given_back(
    lms: RunningLms, tool: SmallTool, page: Page, storage: str, target: str
) -> None:
    clear = PUT | {"message_id": "3", "value": None}

    answers = _ask(lms, tool, page, storage=storage, target=target, messages=[PUT, GET, clear, GET])

    assert answers == [
        {"subject": "lti.put_data.response", "message_id": "1", "key": "state-a", "value": "a", "from": lms.url},
        {"subject": "lti.get_data.response", "message_id": "2", "key": "state-a", "value": "a", "from": lms.url},
        {"subject": "lti.put_data.response", "message_id": "3", "key": "state-a", "value": None, "from": lms.url},
        {"subject": "lti.get_data.response", "message_id": "2", "key": "state-a", "value": None, "from": lms.url},
    ]


@pytest.mark.browser
@pytest.mark.parametrize(("storage", "frame"), [("parent", {}), ("frame", {"frame": "lti_storage"})])
def test_capabilities_when_asked_for_name_where_data_is_kept(
    lms: RunningLms, tool: SmallTool, page: Page, storage: str, frame: dict[str, str]
) -> None:
    asked = {"subject": "lti.capabilities", "message_id": "c"}

    (answer,) = _ask(lms, tool, page, storage=storage, messages=[asked])

    assert answer == {
        "subject": "lti.capabilities.response",
        "message_id": "c",
        "from": lms.url,
        "supported_messages": [
            {"subject": "lti.capabilities"},
            {"subject": "lti.close"},
            {"subject": "lti.frameResize"},
            {"subject": "lti.get_data"} | frame,
            {"subject": "lti.put_data"} | frame,
        ],
    }


@pytest.mark.browser
def test_message_when_it_is_wrong_is_answered_with_an_error(lms: RunningLms, tool: SmallTool, page: Page) -> None:
    wrong = [
        PUT | {"key": ""},
        PUT | {"key": 5},
        PUT | {"value": 5},
        PUT | {"value": "x" * 4096},
        PUT | {"value": "é" * 2047},
        {"subject": "lti.get_data", "key": "state-a"},
        {"subject": "lti.unknown", "message_id": "9"},
        {"subject": "lti.unknown"},
    ]

    answers = _ask(lms, tool, page, storage="parent", messages=wrong)

    assert [answer["error"]["code"] for answer in answers] == [
        "bad_request",
        "bad_request",
        "bad_request",
        "storage_exhaustion",
        "storage_exhaustion",
        "bad_request",
        "unsupported_subject",
        "unsupported_subject",
    ]
    assert answers[0]["message_id"] == "1"
    assert all(answer["error"]["message"] for answer in answers)


@pytest.mark.browser
def test_drawer_when_it_holds_500_keys_takes_no_more(lms: RunningLms, tool: SmallTool, page: Page) -> None:
    many = [PUT | {"key": f"k{number}"} for number in range(501)]

    answers = _ask(lms, tool, page, storage="parent", messages=[*many, PUT | {"key": "k7", "value": "new"}])

    assert [index for index, answer in enumerate(answers) if "error" in answer] == [500]
    assert answers[501]["value"] == "new"


@pytest.mark.browser
def test_page_when_a_frame_keeps_the_data_does_not(lms: RunningLms, tool: SmallTool, page: Page) -> None:
    answers = _ask(lms, tool, page, storage="frame", messages=[PUT])

    assert [answer["error"]["code"] for answer in answers] == ["unsupported_subject"]


@pytest.mark.browser
@pytest.mark.parametrize(("storage", "target"), [("parent", "top"), ("frame", "top.frames['lti_storage']")])
def test_stranger_when_asking_gets_nothing(
    lms: RunningLms, tool: SmallTool, stranger: SmallTool, page: Page, storage: str, target: str
) -> None:
    stranger.page = _asking(target, [GET, PUT])
    call_api(lms, "manner", {"storage": storage})
    own = _asking(target.replace("top", "parent"), [PUT])
    tool.show = lambda _: f"{own}<iframe src='{stranger.url}/'></iframe>"

    frame = _open(page, lms)

    expect(frame.locator("li")).to_have_count(1)
    strange = frame.frame_locator("iframe").locator("li")
    expect(strange).to_have_count(2)
    answers = [json.loads(text) for text in strange.all_text_contents()]
    assert [answer["error"]["code"] for answer in answers] == ["wrong_origin", "wrong_origin"]
    assert not [answer for answer in answers if "value" in answer]


@pytest.mark.browser
@pytest.mark.parametrize("storage", ["off", "silent"])
def test_page_when_it_never_answers_does_not(lms: RunningLms, tool: SmallTool, page: Page, storage: str) -> None:
    call_api(lms, "manner", {"storage": storage})
    tool.show = lambda _: _asking("parent", [{"subject": "lti.capabilities", "message_id": "c"}, PUT, GET])

    frame = _open(page, lms)

    expect(frame.locator("ol")).to_be_attached()
    page.wait_for_timeout(500)
    assert frame.locator("li").count() == 0


@pytest.mark.browser
def test_activity_when_the_tool_closes_it_leads_back_to_the_course(
    lms: RunningLms, tool: SmallTool, page: Page
) -> None:
    tool.show = lambda _: _asking("parent", [{"subject": "lti.close"}])

    _open(page, lms)

    expect(page).to_have_url(f"{lms.url}/course")


def _ask(lms: RunningLms, tool: SmallTool, page: Page, **asked: Any) -> list[dict[str, Any]]:
    call_api(lms, "manner", {"storage": asked["storage"]})
    tool.show = lambda _: _asking(asked.get("target", "parent"), asked["messages"])
    lines = _open(page, lms).locator("li")
    expect(lines).to_have_count(len(asked["messages"]))
    return [json.loads(text) for text in lines.all_text_contents()]


def _asking(target: str, messages: list[dict[str, Any]]) -> str:
    # By the time that a launch has gone through, the storage frame beside it has long been there.
    script = ASKING.replace("TARGET", target).replace("MESSAGES", json.dumps(messages))
    return f"<ol></ol><script>{script}</script>"


def _open(page: Page, lms: RunningLms) -> Any:
    page.goto(lms.url)
    page.get_by_role("button", name="Jonas Lindqvist").click()
    page.get_by_role("link", name="Weekly reflection").click()
    return page.frame_locator("iframe.tool")
