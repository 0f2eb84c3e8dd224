"""The column of an activity: found before it is made, made where that falls to us, and never twice."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from lti_app import tasks
from lti_app.clock import now
from lti_app.db import db
from lti_app.errors import PlatformRefused
from lti_app.gradebook import delivery, line_item
from lti_app.lti import outbound
from lti_app.lti.connector import Lti
from lti_app.lti.line_items import LINE_ITEM_READ_SCOPE, LINE_ITEM_SCOPE
from lti_app.models.activity import Activity
from lti_app.models.gradebook import DeliveryState, LineItemSearch, ScoreDelivery
from lti_app.models.platform import Registration, RegistrationStatus
from tests.factories import ActivityFactory, ContextFactory, DeploymentFactory, RegistrationFactory, UserFactory
from tests.lti_app.gradebook.columns import Columns, serve_columns
from tests.lti_app.gradebook.course import delivered, outcome
from tests.lti_app.lti.bare_platform import Told

ALL_SCOPES = f"{LINE_ITEM_SCOPE} {LINE_ITEM_READ_SCOPE}"
# As it stands in every platform's gradebook: it must not change from one version to the next.
KEY = "20275fb3e7f35966c5001ee9e4610976"


@dataclass(frozen=True, kw_only=True)
class Placement:
    """A journal on the platform that makes no columns by itself."""

    columns: Columns
    lti: Lti
    activity_id: int

    @property
    def activity(self) -> Activity:
        """The journal as it is in the database now."""
        db.session.rollback()
        return db.session.get_one(Activity, self.activity_id, populate_existing=True)

    @property
    def search(self) -> LineItemSearch:
        """The search for its column as it is in the database now."""
        db.session.rollback()
        return db.session.get_one(LineItemSearch, self.activity_id, populate_existing=True)

    def change(self, **values: Any) -> None:
        """Give the journal other values, committed."""
        row = self.activity
        for name, value in values.items():
            setattr(row, name, value)
        db.session.commit()

    def owe(self, sub: str = "t-7") -> int:
        """Owe somebody a score; return the delivery's id."""
        user = UserFactory(registration_id=db.session.scalars(select(Registration.id)).one(), sub=sub)
        activity = db.session.get_one(Activity, self.activity_id)
        row = delivery.owe_score(db.session(), activity, user_id=user.id, at=now())
        db.session.commit()
        return row.id

    def find(self) -> None:
        """Let a worker look for the column once."""
        tasks.find_line_item(self.activity_id, lti=self.lti)

    def deliver(self, delivery_id: int) -> ScoreDelivery:
        """Let a worker send a score once, and return the row as it is then."""
        tasks.deliver_score(delivery_id, lti=self.lti)
        return delivered(delivery_id)


@pytest.fixture
def columns() -> Iterator[Columns]:
    with serve_columns() as running:
        yield running


@pytest.fixture
def placement(app: Flask, columns: Columns, lti: Lti) -> Placement:
    del app
    registration = RegistrationFactory(issuer=columns.bare.url)
    context = ContextFactory(deployment=DeploymentFactory(registration=registration), context_id_on_platform="c-1")
    activity = ActivityFactory(
        context=context,
        resource_link_id_on_platform="link-9",
        line_item_url=None,
        line_items_url=columns.url,
        ags_scopes=ALL_SCOPES,
    )
    db.session.commit()
    return Placement(columns=columns, lti=lti, activity_id=activity.id)


def later(**ahead: float) -> time_machine.travel:
    """Let time go on for the length of a `with` block."""
    return time_machine.travel(now() + timedelta(**ahead))


def test_line_item_when_the_platform_makes_none_then_made_once_and_the_scores_go_there(placement: Placement) -> None:
    first, second = placement.owe("t-1"), placement.owe("t-2")

    placement.find()
    placement.find()
    rows = [placement.deliver(delivery_id) for delivery_id in (first, second)]

    (column,) = placement.columns.columns
    assert column == {
        "id": f"{placement.columns.url}/1",
        "label": "Weekly reflection",
        "scoreMaximum": 1,
        "resourceId": KEY,
        "tag": f"staffroom-{KEY}",
        "resourceLinkId": "link-9",
    }
    assert type(column["scoreMaximum"]) is int
    assert placement.activity.line_item_url == column["id"]
    assert [outcome(row) for row in rows] == [(DeliveryState.SENT, None, 200, 1)] * 2
    assert placement.columns.scores == [(column["id"], "t-1"), (column["id"], "t-2")]
    assert placement.columns.asked("GET") == [
        {"resource_link_id": "link-9"},
        {"resource_id": KEY},
        {"tag": f"staffroom-{KEY}"},
    ]
    assert len(placement.columns.asked("POST")) == 1


