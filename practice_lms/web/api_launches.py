"""The API for tests on launches without a browser: each answers where a browser would post what.

| call | message |
|---|---|
| `GET launch/<activity>?person=` | LtiResourceLinkRequest |
| `… &student_view=1` | the same in the student view: Canvas's test student, or Moodle's switched role |
| `… &masquerader=110` | the same with an administrator who acts as the person |
| `GET launch/submission-review?person=&for_user=&activity=` (or `&line_item=`) | LtiSubmissionReviewRequest |
| `GET launch/data-privacy?person=&for_user=&tool=` | DataPrivacyLaunchRequest |
| `POST next-launch {claims?, remove?, header?, login?}` | changes the very next launch that begins |
| `POST sign-token {claims, header?}` | signs anything with the platform's key |

The launch id suffices to take a launch up, no cookie is needed. Deep linking: see `api_deep_linking`.
"""

from flask import Response, jsonify, request

from practice_lms.keys import sign
from practice_lms.launches import begin_activity_launch, begin_data_privacy_launch, begin_submission_review
from practice_lms.state import Disguise, Overrides
from practice_lms.tools import DEFAULT_TOOL
from practice_lms.web.api_calls import BadCallError, api_blueprint, call_fields, login_json
from practice_lms.web.current import current_lms

blueprint = api_blueprint("api_launches")


@blueprint.get("/launch/<int:activity_id>")
def launch_activity(activity_id: int) -> Response:
    """Begin the launch of an activity by `person`."""
    masquerader_id = request.args.get("masquerader", "")
    if masquerader_id:
        with current_lms().reading() as state:
            masquerader_id = state.people[masquerader_id].id
    form = begin_activity_launch(
        current_lms(),
        request.args.get("person", ""),
        activity_id=activity_id,
        needs_cookie=False,
        disguise=Disguise(as_student="student_view" in request.args, masquerader_id=masquerader_id),
    )
    return login_json(form)


@blueprint.get("/launch/submission-review")
def launch_submission_review() -> Response:
    """Begin a submission review by `person` on the grade of `for_user`."""
    line_item_id = request.args.get("line_item", type=int)
    if line_item_id is None:
        with current_lms().reading() as state:
            columns = state.columns_of(request.args.get("activity", 0, type=int))
        if not columns:
            raise BadCallError("there is no such activity, or it has no column")
        line_item_id = columns[0].id
    form = begin_submission_review(
        current_lms(),
        request.args.get("person", ""),
        line_item_id=line_item_id,
        for_person_id=request.args.get("for_user", ""),
        needs_cookie=False,
    )
    return login_json(form)


@blueprint.get("/launch/data-privacy")
def launch_data_privacy() -> Response:
    """Begin a data privacy launch by `person` about `for_user`."""
    form = begin_data_privacy_launch(
        current_lms(),
        request.args.get("person", ""),
        for_person_id=request.args.get("for_user", ""),
        tool_id=request.args.get("tool", DEFAULT_TOOL),
        needs_cookie=False,
    )
    return login_json(form)


@blueprint.post("/next-launch")
def override_next_launch() -> Response:
    """Change claims, JOSE header or login parameters of the very next launch that begins."""
    wanted = call_fields()
    overrides = Overrides(
        claims=wanted.get("claims", {}),
        remove=tuple(wanted.get("remove", ())),
        header=wanted.get("header", {}),
        login=wanted.get("login", {}),
    )
    with current_lms().reading() as state:
        state.next_launch = overrides
    return jsonify(ok=True)


@blueprint.post("/sign-token")
def sign_token() -> Response:
    """Sign exactly these claims with the platform's key."""
    wanted = call_fields()
    with current_lms().reading() as state:
        key = state.signing_key
    return jsonify(token=sign(key, wanted.get("claims", {}), header=wanted.get("header")))
