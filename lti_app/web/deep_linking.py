"""The picker: what a facilitator sees inside the LMS when adding activities to a course."""

from flask import Blueprint, Flask, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lti_app.access.sign_ins import require_signed_in
from lti_app.activity_type import ActivityType, Settings, SettingsForm
from lti_app.addresses import origin_of
from lti_app.catalog import ACTIVITY_TYPES
from lti_app.clock import now
from lti_app.db import db
from lti_app.errors import SignInEnded, sentence
from lti_app.lti.content_items import ResourceLinkItem, WantedLineItem, answer_claims
from lti_app.lti.deep_linking import DeepLinkingMessage, check_answerable
from lti_app.lti.refusals import Check, LaunchRefused
from lti_app.models.deep_linking import DeepLinkingRequest
from lti_app.roster import placing
from lti_app.roster.beginnings import HISTORIES, TEMPLATE
from lti_app.roster.placing import Placement
from lti_app.roster.record_person import record_person
from lti_app.roster.roles import role_of
from lti_app.web.arrivals import Arrived, launch_url
from lti_app.web.headers import let_forms_post_to
from lti_app.web.placement import LinkForm, settings_page, type_of, wants_preview

# What platforms call us where they have no better title; nobody wants an activity of that name.
OWN_NAME = "staffroom"
pages = Blueprint("deep_linking", __name__, url_prefix="/add")


def arrive_at_picker(message: DeepLinkingMessage) -> Arrived:
    """Keep the request of somebody who may place activities; the picker is where they land.

    Raises:
        LaunchRefused: They do not look after the course, or the request cannot be answered.
    """
    if not role_of(message.roles).looks_after_course:
        raise LaunchRefused(Check.ROLE, "The person has no role that places activities.", status=403)
    registrations = current_app.extensions["staffroom_registrations"]
    check_answerable(message.settings, registrations.get(db.session(), message.registration_id))
    user = record_person(db.session(), message)
    asked = placing.keep_request(db.session(), message, user_id=user.id, at=now())
    return Arrived(user_id=user.id, path=url_for("deep_linking.show", request_id=asked.id))


@pages.get("/<request_id>")
def show(request_id: str) -> ResponseReturnValue:
    """Offer the types, and list what was chosen so far."""
    asked = _open(request_id)
    return render_template(
        "deep_linking/show.html",
        asked=asked,
        types=ACTIVITY_TYPES.values(),
        chosen=[(placement, ACTIVITY_TYPES[placement.kind]) for placement in placing.chosen_of(asked)],
        draft=placing.draft_of(asked),
    )


@pages.get("/<request_id>/<kind>")
def configure(request_id: str, kind: str) -> ResponseReturnValue:
    """Show a type's settings, each with its default or as they were left."""
    asked, activity_type = _open(request_id), type_of(kind)
    return _settings_page(asked, activity_type)


@pages.post("/<request_id>/<kind>")
def choose(request_id: str, kind: str) -> ResponseReturnValue:
    """Take what was set up: to look at it, to choose another one as well, or to add it to the course."""
    asked, activity_type = _open(request_id), type_of(kind)
    link, form, _ = _forms(asked, activity_type)
    is_right = link.validate() & form.validate()
    if is_right:
        placing.keep_draft(asked, link.placement(kind, form.settings()))
    if not is_right or wants_preview():
        db.session.commit()
        return _settings_page(asked, activity_type)
    placing.choose(asked, link.placement(kind, form.settings()))
    answer = None if request.form.get("then") == "another" else _answer(asked)
    db.session.commit()
    return answer or redirect(url_for(".show", request_id=request_id), 303)


@pages.post("/<request_id>/leave-out")
def leave_out(request_id: str) -> ResponseReturnValue:
    """Take one out of what was chosen."""
    asked = _open(request_id)
    placing.leave_out(asked, request.form.get("number", default=-1, type=int))
    db.session.commit()
    return redirect(url_for(".show", request_id=request_id), 303)


@pages.post("/<request_id>/send")
def send(request_id: str) -> ResponseReturnValue:
    """Add what was chosen to the course."""
    asked = _open(request_id)
    answer = _answer(asked)
    db.session.commit()
    return answer


@pages.post("/<request_id>/cancel")
def cancel(request_id: str) -> ResponseReturnValue:
    """Go back to the LMS with nothing."""
    asked = _open(request_id)
    asked.chosen, asked.draft = [], None
    answer = _answer(asked)
    db.session.commit()
    return answer


def register(app: Flask) -> None:
    """Add the pages."""
    app.register_blueprint(pages)


def _open(request_id: str) -> DeepLinkingRequest:
    """Return the asking person's own request."""
    try:
        users = require_signed_in()
    except SignInEnded as ended:
        advice = sentence("Begin again from the place in your course where you add activities. What you chose is kept.")
        raise SignInEnded(ended.happened, advice) from ended
    asked = placing.find_request(db.session(), request_id, user_ids=users, at=now())
    g.locale = asked.user.locale
    return asked


def _forms(asked: DeepLinkingRequest, activity_type: ActivityType) -> tuple[LinkForm, SettingsForm, Settings]:
    """Return the link's form, the type's, and the settings they show where nothing was submitted."""
    draft = placing.draft_of(asked)
    if draft is None or draft.kind != activity_type.key:
        draft = Placement(kind=activity_type.key, title=_title(asked, activity_type), settings={}, is_graded=True)
    before = activity_type.settings.from_json(draft.settings)
    link = LinkForm.showing(title=draft.title, is_graded=draft.is_graded, may_be_graded=asked.accept_lineitem)
    return link, activity_type.form.showing(before), before


def _title(asked: DeepLinkingRequest, activity_type: ActivityType) -> str:
    """Return the platform's title for the first link, where it has one of its own; else the type's name."""
    is_own = asked.title and asked.title.casefold() != OWN_NAME and not asked.chosen
    return asked.title if is_own else gettext(activity_type.label)


def _settings_page(asked: DeepLinkingRequest, activity_type: ActivityType) -> ResponseReturnValue:
    link, form, before = _forms(asked, activity_type)
    return settings_page(
        "deep_linking/configure.html",
        activity_type,
        form=form,
        before=before,
        title=link.title.data,
        is_right=not request.form or link.validate(),
        link=link,
        asked=asked,
    )


def _answer(asked: DeepLinkingRequest) -> str:
    """Close the request, and return the page that carries the signed answer to the platform."""
    chosen = placing.chosen_of(asked)
    placing.close_request(db.session(), asked, at=now())
    claims = answer_claims(
        asked.deployment.registration,
        deployment_id_on_platform=asked.deployment.deployment_id_on_platform,
        data=asked.data,
        items=[_item(asked, placement) for placement in chosen],
    )
    let_forms_post_to(origin_of(asked.return_url) or "'none'")
    token = current_app.extensions["staffroom_keys"].sign(claims)
    return render_template("deep_linking/answer.html", asked=asked, chosen=chosen, token=token)


def _item(asked: DeepLinkingRequest, placement: Placement) -> ResourceLinkItem:
    template = placing.make_template(db.session(), asked, placement)
    settings = ACTIVITY_TYPES[placement.kind].settings.from_json(placement.settings)
    column = WantedLineItem(
        label=placement.title, resource_id=template.public_id, tag=placement.kind, review_url=launch_url()
    )
    return ResourceLinkItem(
        url=launch_url(),
        title=placement.title,
        text=asked.text,
        custom={TEMPLATE: template.public_id, **HISTORIES},
        line_item=column if placement.is_graded else None,
        document_targets=asked.document_targets,
        available=settings.available,
        submission=settings.submission,
    )
