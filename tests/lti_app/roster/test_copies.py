"""Which courses a course was copied from: nearest first, of the same deployment, however far the chain goes."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select

from lti_app.db import db
from lti_app.lti.notices import ContextCopyNotice
from lti_app.models.notices import ContextCopy
from lti_app.models.people import Context
from lti_app.models.platform import Deployment
from lti_app.roster.copies import GENERATIONS, record_copy, sources_of
from tests.factories import ContextFactory, DeploymentFactory


@pytest.fixture
def deployment(app: Flask) -> Deployment:
    del app
    deployment: Deployment = DeploymentFactory()
    return deployment


def _course(deployment: Deployment, id_on_platform: str) -> Context:
    course: Context = ContextFactory(deployment=deployment, context_id_on_platform=id_on_platform)
    return course


def _notice(deployment: Deployment, course: str, *origins: str) -> ContextCopyNotice:
    return ContextCopyNotice(
        registration_id=deployment.registration_id,
        deployment_id=deployment.id,
        deployment_id_on_platform=deployment.deployment_id_on_platform,
        context_id_on_platform=course,
        origin_ids=origins,
    )


def _told(deployment: Deployment, course: str, *origins: str) -> None:
    record_copy(db.session(), _notice(deployment, course, *origins))


def _names(sources: object) -> list[str]:
    return [source.context_id_on_platform for source in sources]  # type: ignore[attr-defined]


def test_sources_when_nothing_was_told_then_none(deployment: Deployment) -> None:
    assert sources_of(db.session(), _course(deployment, "a")) == []


def test_sources_when_told_then_the_course_that_was_copied(deployment: Deployment) -> None:
    origin, copy = _course(deployment, "a"), _course(deployment, "b")
    _told(deployment, "b", "a")

    assert sources_of(db.session(), copy) == [origin]
    assert sources_of(db.session(), origin) == []


def test_sources_when_a_copy_was_copied_then_nearest_first(deployment: Deployment) -> None:
    for name in "abc":
        _course(deployment, name)
    newest = _course(deployment, "d")
    for copy, origin in (("b", "a"), ("c", "b"), ("d", "c")):
        _told(deployment, copy, origin)

    assert _names(sources_of(db.session(), newest)) == ["c", "b", "a"]


def test_sources_when_one_between_was_never_opened_here_then_the_one_before_it(deployment: Deployment) -> None:
    _course(deployment, "a")
    newest = _course(deployment, "c")
    _told(deployment, "b", "a")
    _told(deployment, "c", "b")

    assert _names(sources_of(db.session(), newest)) == ["a"]


def test_sources_when_told_of_several_then_the_last_told_first(deployment: Deployment) -> None:
    for name in "abc":
        _course(deployment, name)
    copy = _course(deployment, "d")
    for origin in "abc":
        _told(deployment, "d", origin)

    assert _names(sources_of(db.session(), copy)) == ["c", "b", "a"]


def test_sources_when_courses_were_copied_into_each_other_then_ends(deployment: Deployment) -> None:
    first, second = _course(deployment, "a"), _course(deployment, "b")
    _told(deployment, "a", "b", "a")
    _told(deployment, "b", "a")

    assert (sources_of(db.session(), first), sources_of(db.session(), second)) == ([second], [first])


def test_sources_when_the_chain_is_very_long_then_ten_generations(deployment: Deployment) -> None:
    courses = [_course(deployment, f"year-{number:02}") for number in range(15)]
    for number in range(14):
        _told(deployment, f"year-{number + 1:02}", f"year-{number:02}")

    assert len(sources_of(db.session(), courses[-1])) == GENERATIONS


def test_sources_when_another_deployment_has_the_same_ids_then_none_of_its(deployment: Deployment) -> None:
    elsewhere: Deployment = DeploymentFactory()
    _course(elsewhere, "a")
    copy = _course(deployment, "b")
    _told(elsewhere, "b", "a")
    _told(deployment, "b", "a")

    assert sources_of(db.session(), copy) == []


def test_copy_when_told_twice_then_kept_once(deployment: Deployment) -> None:
    notice = _notice(deployment, "b", "a")
    for told in (notice, replace(notice, origin_ids=("a", "c"))):
        record_copy(db.session(), told)

    origins = db.session.scalars(select(ContextCopy.origin_id_on_platform).order_by(ContextCopy.id)).all()
    assert origins == ["a", "c"]


def test_copy_when_told_of_ever_new_origins_then_kept_up_to_a_limit(deployment: Deployment) -> None:
    for batch in range(6):
        _told(deployment, "b", *(f"origin-{batch}-{number}" for number in range(50)))

    assert db.session.scalar(select(func.count()).select_from(ContextCopy)) == 200
