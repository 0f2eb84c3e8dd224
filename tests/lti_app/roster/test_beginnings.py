"""What links that nobody has seen begin as: of their template, as a copy, or not set up."""

from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import func, select

from lti_app.activities.journal.models import JournalEntry
from lti_app.db import db
from lti_app.lti.messages import CourseClaim, LaunchMessage
from lti_app.models.activity import Activity, ActivityTemplate
from lti_app.models.gradebook import Completion, Fact, ScoreDelivery
from lti_app.models.platform import Deployment
from lti_app.roster.beginnings import CONTEXT_HISTORY, LINK_HISTORY, TEMPLATE, Beginning, beginning_of
from tests.factories import ActivityFactory, ContextFactory, DeploymentFactory, RegistrationFactory, TemplateFactory
from tests.lti_app.activities.journal.writing import write_entry
from tests.lti_app.lti.launching import LTI, call, launch_with
from tests.lti_app.lti.test_recordings import recorded
from tests.picking import configure, sent
from tests.placing import template_of
from tests.visitor import FACILITATOR, TEACHER, Visitor

PLACED, CHANGED = {"prompt": "As placed."}, {"prompt": "As changed.", "entries_required": 3}


@pytest.fixture
def deployment(database: str, app: object) -> Deployment:
    del database, app
    row: Deployment = DeploymentFactory()
    return row


@pytest.fixture
def template(deployment: Deployment) -> ActivityTemplate:
    row: ActivityTemplate = TemplateFactory(registration_id=deployment.registration_id, settings=PLACED)
    return row


def _message(deployment: Deployment, **custom: str) -> LaunchMessage:
    """Return the launch of link 9 in course 30, entitled "Weekly"."""
    return LaunchMessage(
        registration_id=deployment.registration_id,
        deployment_id=deployment.id,
        deployment_id_on_platform=deployment.deployment_id_on_platform,
        sub="1",
        name="",
        locale="",
        roles=(),
        custom=custom,
        course=CourseClaim(id_on_platform="30", label="", title=""),
        resource_link_id="9",
        resource_link_title="Weekly",
        ags=None,
        nrps=None,
    )


def _placed(template: ActivityTemplate, deployment: Deployment, *, course: str, link: str, **values: Any) -> Activity:
    """Return an activity of the template, whose settings were changed since."""
    context = ContextFactory(deployment=deployment, context_id_on_platform=course)
    row: Activity = ActivityFactory(
        context=context,
        resource_link_id_on_platform=link,
        template_id=template.id,
        **{"settings": {**CHANGED, "minimum_words": int(link)}, **values},
    )
    return row


def test_link_when_it_has_no_template_then_is_not_set_up(deployment: Deployment) -> None:
    assert beginning_of(db.session(), _message(deployment)) == Beginning()


@pytest.mark.parametrize("public_id", ["0" * 32, "", "'; DROP TABLE activity; --", "x" * 4000])
def test_link_when_its_template_is_unknown_then_is_not_set_up(deployment: Deployment, public_id: str) -> None:
    message = _message(deployment, **{TEMPLATE: public_id})

    assert beginning_of(db.session(), message) == Beginning()


def test_link_when_its_template_is_of_another_registration_then_is_not_set_up(deployment: Deployment) -> None:
    foreign = TemplateFactory(registration_id=RegistrationFactory().id)

    assert beginning_of(db.session(), _message(deployment, **{TEMPLATE: foreign.public_id})) == Beginning()


def test_link_when_its_template_is_known_then_begins_as_placed(
    deployment: Deployment, template: ActivityTemplate
) -> None:
    assert beginning_of(db.session(), _message(deployment, **{TEMPLATE: template.public_id})) == _as_placed(template)


