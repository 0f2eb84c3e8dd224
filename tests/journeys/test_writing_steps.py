"""Not a word is lost of several steps and a title; toolbar, paste and preview in the frame, by keyboard."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect
from sqlalchemy import create_engine, update

from config import Config
from lti_app.models.activity import ActivityTemplate
from tests.journeys.classroom import begin_writing, open_activity, sign_in, wait_for_editor
from tests.journeys.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"])]
NAME, TITLE = "Jonas Lindqvist", "Weekly reflection"
STEPS = {"prompts": [{"key": "what-so-what-now-what", "version": 1}], "minimum_words": 5}
TYPED = {
    "title": "The drill",
    "answer-what": "On Tuesday the fire drill came in the middle of our experi",
    "answer-so-what": "Nobody knew where we had stopped; I had been the memory of the cl",
    "answer-now-what": "A table tells the story at the start.",
}
# Fills it to the last character, and returns how many there are.
FILL_STORAGE = """() => {
  let size = 1 << 20, filled = 0, number = 0;
  while (size >= 1) {
    try { localStorage.setItem(`x${number++}`, "x".repeat(size)); filled += size; } catch { size = size >> 1; }
  }
  return filled;
}"""
KEPT = "This browser holds a text that was not saved"


def writing(stack: Stack, browser: BrowserContext) -> tuple[Page, FrameLocator]:
    """Open the editor of an entry with three steps, its optional fields unfolded."""
    engine = create_engine(Config(database_url=stack.environment["STAFFROOM_DATABASE_URL"]).sqlalchemy_url)
    with engine.begin() as connection:
        connection.execute(update(ActivityTemplate).values(settings=STEPS))
    engine.dispose()
    stack.start_web()
    page = sign_in(browser, stack.lms.url, name=NAME)
    frame = open_activity(page, title=TITLE)
    begin_writing(frame)
    frame.get_by_text("Title, date, topics, goals, links").click()
    return page, frame


def back_in_the_editor(page: Page, stack: Stack) -> FrameLocator:
    """Launch again and continue the draft."""
    page.goto(f"{stack.lms.url}/course")
    frame = open_activity(page, title=TITLE)
    frame.get_by_role("link", name="Continue writing").click()
    wait_for_editor(frame)
    return frame


def type_all(frame: FrameLocator) -> None:
    """Fill the title and every step."""
    for name, text in TYPED.items():
        frame.locator(f"#{name}").fill(text)


def held(frame: FrameLocator) -> dict[str, str]:
    """Return what the editor's fields hold."""
    return {name: frame.locator(f"#{name}").input_value() for name in TYPED}


def take_the_copy(frame: FrameLocator) -> None:
    """Use what the browser kept, which was offered and not applied."""
    expect(frame.get_by_role("heading", name=KEPT)).to_be_visible()
    assert held(frame) == dict.fromkeys(TYPED, "")
    for name, text in TYPED.items():
        assert frame.locator(f"#recovered-mine-{name}").input_value() == text
    frame.get_by_role("button", name="Use the text of this browser").click()


def close_the_tab(stack: Stack, browser: BrowserContext, page: Page, frame: FrameLocator) -> Page:
    """Close the tab in mid-word, while the server cannot take a last save."""
    stack.kill_web()
    type_all(frame)
    page.wait_for_timeout(300)
    page.close()
    stack.start_web()
    return browser.new_page()


def end_the_session(_stack: Stack, browser: BrowserContext, page: Page, frame: FrameLocator) -> Page:
    """Let the session end in mid-sentence."""
    browser.clear_cookies(name="__Host-staffroom")
    type_all(frame)
    expect(frame.locator("#save-state")).to_contain_text("Your session has ended", timeout=10000)
    return page


@pytest.mark.parametrize("fault", [close_the_tab, end_the_session])
def test_steps_when_the_fault_comes_in_mid_word_then_all_are_offered_after_the_relaunch(
    stack: Stack,
    strict_browser: BrowserContext,
    fault: Callable[[Stack, BrowserContext, Page, FrameLocator], Page],
) -> None:
    page, frame = writing(stack, strict_browser)

    page = fault(stack, strict_browser, page, frame)

    frame = back_in_the_editor(page, stack)
    take_the_copy(frame)
    assert held(frame) == TYPED
    expect(frame.locator("#save-state")).to_contain_text("Saved", timeout=10000)
    assert held(back_in_the_editor(page, stack)) == TYPED


