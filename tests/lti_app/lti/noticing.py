"""Notices of the practice LMS, good ones and such that are bad in one way only, and what the tool made of them."""

import time
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from lti_app.db import db
from lti_app.models.notices import ContextCopy
from practice_lms.keys import sign
from practice_lms.server import RunningLms
from tests.lti_app.lti.launching import LTI, log_lines

COPY = "LtiContextCopyNotice"
JSON = "application/json"


def notice_claims(lms: RunningLms, **changes: Any) -> dict[str, Any]:
    """Return the claims of a good notice, in the shape of Canvas's documents; a claim given as None is left out."""
    seconds = int(time.time())
    claims = {
        "iss": lms.url,
        "aud": lms.settings.client_id,
        "azp": lms.settings.client_id,
        "iat": seconds,
        "exp": seconds + 3600,
        "nonce": uuid4().hex,
        f"{LTI}version": "1.3.0",
        f"{LTI}deployment_id": lms.settings.deployment_id,
        f"{LTI}notice": {"id": uuid4().hex, "timestamp": "2026-11-21T12:00:00Z", "type": COPY},
        f"{LTI}context": {"id": "8", "label": "IND-2", "title": "Induction, again"},
        f"{LTI}origin_contexts": ["7"],
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def notice(lms: RunningLms, **changes: Any) -> str:
    """Return a notice's token, signed with the LMS's key; `header` overrides fields of its JOSE header."""
    header = changes.pop("header", None)
    with lms.lms.reading() as state:
        key = state.signing_key
    return sign(key, notice_claims(lms, **changes), header=header)


def post_body(app: Flask, body: bytes, **headers: str) -> TestResponse:
    """Post any bytes to the address for notices, as a platform's server would: without cookies."""
    client = app.test_client(use_cookies=False)
    return client.post(
        "/lti/notices", data=body, base_url="https://localhost", headers={"Content-Type": JSON, **headers}
    )


def post_notices(app: Flask, *tokens: str) -> TestResponse:
    """Post a batch."""
    client = app.test_client(use_cookies=False)
    return client.post(
        "/lti/notices", json={"notices": [{"jwt": token} for token in tokens]}, base_url="https://localhost"
    )


def copies() -> list[tuple[str, str]]:
    """Return which course was copied from which, as it is kept, oldest first."""
    db.session.rollback()
    rows = db.session.scalars(select(ContextCopy).order_by(ContextCopy.id))
    return [(row.context_id_on_platform, row.origin_id_on_platform) for row in rows]


def said(answer: TestResponse) -> tuple[int, str, str]:
    """Return status, check and explanation of a refused batch; its reference stands in the launch log too."""
    row = log_lines()[-1]
    assert answer.json == {"error": row.explanation, "reference": row.reference}
    assert row.outcome.value == "refused"
    return answer.status_code, row.check or "", row.explanation or ""
