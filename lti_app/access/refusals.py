"""The two answers to who may not: nothing here, and nothing for somebody under another person's name."""

from lti_app.errors import NotThere, ToolError, sentence


class ActingAsSomebody(ToolError):
    """Somebody is here under another person's name: an LMS admin who "acts as" a user."""

    status = 403


def not_there() -> NotThere:
    """Return what somebody reads who asked for a thing that is not, or that they may not see: the same words."""
    return NotThere(sentence("There is nothing here for you."), sentence("Open the activity again from your course."))


def acting_as_somebody() -> ActingAsSomebody:
    """Return what somebody reads who is here under another person's name."""
    return ActingAsSomebody(
        sentence("You are acting as somebody else in your LMS, so Staffroom shows nothing that is theirs."),
        sentence("Stop acting as this person in your LMS, then open the activity again as yourself."),
    )
