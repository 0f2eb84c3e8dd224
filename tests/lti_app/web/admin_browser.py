"""An LMS admin's browser in front of the registration pages, and the operator's in front of the connections pages."""

import re
from html import unescape
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from lti_app.clock import now
from lti_app.db import db
from lti_app.lti.one_time import make_admin_link
from tests.lti_app.lti.registering import TOKEN, Lms
from tests.visitor import ClientOfItsOwn

_FIELD = re.compile(r'<(?:input|textarea)[^>]*name="([^"]+)"(?:[^>]*value="([^"]*)")?')


class AdminBrowser:
    """One browser; inside an LMS's frame it may keep no cookie at all."""

    def __init__(self, app: Flask, *, keeps_cookies: bool = True) -> None:
        app.test_client_class = ClientOfItsOwn
        self.client = app.test_client(use_cookies=keeps_cookies)
        self.origin = app.config["STAFFROOM_PUBLIC_URL"]

    def get(self, path: str, **query: Any) -> TestResponse:
        """Return the page at the path."""
        return self.client.get(path, base_url="https://localhost", query_string=query)

    def post(self, path: str, page: TestResponse | None = None, **fields: Any) -> TestResponse:
        """Post a form as the page would, with the page's own hidden fields."""
        hidden = {name: unescape(value) for name, value in _FIELD.findall(page.text)} if page else {}
        form = {name: value for name, value in {**hidden, **fields}.items() if value is not None}
        return self.client.post(path, base_url="https://localhost", data=form, headers={"Origin": self.origin})

    def open_invite(self, token: str, lms: Lms, *, registration_token: str | None = TOKEN) -> TestResponse:
        """Do what the LMS does with the address that the admin pasted."""
        query = {"openid_configuration": lms.document_url}
        if registration_token is not None:
            query["registration_token"] = registration_token
        return self.get(f"/lti/register/{token}", **query)

    def connect(self, token: str, lms: Lms, *, registration_token: str | None = TOKEN) -> TestResponse:
        """Open the invite from the LMS, press the button, and return the page it ends on."""
        asked = self.open_invite(token, lms, registration_token=registration_token)
        assert asked.status_code == 200, asked.text
        answer = self.post(f"/lti/register/{token}", asked)
        return self.get(answer.headers["Location"]) if answer.status_code == 303 else answer

    def sign_in(self) -> "AdminBrowser":
        """Sign in as the operator."""
        token = make_admin_link(db.session(), at=now())
        db.session.commit()
        path = f"/connections/sign-in/{token}"
        assert self.post(path, self.get(path)).status_code == 303
        return self