def test_line_item_when_the_title_is_empty_then_the_column_is_called_after_us(placement: Placement) -> None:
    placement.change(title="")

    placement.find()

    assert [column["label"] for column in placement.columns.columns] == ["Staffroom"]


@pytest.mark.parametrize(
    "column",
    [
        {"resourceLinkId": "link-9"},
        {"resourceLinkId": "link-9", "resourceId": "somebody's", "tag": "grade"},
        {"resourceId": KEY},
        {"resourceId": KEY, "resourceLinkId": ""},
        {"tag": f"staffroom-{KEY}"},
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("ignores_filters", [False, True])
def test_line_item_when_it_is_there_then_adopted_as_it_is(
    placement: Placement, column: dict[str, str], *, ignores_filters: bool
) -> None:
    placement.columns.ignores_filters = ignores_filters
    placement.columns.add(resourceLinkId="another", resourceId=KEY, tag=f"staffroom-{KEY}")
    placement.columns.add(resourceId="other", tag=f"staffroom-{KEY}")
    url = placement.columns.add(scoreMaximum=100, **column)
    before = json.dumps(placement.columns.columns)
    delivery_id = placement.owe()

    placement.find()
    row = placement.deliver(delivery_id)

    assert placement.activity.line_item_url == url
    assert outcome(row) == (DeliveryState.SENT, None, 200, 1)
    assert json.dumps(placement.columns.columns) == before
    assert placement.columns.asked("POST") == []


def test_line_item_when_only_those_of_copies_are_there_then_one_is_made(placement: Placement) -> None:
    # A duplicated activity's column carries our resourceId and tag, and another link (Moodle 4.5.6, recorded).
    placement.columns.add(resourceLinkId="link-10", resourceId=KEY, tag=f"staffroom-{KEY}")

    placement.find()

    assert [column["resourceLinkId"] for column in placement.columns.columns] == ["link-10", "link-9"]
    assert placement.activity.line_item_url == placement.columns.columns[1]["id"]


def test_line_item_when_there_are_several_then_ours_or_else_the_first(placement: Placement) -> None:
    first = placement.columns.add(resourceLinkId="link-9")
    placement.columns.add(resourceLinkId="link-9")
    placement.find()
    without_ours = placement.activity.line_item_url
    placement.change(line_item_url=None)
    ours = placement.columns.add(resourceLinkId="link-9", resourceId=KEY)

    placement.find()

    assert (without_ours, placement.activity.line_item_url) == (first, ours)


@pytest.mark.parametrize(
    "changes",
    [
        {"ags_scopes": LINE_ITEM_READ_SCOPE},
        {"line_items_url": "{moodle}"},
    ],
    ids=["scope not granted", "a platform that makes its own"],
)
def test_line_item_when_none_is_to_be_made_then_the_scores_are_parked(
    placement: Placement, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str]
) -> None:
    moodle = "/mod/lti/services.php/2/lineitems"
    monkeypatch.setattr("tests.lti_app.gradebook.columns.PATH", moodle)
    url = placement.columns.bare.url + moodle
    placement.change(**{"line_items_url": url, **{name: value.format(moodle=url) for name, value in changes.items()}})
    delivery_id = placement.owe()
    waiting = outcome(delivered(delivery_id))

    placement.find()
    second = placement.owe("t-8")

    assert waiting == (DeliveryState.WAITING, None, None, 0)
    assert outcome(delivered(delivery_id)) == (DeliveryState.PARKED, "no_line_item", None, 0)
    assert outcome(delivered(second)) == (DeliveryState.PARKED, "no_line_item", None, 0)
    assert placement.columns.columns == []
    assert len(placement.columns.asked("GET")) == 3


def test_line_item_when_the_placement_asked_for_one_then_made_also_where_the_platform_makes_its_own(
    placement: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    moodle = "/mod/lti/services.php/2/lineitems"
    monkeypatch.setattr("tests.lti_app.gradebook.columns.PATH", moodle)
    placement.change(line_items_url=placement.columns.bare.url + moodle)
    delivery_id = placement.owe()
    placement.find()
    parked = outcome(delivered(delivery_id))

    line_item.ask_for_line_item(db.session(), placement.activity)
    db.session.commit()
    placement.find()
    row = placement.deliver(delivery_id)

    assert parked == (DeliveryState.PARKED, "no_line_item", None, 0)
    assert outcome(row) == (DeliveryState.SENT, None, 200, 1)
    assert [column["resourceLinkId"] for column in placement.columns.columns] == ["link-9"]


@pytest.mark.parametrize("changes", [{"line_items_url": None}, {"ags_scopes": ""}, {"ags_scopes": "score"}])
def test_score_when_no_column_can_be_looked_for_then_parked_without_a_request(
    placement: Placement, changes: dict[str, str | None]
) -> None:
    placement.change(**changes)

    delivery_id = placement.owe()
    placement.find()

    assert outcome(delivered(delivery_id)) == (DeliveryState.PARKED, "no_line_item", None, 0)
    assert placement.columns.bare.asked == []


def test_line_item_when_the_answer_to_its_making_is_lost_then_found_and_not_made_again(
    placement: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "READ_SECONDS", 0.3)
    placement.columns.on_make = lambda told: Told(status=told.status, body=told.body, delay=1.0)
    delivery_id = placement.owe()

    placement.find()
    placement.find()
    at_once = len(placement.columns.asked("GET")), placement.activity.line_item_url
    with later(minutes=4):
        placement.find()
        row = placement.deliver(delivery_id)

    assert at_once == (3, None)
    (column,) = placement.columns.columns
    assert placement.columns.scores == [(column["id"], "t-7")]
    assert row.state is DeliveryState.SENT


@pytest.mark.parametrize(
    "told",
    [Told(status=500), Told(body=b"<html>"), Told(status=201, body=b"{}"), Told(status=504), Told(status=302)],
    ids=lambda told: f"{told.status} {told.body!r}",
)
def test_line_item_when_it_was_made_and_the_answer_does_not_say_so_then_found_and_not_made_again(
    placement: Placement, told: Told
) -> None:
    placement.columns.on_make = lambda _told: told
    delivery_id = placement.owe()

    placement.find()
    waiting = delivered(delivery_id)
    state, due_in = outcome(waiting), waiting.due_at - now()
    with later(minutes=4):
        placement.find()

    assert state == (DeliveryState.WAITING, None, None, 1)
    # Not sooner than the lease: what was asked for may still be on its way into the gradebook.
    assert timedelta(minutes=2.9) < due_in < timedelta(minutes=3.1)
    assert [column["id"] for column in placement.columns.columns] == [placement.activity.line_item_url]


def test_line_item_when_several_workers_look_at_once_then_one_column_is_made(app: Flask, placement: Placement) -> None:
    placement.owe()
    together = threading.Barrier(4, timeout=20)

    def work(_number: int) -> None:
        with app.app_context():
            db.session.scalar(select(Activity.id))
            db.session.rollback()
            together.wait()
            placement.find()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))

    assert len(placement.columns.columns) == 1
    assert len(placement.columns.asked("GET")) == 3