def test_steps_when_the_server_is_killed_then_are_saved_once_it_is_back(
    stack: Stack, strict_browser: BrowserContext
) -> None:
    page, frame = writing(stack, strict_browser)
    stack.kill_web()
    type_all(frame)
    expect(frame.locator("#save-state")).to_contain_text("kept in this browser", timeout=10000)

    stack.start_web()

    expect(frame.locator("#save-state")).to_contain_text("Saved", timeout=40000)
    assert held(back_in_the_editor(page, stack)) == TYPED


def test_steps_when_the_network_is_cut_for_two_minutes_then_are_saved_once_it_is_back(
    stack: Stack, strict_browser: BrowserContext
) -> None:
    page, frame = writing(stack, strict_browser)
    strict_browser.set_offline(True)
    type_all(frame)
    expect(frame.locator("#save-state")).to_contain_text("kept in this browser", timeout=10000)
    page.wait_for_timeout(120_000)
    assert held(frame) == TYPED

    strict_browser.set_offline(False)

    expect(frame.locator("#save-state")).to_contain_text("Saved", timeout=40000)
    assert held(back_in_the_editor(page, stack)) == TYPED


def test_steps_when_two_windows_change_them_then_both_versions_stand_side_by_side_and_both_are_kept(
    stack: Stack, strict_browser: BrowserContext
) -> None:
    first, frame = writing(stack, strict_browser)
    second = strict_browser.new_page()
    other = back_in_the_editor(second, stack)
    other.locator("#answer-what").fill("Theirs.")
    expect(other.locator("#save-state")).to_contain_text("Saved", timeout=10000)
    first.bring_to_front()

    type_all(frame)
    expect(frame.get_by_role("heading", name="This entry was changed in another window")).to_be_visible(timeout=10000)
    sides = [frame.locator(f"#conflict-{side}-answer-what").input_value() for side in ("saved", "mine")]
    frame.get_by_role("button", name="Keep both, one below the other").click()

    expect(frame.locator("#save-state")).to_contain_text("Saved", timeout=10000)
    assert sides == ["Theirs.", TYPED["answer-what"]]
    joined = {**TYPED, "answer-what": f"Theirs.\n\n———\n\n{TYPED['answer-what']}"}
    assert held(back_in_the_editor(first, stack)) == joined


def test_steps_when_the_browsers_storage_is_full_then_are_offered_all_the_same(
    stack: Stack, lenient_browser: BrowserContext
) -> None:
    page, frame = writing(stack, lenient_browser)
    filled = frame.locator("body").evaluate(FILL_STORAGE)

    page = close_the_tab(stack, lenient_browser, page, frame)

    frame = back_in_the_editor(page, stack)
    take_the_copy(frame)
    assert filled > 4_000_000
    assert held(frame) == TYPED


def test_editor_when_used_by_keyboard_then_marks_can_be_undone_and_tab_leaves_the_field(
    stack: Stack, strict_browser: BrowserContext
) -> None:
    page, frame = writing(stack, strict_browser)
    field = frame.locator("#answer-what")
    field.press_sequentially("a loud drill")
    seen = []

    for keys in ("Shift+Control+ArrowLeft", "Control+b", "Control+z", "Control+i", "Control+z", "Control+k"):
        field.press(keys)
        seen.append(field.input_value())
    field.press("Tab")

    assert seen == [
        "a loud drill",
        "a loud **drill**",
        "a loud drill",
        "a loud *drill*",
        "a loud drill",
        "a loud [drill](https://)",
    ]
    expect(frame.locator("#answer-so-what")).to_be_focused()
    for _ in range(2):
        page.keyboard.press("Shift+Tab")
    expect(frame.get_by_role("button", name="Bold")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(frame.get_by_role("button", name="Italic")).to_be_focused()


def test_editor_when_word_is_pasted_and_previewed_then_shows_it_as_readers_will_see_it(
    stack: Stack, strict_browser: BrowserContext
) -> None:
    _page, frame = writing(stack, strict_browser)
    field = frame.locator("#answer-what")
    field.focus()

    field.evaluate(
        "(field) => { const clipboardData = new DataTransfer();"
        " clipboardData.setData('text/html', '<p>A <b>loud</b> drill<img src=x onerror=alert(1)></p><ul><li>one</ul>');"
        " field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true })); }"
    )
    frame.get_by_role("button", name="Preview", exact=True).click()

    expect(frame.locator("#preview strong")).to_have_text("loud")
    expect(frame.locator("#preview li")).to_have_text("one")
    assert field.input_value() == "A **loud** drill\n\n- one"
    assert frame.locator("#preview img").count() == 0
    frame.get_by_role("button", name="Close the preview").click()
    expect(field).to_be_focused()
