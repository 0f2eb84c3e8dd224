"""From a launch to the score, in one process."""

import requests
from flask import Flask

from lti_app import tasks
from lti_app.db import db
from lti_app.lti.connector import Lti
from lti_app.models.gradebook import ScoreDelivery
from tests.visitor import TEACHER, Visitor

WORDS = "word " * 60


def test_finished_entry_when_delivered_then_stands_in_the_gradebook(app: Flask, visitor: Visitor, served: str) -> None:
    del served
    journal = visitor.launch(TEACHER)
    editor = visitor.post("/journal/1/entries", journal)
    page = visitor.get(editor.headers["Location"])

    finished = visitor.post("/journal/1/entries/1/finish", page, **{"answer-text": WORDS})
    delivery_id = db.session.query(ScoreDelivery.id).scalar()
    lti = Lti(keys=app.extensions["staffroom_keys"], outbound=app.extensions["staffroom_outbound"], engine=db.engine)
    tasks.deliver_score(delivery_id, lti=lti)

    assert finished.status_code == 303
    rows = requests.get(f"{visitor.lms.url}/api/gradebook", timeout=5).json()
    assert [(row["person"], row["score"], row["maximum"]) for row in rows] == [(TEACHER, 1, 1)]
    assert "In your gradebook since" in visitor.get("/journal/1").text