def test_line_item_when_the_search_outlasts_its_lease_then_makes_nothing(placement: Placement) -> None:
    search = line_item.claim(db.session(), placement.activity_id, at=now())
    db.session.commit()
    assert search is not None
    with later(minutes=4):
        another = line_item.claim(db.session(), placement.activity_id, at=now())
        db.session.commit()

    is_held = line_item.renew(db.session(), search, at=now())
    told = [
        line_item.record_found(db.session(), search, url="https://late.example/1"),
        line_item.record_none(db.session(), search, at=now()),
    ]
    db.session.commit()

    assert another is not None
    assert (is_held, told) == (False, [False, None])
    assert placement.activity.line_item_url is None
    assert placement.search.claims == another.number == 2


def test_claim_when_the_lease_ran_out_and_nobody_took_over_then_cannot_be_renewed(placement: Placement) -> None:
    search = line_item.claim(db.session(), placement.activity_id, at=now())
    db.session.commit()
    assert search is not None

    with later(minutes=4):
        is_held = line_item.renew(db.session(), search, at=now())

    assert is_held is False


def test_line_item_when_its_worker_was_killed_after_the_making_then_the_next_one_finds_it(placement: Placement) -> None:
    delivery_id = placement.owe()
    search = line_item.claim(db.session(), placement.activity_id, at=now())
    db.session.commit()
    assert search is not None
    url = line_item.make(search, lti=placement.lti)

    placement.find()
    while_leased = placement.activity.line_item_url
    with later(minutes=4):
        placement.find()
        row = placement.deliver(delivery_id)

    assert (while_leased, placement.activity.line_item_url) == (None, url)
    assert len(placement.columns.columns) == 1
    assert row.state is DeliveryState.SENT


