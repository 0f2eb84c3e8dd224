"""What the editor's page sends: the content, what it is based on, and which prompt was chosen."""

from flask import request

from lti_app.activities.journal.prompts.sets import PromptSet
from lti_app.activities.journal.service.content import Content
from lti_app.activities.journal.service.drafts import Save
from lti_app.activities.journal.service.prompting import no_such_prompt
from lti_app.activities.journal.views.pages import number


def content_of_form(prompt: PromptSet) -> Content:
    """Return what the fields of the posted page hold."""
    return Content.from_fields(request.form, prompt)


def save_of_form(prompt: PromptSet) -> Save:
    """Return the posted page as one save; forged numbers count as none."""
    return Save(
        content=content_of_form(prompt),
        based_on=based_on_of_form(),
        editor_id=editor_id_of_form(),
        sequence=request.form.get("sequence", default=0, type=number),
    )


def based_on_of_form() -> int:
    """Return the version that the posted page started from."""
    return request.form.get("based_on", default=0, type=number)


def editor_id_of_form() -> str:
    """Return the name of the open page that was posted."""
    return request.form.get("editor_id", "").replace("\x00", "")[:36]


def chosen_prompt(offered: tuple[PromptSet, ...]) -> PromptSet:
    """Return the offered prompt that was posted as "key.version", the first where none was.

    Raises:
        NoSuchPrompt: This journal does not offer it, or not any more.
    """
    name = request.form.get("prompt")
    if name is None:
        return offered[0]
    for prompt in offered:
        if name == str(prompt.ref):
            return prompt
    raise no_such_prompt()
