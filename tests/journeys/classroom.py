"""What people do in the practice LMS with a real browser."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, FrameLocator, Page, expect

ENTRY = (
    "On Tuesday the fire drill came in the middle of our experiment, and when we were back nobody knew where we had"
    " stopped. I asked one table to tell the story so far, and the others corrected them. It took four minutes and"
    " was the best summary of the term. I will let a table tell the story at the start of each lab from now on."
)


def sign_in(context: BrowserContext, lms_url: str, *, name: str) -> Page:
    """Open the LMS and sign in as the person of that name."""
    page = context.new_page()
    page.goto(lms_url)
    page.get_by_role("button", name=name).click()
    page.wait_for_url("**/course")
    return page


def open_activity(page: Page, *, title: str) -> FrameLocator:
    """Open an activity that shows itself in the LMS's page, and return its frame."""
    page.get_by_role("link", name=title).click()
    return page.frame_locator(f'iframe[title="{title}"]')


def begin_writing(frame: FrameLocator) -> None:
    """Open the editor."""
    frame.get_by_role("button", name="Write").click()
    wait_for_editor(frame)


def wait_for_editor(frame: FrameLocator) -> None:
    """Wait until the editor's script runs: it counts words where the server only names the minimum."""
    expect(frame.locator("#words")).not_to_contain_text("At least", timeout=15000)


@contextmanager
def writing_without_script(context: BrowserContext, lms_url: str, *, name: str, title: str) -> Iterator[FrameLocator]:
    """Open the editor in a browser that runs no script, and yield the frame with it."""
    browser = context.browser
    assert browser is not None
    with browser.new_context(java_script_enabled=False) as scriptless:
        page = scriptless.new_page()
        page.goto(lms_url)
        page.get_by_role("button", name=name).click()
        page.get_by_role("link", name=title).click()
        frame = page.frame_locator("iframe")
        frame.get_by_role("button", name="Continue").click()
        frame.locator('form[action*="/lti/launch"] button').click()
        frame.get_by_role("button", name="Write").click()
        yield frame