def test_line_item_when_the_list_is_down_then_nothing_is_made_and_the_wait_grows(placement: Placement) -> None:
    placement.columns.on_list = lambda: Told(status=503)
    delivery_id = placement.owe()

    waits = []
    for hours in (0, 1, 2, 3, 4):
        with later(hours=hours):
            placement.find()
            waits.append(placement.search.leased_until - now())  # type: ignore[operator]

    assert placement.columns.columns == []
    assert outcome(delivered(delivery_id)) == (DeliveryState.WAITING, None, None, 5)
    assert [round(wait.total_seconds() / 60) for wait in waits][:2] == [3, 3]
    assert timedelta(minutes=15.9) < waits[4] < timedelta(minutes=19.3)


@pytest.mark.parametrize(
    ("status", "reason"),
    [(400, "our_fault"), (401, "access_withdrawn"), (403, "scope_missing"), (404, "line_item_gone")],
)
def test_line_item_when_the_platform_refuses_to_make_it_then_the_scores_are_parked_with_the_reason(
    placement: Placement, status: int, reason: str
) -> None:
    placement.columns.refuses_to_make = Told(status=status)
    first = placement.owe("t-1")

    placement.find()
    second = placement.owe("t-2")

    assert [outcome(delivered(row)) for row in (first, second)] == [(DeliveryState.PARKED, reason, None, 0)] * 2
    assert placement.columns.columns == []


def test_line_item_when_it_lies_on_another_host_then_not_taken_and_none_is_made(placement: Placement) -> None:
    placement.columns.columns.append({"id": "https://elsewhere.example/1", "resourceLinkId": "link-9"})
    delivery_id = placement.owe()

    placement.find()

    assert outcome(delivered(delivery_id)) == (DeliveryState.PARKED, "our_fault", None, 0)
    assert placement.activity.line_item_url is None
    assert placement.columns.asked("POST") == []


def test_line_item_when_deleted_then_another_is_found(placement: Placement) -> None:
    placement.change(line_item_url=f"{placement.columns.url}/4711")
    url = placement.columns.add(resourceLinkId="link-9")
    delivery_id = placement.owe()

    waiting = outcome(placement.deliver(delivery_id))
    body = delivered(delivery_id).body
    placement.find()
    row = placement.deliver(delivery_id)

    assert waiting == (DeliveryState.WAITING, None, 404, 1)
    assert (placement.activity.line_item_url, row.body) == (url, body)
    assert outcome(row) == (DeliveryState.SENT, None, 200, 1)


def test_line_item_when_deleted_and_it_is_ours_to_make_then_made_again(placement: Placement) -> None:
    placement.change(line_item_url=f"{placement.columns.url}/4711")
    delivery_id = placement.owe()

    placement.deliver(delivery_id)
    placement.find()
    row = placement.deliver(delivery_id)

    assert [column["id"] for column in placement.columns.columns] == [placement.activity.line_item_url]
    assert outcome(row) == (DeliveryState.SENT, None, 200, 1)


