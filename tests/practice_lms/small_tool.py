"""A tool small enough to stand in a test: one RSA key, its key set over HTTP, and the calls a tool makes."""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from practice_lms.server import RunningLms

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
NOTICES = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
GROUPS = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"
EVERY_SCOPE = (
    f"{AGS}lineitem",
    f"{AGS}lineitem.readonly",
    f"{AGS}result.readonly",
    f"{AGS}score",
    NRPS,
    NOTICES,
    GROUPS,
)
SCORE = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
LINE_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
TIMEOUT_SECONDS = 10


@dataclass(kw_only=True)
class SmallTool:
    """The tool: `keys` is what its key set publishes by kid, the last one signs; `show` makes its page.

    `page` is what any other address shows, `notices` are the paths and bodies of what was posted to it as JSON.
    """

    url: str = ""
    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)
    fetches: int = 0
    page: str = ""
    notices: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    show: Callable[[dict[str, Any]], str] = lambda claims: f"<p>Launched for {claims['sub']}</p>"

    def key_set(self) -> dict[str, Any]:
        """Return the public keys."""
        rows = []
        for kid, key in self.keys.items():
            row = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
            rows.append(row | {"kid": kid, "alg": "RS256", "use": "sig"})
        return {"keys": rows}

    def sign(self, claims: Mapping[str, Any], **header: object) -> str:
        """Sign claims with the newest key."""
        kid, key = list(self.keys.items())[-1]
        headers = {"kid": kid} | header
        return jwt.encode(dict(claims), key, algorithm="RS256", headers=headers)

    def assertion_claims(self, lms: RunningLms, **changes: object) -> dict[str, Any]:
        """Return the claims of a good assertion; a change to None leaves the claim out."""
        now = int(time.time())
        claims: dict[str, object] = {
            "iss": lms.settings.client_id,
            "sub": lms.settings.client_id,
            "aud": lms.settings.token_url,
            "iat": now - 5,
            "exp": now + 60,
            "jti": uuid.uuid4().hex,
        }
        return {name: value for name, value in (claims | changes).items() if value is not None}

    def ask_for_token(self, lms: RunningLms, *, assertion: str | None = None, **form: str) -> requests.Response:
        """Post a token request for every scope, with fields of the form changed."""
        fields = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion or self.sign(self.assertion_claims(lms)),
            "scope": " ".join(EVERY_SCOPE),
        }
        return requests.post(lms.settings.token_url, data=fields | form, timeout=TIMEOUT_SECONDS)

    def token(self, lms: RunningLms, *scopes: str) -> str:
        """Return an access token for these scopes, or for all."""
        answer = self.ask_for_token(lms, scope=" ".join(scopes or EVERY_SCOPE))
        token: str = answer.json()["access_token"]
        return token


@dataclass(frozen=True, kw_only=True)
class Caller:
    """The tool with a token in its hand, calling the services of one LMS."""

    lms: RunningLms
    token: str

    def get(self, url: str, *, accept: str, **query: str) -> requests.Response:
        """Read from a service."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept": accept}
        return requests.get(url, params=query, headers=headers, timeout=TIMEOUT_SECONDS)

    def send(self, url: str, body: object, *, content_type: str = LINE_ITEM, method: str = "POST") -> requests.Response:
        """Send JSON, or bytes as they are, to a service."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content_type}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return requests.request(method, url, data=content, headers=headers, timeout=TIMEOUT_SECONDS)

    def post_score(self, person: str = "102", *, line_item: int = 11, **changes: object) -> requests.Response:
        """Post a full score of 1 of 1 to a line item; a change to None leaves the field out."""
        body: dict[str, object] = {
            "userId": person,
            "scoreGiven": 1,
            "scoreMaximum": 1,
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
            "timestamp": "2026-03-03T10:00:00Z",
        }
        kept = {name: value for name, value in (body | changes).items() if value is not None}
        return self.send(self.line_item_url(line_item, "/scores"), kept, content_type=SCORE)

    def line_item_url(self, line_item: int = 11, below: str = "") -> str:
        """Return the address of a line item of the first course as the LMS hands it out."""
        return f"{self.lms.url}/lti/courses/1/lineitems/{line_item}/lineitem{below}?type_id=1"

    def line_items_url(self, course: int = 1) -> str:
        """Return the address of the line item container of a course."""
        return f"{self.lms.url}/lti/courses/{course}/lineitems?type_id=1"

    def memberships_url(self, course: int = 1) -> str:
        """Return the address of the roster of a course."""
        return f"{self.lms.url}/lti/courses/{course}/memberships"

    def gradebook(self) -> list[dict[str, Any]]:
        """Return the gradebook as the API for tests shows it."""
        rows: list[dict[str, Any]] = call_api(self.lms, "gradebook")
        return rows

    def scores_of(self, person: str = "102") -> list[float | None]:
        """Return what stands in the cells of a person."""
        return [row["score"] for row in self.gradebook() if row["person"] == person]


def call_api(lms: RunningLms, path: str, body: object = None, *, method: str | None = None) -> Any:
    """Call the API for tests: GET without a body, POST with one."""
    chosen = method or ("GET" if body is None else "POST")
    answer = requests.request(chosen, f"{lms.url}/api/{path}", json=body, timeout=TIMEOUT_SECONDS)
    answer.raise_for_status()
    return answer.json()


def statuses(answers: Sequence[requests.Response]) -> list[int]:
    """Return the status of each answer."""
    return [answer.status_code for answer in answers]


@contextmanager
def running_tool(key: rsa.RSAPrivateKey) -> Iterator[SmallTool]:
    """Serve a tool with one key on a free port of localhost."""
    tool = SmallTool(keys={"first": key})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tool.fetches += 1
            is_key_set = self.path == "/lti/jwks.json"
            content = json.dumps(tool.key_set()).encode() if is_key_set else tool.page.encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json" if is_key_set else "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length).decode()
            if self.headers["Content-Type"] == "application/json":
                tool.notices.append((self.path, json.loads(body)))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            form = dict(parse_qsl(body))
            if self.path == "/lti/login":
                self.send_response(302)
                self.send_header("Location", _auth_address(tool, form))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            claims = jwt.decode(form["id_token"], options={"verify_signature": False})
            content = f"<!doctype html><html lang=en><title>Tool</title>{tool.show(claims)}".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    tool.url = f"http://localhost:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield tool
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _auth_address(tool: SmallTool, login: Mapping[str, str]) -> str:
    asked = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": login["client_id"],
        "redirect_uri": f"{tool.url}/lti/launch",
        "login_hint": login["login_hint"],
        "lti_message_hint": login["lti_message_hint"],
        "nonce": uuid.uuid4().hex,
        "state": "a-state",
    }
    return f"{login['iss']}/lti/auth?{urlencode(asked)}"