@pytest.mark.parametrize(
    ("history", "source"),
    [
        ({LINK_HISTORY: "11"}, "11"),
        ({LINK_HISTORY: "12,11"}, "12"),
        ({LINK_HISTORY: " 77 , 11"}, "11"),
        ({CONTEXT_HISTORY: "10"}, "11"),
        ({CONTEXT_HISTORY: "20,10"}, "12"),
        ({CONTEXT_HISTORY: "77,10"}, "11"),
        ({CONTEXT_HISTORY: quote("course 40/ä", safe="")}, "14"),
        ({CONTEXT_HISTORY: "20", LINK_HISTORY: "11"}, "11"),
    ],
    ids=str,
)
def test_copy_when_the_history_names_its_source_then_has_the_sources_present_settings(
    deployment: Deployment, template: ActivityTemplate, history: dict[str, str], source: str
) -> None:
    places = {"11": "10", "12": "20", "14": "course 40/ä"}
    rows = {link: _placed(template, deployment, course=course, link=link) for link, course in places.items()}

    begun = beginning_of(db.session(), _message(deployment, **{TEMPLATE: template.public_id}, **history))

    assert begun == Beginning(
        kind="journal",
        title=rows[source].title,
        settings={**CHANGED, "minimum_words": int(source)},
        template_id=template.id,
        source_id=rows[source].id,
    )


@pytest.mark.parametrize(("titles", "source"), [(("Monthly", "Weekly"), "12"), (("Monthly", "Yearly"), "11")])
def test_copy_when_its_course_had_two_of_the_template_then_is_of_the_same_title_or_the_oldest(
    deployment: Deployment, template: ActivityTemplate, titles: tuple[str, str], source: str
) -> None:
    first = _placed(template, deployment, course="10", link="11", title=titles[0])
    second = ActivityFactory(
        context=first.context, resource_link_id_on_platform="12", template_id=template.id, title=titles[1]
    )

    begun = beginning_of(db.session(), _message(deployment, **{TEMPLATE: template.public_id, CONTEXT_HISTORY: "10"}))

    assert begun.source_id == {"11": first.id, "12": second.id}[source]


@pytest.mark.parametrize("history", [{CONTEXT_HISTORY: "10"}, {LINK_HISTORY: "11"}], ids=str)
@pytest.mark.parametrize("other", ["template", "deployment"])
def test_copy_when_the_named_source_is_no_copy_of_this_link_then_nothing_is_taken_from_it(
    deployment: Deployment, template: ActivityTemplate, other: str, history: dict[str, str]
) -> None:
    another = TemplateFactory(registration_id=deployment.registration_id)
    elsewhere = DeploymentFactory(registration=deployment.registration, deployment_id_on_platform="2")
    _placed(
        another if other == "template" else template,
        elsewhere if other == "deployment" else deployment,
        course="10",
        link="11",
    )

    begun = beginning_of(db.session(), _message(deployment, **{TEMPLATE: template.public_id}, **history))

    assert begun == _as_placed(template)


@pytest.mark.parametrize(
    "history", ["", ",,,", "30", "%00", "%ff,%", "," * 4000, "9" * 4000], ids=lambda text: text[:9]
)
def test_copy_when_the_history_says_nothing_useful_then_begins_as_placed(
    deployment: Deployment, template: ActivityTemplate, history: str
) -> None:
    _placed(template, deployment, course="30", link="11")
    message = _message(deployment, **{TEMPLATE: template.public_id, CONTEXT_HISTORY: history, LINK_HISTORY: history})

    assert beginning_of(db.session(), message) == _as_placed(template)


def test_copy_when_only_a_history_is_sent_then_is_not_set_up(
    deployment: Deployment, template: ActivityTemplate
) -> None:
    _placed(template, deployment, course="10", link="11")

    begun = beginning_of(db.session(), _message(deployment, **{CONTEXT_HISTORY: "10", LINK_HISTORY: "11"}))

    assert begun == Beginning()


def test_moodles_course_copy_when_launched_then_has_the_settings_and_nobodys_work(visitor: Visitor) -> None:
    before = recorded("launch-before-copy")
    _replay(visitor, before)
    source = db.session.scalars(select(Activity)).one()
    source.settings = CHANGED
    db.session.commit()

    page = _replay(visitor, recorded("launch-after-course-copy"))

    copy = db.session.scalars(select(Activity).order_by(Activity.id.desc())).first()
    assert copy is not None
    assert (copy.source_id, copy.settings, copy.template_id) == (source.id, CHANGED, source.template_id)
    assert "Copied from “Reflective essay” in “PD 101”, with its settings and nobody's work." in page
    assert "As changed." in page