def test_line_item_when_deleted_and_not_ours_to_make_then_parked_as_gone_until_the_nightly_look(
    placement: Placement,
) -> None:
    placement.change(line_item_url=f"{placement.columns.url}/4711", ags_scopes=LINE_ITEM_READ_SCOPE)
    delivery_id, second = placement.owe("t-1"), placement.owe("t-2")
    placement.deliver(delivery_id)
    placement.find()
    parked = [outcome(delivered(row)) for row in (delivery_id, second, placement.owe("t-3"))]
    url = placement.columns.add(resourceLinkId="link-9")

    woken: list[int] = []
    tasks.look_for_line_items(woken.append)
    with later(hours=21):
        tasks.look_for_line_items(woken.append)
        placement.find()

    assert parked == [
        (DeliveryState.PARKED, "line_item_gone", 404, 1),
        (DeliveryState.PARKED, "line_item_gone", None, 0),
        (DeliveryState.PARKED, "line_item_gone", None, 0),
    ]
    assert woken == [placement.activity_id]
    assert placement.activity.line_item_url == url
    assert {row.state for row in db.session.scalars(select(ScoreDelivery))} == {DeliveryState.WAITING}


def test_line_item_when_it_is_listed_and_yet_takes_no_scores_then_parked_and_kept(placement: Placement) -> None:
    url = placement.columns.add(resourceLinkId="link-9")
    placement.change(line_item_url=url)
    delivery_id = placement.owe()
    column = placement.columns.columns.pop()
    placement.deliver(delivery_id)
    placement.columns.columns.append(column)

    placement.find()

    assert outcome(delivered(delivery_id)) == (DeliveryState.PARKED, "line_item_gone", 404, 1)
    assert placement.activity.line_item_url == url
    assert placement.columns.asked("POST") == []


def test_line_item_when_two_scores_find_it_gone_then_looked_for_once(placement: Placement) -> None:
    placement.change(line_item_url=f"{placement.columns.url}/4711")
    rows = [placement.owe("t-1"), placement.owe("t-2")]
    shipments = [delivery.claim(db.session(), row, at=now()) for row in rows]
    db.session.commit()
    for shipment in shipments:
        assert shipment is not None
        with pytest.raises(PlatformRefused) as caught:
            delivery.send(shipment, lti=placement.lti)
        delivery.record_gone(db.session(), shipment, error=caught.value, at=now())
        db.session.commit()

    placement.find()
    placement.find()

    assert [outcome(placement.deliver(row)) for row in rows] == [(DeliveryState.SENT, None, 200, 1)] * 2
    assert len(placement.columns.columns) == 1


def test_line_item_when_a_launch_names_it_meanwhile_then_that_one_is_used(placement: Placement) -> None:
    search = line_item.claim(db.session(), placement.activity_id, at=now())
    db.session.commit()
    assert search is not None
    placement.change(line_item_url=f"{placement.columns.url}/named")

    is_ours = line_item.record_found(db.session(), search, url=f"{placement.columns.url}/found")
    db.session.commit()

    assert is_ours
    assert placement.activity.line_item_url == f"{placement.columns.url}/named"


def test_line_item_when_the_platform_is_disabled_then_not_asked(placement: Placement) -> None:
    delivery_id = placement.owe()
    registration = db.session.scalars(select(Registration)).one()
    registration.status = RegistrationStatus.DISABLED
    db.session.commit()

    placement.find()
    row = placement.deliver(delivery_id)

    assert placement.columns.bare.asked == []
    assert (row.state, row.leased_until) == (DeliveryState.WAITING, None)


def test_score_when_its_message_was_lost_then_the_sweep_has_the_column_looked_for(
    app: Flask, placement: Placement
) -> None:
    queue = app.extensions["staffroom_queue"]
    delivery_id = placement.owe()
    queue.flush()

    tasks.sweep(lambda row: tasks.deliver_score(row, lti=placement.lti))
    while (task := queue.dequeue()) is not None:
        queue.execute(task)

    assert delivered(delivery_id).state is DeliveryState.SENT
    assert len(placement.columns.columns) == 1


def test_find_when_there_is_no_such_activity_then_does_nothing(placement: Placement) -> None:
    tasks.find_line_item(4711, lti=placement.lti)

    assert placement.columns.bare.asked == []


def test_find_when_something_of_ours_breaks_then_tried_again_later(
    placement: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery_id = placement.owe()
    monkeypatch.setattr("lti_app.lti.line_items.next_page", None)

    placement.find()

    assert placement.search.leased_until is not None
    assert outcome(delivered(delivery_id)) == (DeliveryState.WAITING, None, None, 1)
