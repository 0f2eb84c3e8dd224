"""Somebody with a browser: launches from the practice LMS over HTTP into the tool's test client."""

import re
from contextvars import Context
from dataclasses import dataclass
from html import unescape
from typing import Any

import requests
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from practice_lms.server import RunningLms

# Of radio buttons only one is sent: which, a test says itself.
_FIELD = re.compile(r'<input(?![^>]*type="radio")[^>]*name="([^"]+)"[^>]*value="([^"]*)"')
FACILITATOR, TEACHER, OTHER_TEACHER, THIRD_TEACHER = "101", "102", "103", "104"
MENTOR, PRINCIPAL, LMS_ADMIN = "108", "109", "110"
WEEKLY, END_OF_UNIT, UNGRADED = 1, 2, 3


@dataclass(frozen=True)
class Token:
    """What the LMS posts to the launch address."""

    action: str
    fields: dict[str, str]


class ClientOfItsOwn(FlaskClient):
    """A browser whose requests get an app context, a `g` and a database session of their own, as in production."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send the request from an empty context: the test's own app context is not there."""
        return Context().run(super().open, *args, **kwargs)


class Visitor:
    """One browser with its own cookies; `launch` does what a click on an activity does."""

    def __init__(self, app: Flask, lms: RunningLms) -> None:
        self.lms = lms
        self.client: FlaskClient = app.test_client()
        # Cookies with __Host- names need a secure origin; browsers take http://localhost for one.
        self.base_url = "https://localhost"
        self.origin = app.config["STAFFROOM_PUBLIC_URL"]

    def begin(self, person: str, activity: int = WEEKLY, **login: Any) -> TestResponse:
        """Post the LMS's login form to the tool; a field given as None is left out."""
        begun = requests.get(f"{self.lms.url}/api/launch/{activity}", params={"person": person}, timeout=10).json()
        fields = {**begun["fields"], **login}
        form = {name: value for name, value in fields.items() if value is not None}
        return self.client.post("/lti/login", data=form, base_url=self.base_url)

    def begin_adding(self, person: str = FACILITATOR) -> TestResponse:
        """Post the login form of somebody who adds activities to the course."""
        begun = requests.get(f"{self.lms.url}/api/launch/deep-linking", params={"person": person}, timeout=10).json()
        return self.client.post("/lti/login", data=begun["fields"], base_url=self.base_url)

    def add(self, person: str = FACILITATOR) -> TestResponse:
        """Open the picker."""
        landed = self.post_token(self.token(self.begin_adding(person)).fields)
        assert landed.status_code == 303, landed.text
        return self.get(landed.headers["Location"])

    def token(self, login: TestResponse) -> Token:
        """Follow the login's redirect to the LMS and return the form it answers with."""
        page = requests.get(login.headers["Location"], timeout=10)
        assert page.status_code == 200, page.text
        action = re.search(r'<form[^>]*action="([^"]+)"', page.text)
        assert action, page.text
        fields = {name: unescape(value) for name, value in _FIELD.findall(page.text)}
        return Token(action=unescape(action.group(1)), fields=fields)

    def post_token(self, fields: dict[str, str]) -> TestResponse:
        """Post a token to the launch address."""
        return self.client.post("/lti/launch", data=fields, base_url=self.base_url)

    def launch(self, person: str, activity: int = WEEKLY) -> TestResponse:
        """Launch, and return the page that the person lands on."""
        landed = self.post_token(self.token(self.begin(person, activity)).fields)
        assert landed.status_code == 303, landed.text
        return self.get(landed.headers["Location"])

    def get(self, path: str) -> TestResponse:
        """Return the page at the path."""
        return self.client.get(path, base_url=self.base_url)

    def post(self, path: str, page: TestResponse | None = None, **fields: Any) -> TestResponse:
        """Post a form as the page would: with the page's own hidden fields, the token among them."""
        hidden = {name: unescape(value) for name, value in _FIELD.findall(page.text)} if page else {}
        return self.client.post(
            path,
            data={**hidden, **fields},
            base_url=self.base_url,
            headers={"Origin": self.origin},
        )