def test_moodles_duplicate_when_launched_then_begins_as_placed_and_names_no_source(visitor: Visitor) -> None:
    _replay(visitor, recorded("launch-before-copy"))
    source = db.session.scalars(select(Activity)).one()
    source.settings = CHANGED
    db.session.commit()

    page = _replay(visitor, recorded("launch-after-activity-duplicate"))

    copy = db.session.scalars(select(Activity).order_by(Activity.id.desc())).first()
    assert copy is not None
    assert (copy.source_id, copy.settings, copy.kind) == (None, {}, "journal")
    assert "Copied from" not in page


def test_copy_when_the_original_holds_work_then_none_of_it_is_in_the_copy(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    write_entry(visitor)
    counts = _work()
    copied = {
        f"{LTI}context": {"id": "2", "title": "Next year"},
        f"{LTI}resource_link": {"id": "99", "title": "Weekly reflection"},
        f"{LTI}custom": {**template_of(visitor.lms), CONTEXT_HISTORY: "1"},
    }

    landed = launch_with(visitor, person=TEACHER, claims=copied)
    page = visitor.get(landed.headers["Location"])
    facilitators = launch_with(another_visitor, person=FACILITATOR, claims=copied)
    progress = another_visitor.get(facilitators.headers["Location"])

    assert counts == {"journal_entry": 1, "fact": 1, "completion": 1, "score_delivery": 1}
    assert _work() == counts
    assert "0 of 1 entry" in page.text
    assert "0 of 1 person has finished." in progress.text
    assert "Copied from “Weekly reflection” in “First-year induction”" in progress.text


def test_course_when_the_lms_copies_it_then_its_placed_activities_are_copies_too(
    visitor: Visitor, another_visitor: Visitor, served: str
) -> None:
    del served
    sent(configure(visitor, visitor.add(), link_title="Look back", prompt="As placed.")).deliver()
    with visitor.lms.lms.reading() as state:
        placed = max(state.activities)
    page = visitor.launch(FACILITATOR, placed)
    settings = visitor.get(f"{page.request.path}/settings")
    visitor.post(settings.request.path, settings, prompt="As changed.", entries_required="2", minimum_words="0")
    copied = call(visitor.lms, "courses/1/copy", {"title": "Next year", "with_learners": True})

    copy = another_visitor.launch(FACILITATOR, copied["activities"][str(placed)])

    assert "Copied from “Look back” in “First-year induction”" in copy.text
    assert "As changed." in copy.text
    assert copy.request.path != page.request.path


def test_known_link_when_it_brings_another_template_then_stays_what_it_is(visitor: Visitor) -> None:
    visitor.launch(TEACHER)
    before = _activity()
    registration_id = db.session.scalars(select(ActivityTemplate.registration_id)).one()
    other = TemplateFactory(registration_id=registration_id, settings=CHANGED).public_id
    db.session.commit()

    launch_with(visitor, claims={f"{LTI}custom": {TEMPLATE: other}})

    assert _activity() == before


def _as_placed(template: ActivityTemplate) -> Beginning:
    return Beginning(kind="journal", title=template.title, settings=PLACED, template_id=template.id)


def _replay(visitor: Visitor, claims: dict[str, Any]) -> str:
    """Launch with recorded claims; the link carries our parameters, filled as Moodle filled its own."""
    history = claims[f"{LTI}custom"]["ctx_hist"]
    claims[f"{LTI}custom"] |= {
        **template_of(visitor.lms), CONTEXT_HISTORY: history, LINK_HISTORY: "$ResourceLink.id.history"
    }  # fmt: skip
    landed = launch_with(visitor, claims=claims)
    return visitor.get(landed.headers["Location"]).text


def _work() -> dict[str, int]:
    db.session.rollback()
    models = (JournalEntry, Fact, Completion, ScoreDelivery)
    return {model.__tablename__: db.session.scalar(select(func.count()).select_from(model)) or 0 for model in models}


def _activity() -> tuple[Any, ...]:
    db.session.rollback()
    row = db.session.scalars(select(Activity)).one()
    return row.kind, row.settings, row.template_id, row.source_id
