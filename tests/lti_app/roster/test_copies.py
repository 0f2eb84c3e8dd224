"""Which courses a course was copied from: nearest first, of the same deployment, however far the chain goes."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select

from lti_app.db import db
from lti_app.lti.notices import ContextCopyNotice
from lti_app.models.notices import ContextCopy
from lti_app.models.platform import Deployment
from lti_app.roster.copies import GENERATIONS, origins_of, record_copy
from tests.factories import DeploymentFactory


@pytest.fixture
def deployment(app: Flask) -> Deployment:
    del app
    deployment: Deployment = DeploymentFactory()
    return deployment


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


def _origins(deployment: Deployment, course: str) -> list[str]:
    return origins_of(db.session(), deployment_id=deployment.id, context_id_on_platform=course)


def test_origins_when_nothing_was_told_then_none(deployment: Deployment) -> None:
    _told(deployment, "b", "c")

    assert _origins(deployment, "a") == []


def test_origins_when_told_then_the_course_that_was_copied(deployment: Deployment) -> None:
    _told(deployment, "b", "a")

    assert (_origins(deployment, "b"), _origins(deployment, "a")) == (["a"], [])


def test_origins_when_a_copy_was_copied_then_nearest_first(deployment: Deployment) -> None:
    for copy, origin in (("b", "a"), ("c", "b"), ("d", "c")):
        _told(deployment, copy, origin)

    assert _origins(deployment, "d") == ["c", "b", "a"]


def test_origins_when_told_of_several_then_the_last_told_first(deployment: Deployment) -> None:
    for origin in "abc":
        _told(deployment, "d", origin)

    assert _origins(deployment, "d") == ["c", "b", "a"]


def test_origins_when_one_is_reached_by_two_ways_then_once_in_its_nearest_place(deployment: Deployment) -> None:
    _told(deployment, "b", "a")
    _told(deployment, "c", "a", "b")

    assert _origins(deployment, "c") == ["b", "a"]


def test_origins_when_courses_were_copied_into_each_other_then_ends(deployment: Deployment) -> None:
    _told(deployment, "a", "b", "a")
    _told(deployment, "b", "a")

    assert (_origins(deployment, "a"), _origins(deployment, "b")) == (["b"], ["a"])


def test_origins_when_the_chain_is_very_long_then_ten_generations(deployment: Deployment) -> None:
    for number in range(14):
        _told(deployment, f"year-{number + 1:02}", f"year-{number:02}")

    assert _origins(deployment, "year-14") == [f"year-{number:02}" for number in range(13, 13 - GENERATIONS, -1)]


def test_origins_when_another_deployment_has_the_same_ids_then_none_of_its(deployment: Deployment) -> None:
    elsewhere: Deployment = DeploymentFactory()
    _told(elsewhere, "b", "c")
    _told(deployment, "b", "a")

    assert _origins(deployment, "b") == ["a"]


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
