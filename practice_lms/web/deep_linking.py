"""Where the tool's browser form brings its answer to deep linking."""

from flask import Blueprint, Response, render_template, request

from practice_lms.content_items import AnswerRefusedError
from practice_lms.deep_linking import accept_answer
from practice_lms.web.current import current_lms

blueprint = Blueprint("deep_linking", __name__)


@blueprint.post("/lti/deep-linking/return/<int:number>")
def receive_answer(number: int) -> Response:
    """Add what the tool chose, or say in words why not.

    No cookie is asked for: this form comes from another site, so the browser brings none. What
    counts is the signature.
    """
    try:
        added = accept_answer(current_lms(), number, token=request.form.get("JWT", ""))
    except AnswerRefusedError as error:
        page = render_template("deep_linking/refused.html", sentence=str(error))
        return Response(page, status=400)
    return Response(render_template("deep_linking/added.html", added=added))
