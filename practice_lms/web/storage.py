"""The frame that keeps data for tools, on the origin of the auth URL as lti-cs-oidc asks for."""

from flask import Blueprint, render_template

from practice_lms.web.current import current_lms

blueprint = Blueprint("storage", __name__)


@blueprint.get("/lti/storage")
def show() -> str:
    """Return the page of the frame; it shows nothing, and answers the tools of this LMS only."""
    with current_lms().reading() as state:
        origins = sorted({tool.origin for tool in state.tools.values()})
    return render_template("storage/show.html", origins=origins)
