"""An entry as it is read: its answered steps, under the prompt's headings, as safe HTML."""

from lti_app.activities.journal.prompts.sets import PromptSet, Step, single_prompt
from lti_app.activities.journal.service.content import Content
from lti_app.activities.journal.service.showing import ShownStep, steps_shown

STEPS = (Step(key="what", label="What happened?"), Step(key="next", label="What next?", is_required=False))
PROMPT = PromptSet(key="two", version=1, title="Two", steps=STEPS)


def test_steps_shown_when_answered_then_are_in_the_order_of_the_prompt_as_html() -> None:
    content = Content(answers={"next": "Wait *longer*", "what": "A <b>quiet</b> class"})

    shown = steps_shown(content, PROMPT)

    assert [(step.heading, step.html) for step in shown] == [
        ("What happened?", "<p>A &lt;b&gt;quiet&lt;/b&gt; class</p>\n"),
        ("What next?", "<p>Wait <em>longer</em></p>\n"),
    ]


def test_steps_shown_when_a_step_is_not_answered_then_leaves_it_out() -> None:
    content = Content(answers={"what": "A class", "next": " \n"})

    shown = steps_shown(content, PROMPT)

    assert [step.heading for step in shown] == ["What happened?"]


def test_steps_shown_when_there_is_one_question_then_has_no_heading() -> None:
    content = Content(answers={"text": "A class"})

    shown = steps_shown(content, single_prompt("What happened?", is_shipped=False))

    assert shown == (ShownStep(heading="", text="A class"),)


def test_steps_shown_when_the_prompt_is_gone_or_lacks_a_step_then_loses_no_answer() -> None:
    content = Content(answers={"what": "A class", "else": "More"})

    without, lacking = steps_shown(content, None), steps_shown(content, PROMPT)

    assert without == (
        ShownStep(heading="", text="A class"),
        ShownStep(heading="", text="More"),
    )
    assert [(step.heading, str(step.html)) for step in lacking] == [
        ("What happened?", "<p>A class</p>\n"),
        ("", "<p>More</p>\n"),
    ]
