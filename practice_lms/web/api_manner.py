"""The API for tests on the platform's manner: which dialect it speaks, and every switch of it.

| call | what it does |
|---|---|
| `GET manner` | every switch and its value |
| `POST manner {name: value}` | sets the named switches, and leaves the others |
| `POST manner/like {dialect}` | sets all of them, and the deep linking offer, as that platform is known to behave |
| `POST forget-tool-keys` | fetches every tool's key set anew at the next verification |

| switch | values; the default first |
|---|---|
| `dialect` | moodle, canvas, sakai, d2l: names, histories, for_user, registration, honoured parts of a content item |
| `storage` | off, parent, frame, silent: `lti_storage_target`, and who answers `lti.put_data` |
| `key_caching` | until_it_fails, until_unknown_kid, for_ever, not_at_all: the tool's key set |
| `makes_columns` | true, false: whether a new graded activity gets its column (then `graded` only, no `lineitem`) |
| `odd_links` | false, true: `Link` of columns and results in curly quotes and `&amp;` |
| `opaque_cursors` | false, true: roster pages by case-sensitive cursors, with `current` and `first` links |
| `lists_inactive` | false, true: inactive members stand in the roster, with that status |
| `offers_differences` | false, true: the roster's last page links to its `differences` |
| `groups_service` | false, true: the lti-gs claim and service, `group_enrollments` in the roster |
| `notices` | false, true: the PNS claim and service, notices of course copies |
| `own_audience` | false, true: assertions must name `<issuer>/lti/audience` |
| `cuts_scopes` | false, true: new tools get neither roster nor the writing of columns |
"""

from flask import Response, jsonify

from practice_lms.dialects import Dialect
from practice_lms.manner import LIKE
from practice_lms.switchboard import as_json, changed
from practice_lms.switches import behave_like, forget_tool_keys
from practice_lms.web.api_calls import api_blueprint, call_fields
from practice_lms.web.current import current_lms

blueprint = api_blueprint("api_manner")


@blueprint.get("/manner")
def show_manner() -> Response:
    """Show every switch."""
    with current_lms().reading() as state:
        return jsonify(as_json(state.manner))


@blueprint.post("/manner")
def change_manner() -> Response:
    """Set some switches otherwise."""
    with current_lms().changing() as state:
        state.manner = changed(state.manner, call_fields())
        return jsonify(as_json(state.manner))


@blueprint.post("/manner/like")
def be_like() -> Response:
    """Set every switch as a platform is known to behave."""
    dialect = Dialect(call_fields()["dialect"])
    behave_like(current_lms(), dialect)
    return jsonify(as_json(LIKE[dialect][0]))


@blueprint.post("/forget-tool-keys")
def forget_keys() -> Response:
    """Fetch every tool's key set anew at the next verification."""
    forget_tool_keys(current_lms())
    return jsonify(ok=True)
