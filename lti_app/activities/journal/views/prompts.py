"""The prompt sets of a course: those that Staffroom ships, and those that its facilitators wrote."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.wrappers import Response

from lti_app.access.opening import Opened, require_facilitator
from lti_app.activities.journal.forms.prompt_sets import MAX_STEPS, PromptSetForm
from lti_app.activities.journal.prompts.sets import PromptSet, newest_shipped
from lti_app.activities.journal.service import prompt_sets, rules
from lti_app.activities.journal.service.prompt_sets import CannotKeepSet
from lti_app.activities.journal.service.rules import SettingLocked
from lti_app.activities.journal.views.pages import journal, open_journal, page_of, said
from lti_app.clock import now
from lti_app.db import db
from lti_app.errors import ToolError


@journal.get("/<int:activity_id>/prompts")
def prompts(activity_id: int) -> ResponseReturnValue:
    """List the course's own prompt sets, and those that can be copied."""
    opened = require_facilitator(open_journal(activity_id))
    return render_template(
        "activities/journal/prompts.html",
        own=prompt_sets.course_sets(db.session(), opened.activity),
        shipped=newest_shipped(),
        **page_of(opened),
    )


@journal.route("/<int:activity_id>/prompts/new", methods=["GET", "POST"])
def write_prompt(activity_id: int) -> ResponseReturnValue:
    """Write a new set, from nothing or from a shipped one."""
    opened = require_facilitator(open_journal(activity_id))
    answer = _write(opened, PromptSetForm.showing(_copied()), before=None)
    db.session.commit()
    return answer


@journal.route("/<int:activity_id>/prompts/<key>", methods=["GET", "POST"])
def change_prompt(activity_id: int, key: str) -> ResponseReturnValue:
    """Change one of the course's own sets; what changed becomes its next version."""
    opened = require_facilitator(open_journal(activity_id))
    before = prompt_sets.find_set(db.session(), opened.activity, key).prompt
    answer = _write(opened, PromptSetForm.showing(before), before=before)
    db.session.commit()
    return answer


@journal.post("/<int:activity_id>/prompts/<key>/retire")
def retire_prompt(activity_id: int, key: str) -> ResponseReturnValue:
    """Offer one of the course's own sets no more where prompts are chosen, or offer it again."""
    opened = require_facilitator(open_journal(activity_id))
    is_retired = request.form.get("retired") == "1"
    prompt_sets.retire_set(db.session(), opened.activity, key, at=now() if is_retired else None)
    db.session.commit()
    flash(gettext("The prompt is retired.") if is_retired else gettext("The prompt can be chosen again."))
    return redirect(url_for(".prompts", activity_id=activity_id), 303)


def _write(opened: Opened, form: PromptSetForm, *, before: PromptSet | None) -> ResponseReturnValue:
    """Keep what a right form holds, for the view to commit; else show the page, rearranged or with what is wrong."""
    if not form.is_submitted():
        return _page(opened, form, before=before)
    rearranged = form.rearranged(request.form.get("then", ""))
    if rearranged is not None:
        return _page(opened, rearranged[0], before=before, at_step=rearranged[1])
    if not form.validate():
        return _page(opened, form, before=before), 422
    try:
        return _keep(opened, form, before=before)
    except (CannotKeepSet, SettingLocked) as refused:
        db.session.rollback()
        return _page(opened, form, before=before, refused=refused), refused.status


def _keep(opened: Opened, form: PromptSetForm, *, before: PromptSet | None) -> Response:
    session, activity = db.session(), opened.activity
    made_by_id = opened.member.user_id
    if before is None:
        kept = prompt_sets.write_set(session, activity, prompt=form.prompt(), made_by_id=made_by_id)
    else:
        kept = prompt_sets.change_set(session, activity, before=before, prompt=form.prompt(), made_by_id=made_by_id)
    if form.offer_here.data:
        rules.offer_set(session, activity, ref=kept.ref, at=now())
    flash(gettext("The prompt is saved."))
    return redirect(url_for(".prompts", activity_id=activity.id), 303)


def _page(
    opened: Opened,
    form: PromptSetForm,
    *,
    before: PromptSet | None,
    at_step: int | None = None,
    refused: ToolError | None = None,
) -> str:
    return render_template(
        "activities/journal/prompt.html",
        form=form,
        before=before,
        at_step=at_step,
        most_steps=MAX_STEPS,
        refused=refused,
        **page_of(opened),
    )


def _copied() -> PromptSet | None:
    """Return the shipped set that a new one starts from, in the reader's language; None where it names none."""
    wanted = request.args.get("copy", "")
    found = next((prompt for prompt in newest_shipped() if prompt.key == wanted), None)
    return found and _in_own_words(found)


def _in_own_words(shipped: PromptSet) -> PromptSet:
    steps = tuple(
        type(step)(
            key=step.key, label=said(step.label, shipped), hint=said(step.hint, shipped), is_required=step.is_required
        )
        for step in shipped.steps
    )
    title = gettext("%(title)s (our own)", title=said(shipped.title, shipped))
    return PromptSet(
        key="", version=1, title=title, summary=said(shipped.summary, shipped), steps=steps, is_shipped=False
    )
