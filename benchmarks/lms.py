"""The learning platform of the measurement: one course, one activity, a key, and the tokens signed with it."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT_ID = "s1YC32PJHXsva85"
DEPLOYMENT_ID = "1"
ACTIVITY_TITLE = "Reflective essay"
# The link was placed by deep linking: Staffroom finds in it what was chosen then; other tools pass it over.
TEMPLATE_ID = "5d3c0b9e7f5a4c1c8a41d6f0b7c2e913"
KEY_ID = "f273c27242eb31ad1fb9"
# Moodle's tokens live that long (4.5.6, recorded).
TOKEN_SECONDS = 60
_LTI = "https://purl.imsglobal.org/spec/lti/claim/"
_AGS = "https://purl.imsglobal.org/spec/lti-ags/"
_NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"


@dataclass(frozen=True, kw_only=True)
class Learner:
    """Somebody enrolled in the course; `sub` is the id on the platform, `role` a word of LIS v2."""

    sub: str
    given_name: str
    family_name: str
    role: str = "Learner"


@dataclass(frozen=True)
class Lms:
    """A platform at `issuer` that signs with `key`."""

    issuer: str
    key: rsa.RSAPrivateKey

    @property
    def auth_url(self) -> str:
        """Where a tool sends the browser at the login; the browser here takes the answer from `id_token`."""
        return f"{self.issuer}/mod/lti/auth.php"

    @property
    def token_url(self) -> str:
        """Where tools would ask for access tokens; none is asked for in a launch."""
        return f"{self.issuer}/mod/lti/token.php"

    @property
    def jwks_url(self) -> str:
        """Where the public key is."""
        return f"{self.issuer}/mod/lti/certs.php"

    def login_form(self, learner: Learner, *, launch_url: str) -> dict[str, str]:
        """Return what a page of the platform posts to a tool's login, as Moodle 4.5.6 was recorded to do."""
        return {
            "client_id": CLIENT_ID,
            "iss": self.issuer,
            "login_hint": learner.sub,
            "lti_deployment_id": DEPLOYMENT_ID,
            "lti_message_hint": json.dumps({"cmid": 2, "launchid": "ltilaunch1_282702967"}),
            "target_link_uri": launch_url,
        }

    def id_token(self, learner: Learner, *, launch_url: str, nonce: str) -> str:
        """Return the signed token of a resource link launch (LTI 1.3 core, 5.3)."""
        issued = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": learner.sub,
            "nonce": nonce,
            "iat": issued,
            "exp": issued + TOKEN_SECONDS,
            **_person_claims(learner),
            **_course_claims(self.issuer, learner),
            **_service_claims(self.issuer),
            f"{_LTI}target_link_uri": launch_url,
        }
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": KEY_ID})


@contextmanager
def running_lms() -> Iterator[Lms]:
    """Serve a platform's key set from a thread of this process until the block is left."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with ThreadingHTTPServer(("127.0.0.1", 0), _key_set_handler(key)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield Lms(f"http://127.0.0.1:{server.server_port}", key)
        finally:
            server.shutdown()
            thread.join()


def class_of(size: int) -> list[Learner]:
    """Return that many learners."""
    return [Learner(sub=str(5 + number), given_name="Sam", family_name=f"Number {number}") for number in range(size)]


def _key_set_handler(key: rsa.RSAPrivateKey) -> type[BaseHTTPRequestHandler]:
    jwk = {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": KEY_ID, "alg": "RS256", "use": "sig"}
    jwk.pop("key_ops", None)
    body = json.dumps({"keys": [jwk]}).encode()

    class KeySetHandler(BaseHTTPRequestHandler):
        """Answers every GET with the key set."""

        def do_GET(self) -> None:
            """Send the key set."""
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Write nothing."""

    return KeySetHandler


def _person_claims(learner: Learner) -> dict[str, Any]:
    return {
        "name": f"{learner.given_name} {learner.family_name}",
        "given_name": learner.given_name,
        "family_name": learner.family_name,
        "email": f"student{learner.sub}@lab.invalid",
        f"{_LTI}ext": {"lms": "moodle-2", "user_username": f"student{learner.sub}"},
        f"{_LTI}lis": {"course_section_sourcedid": "SIS-PD101", "person_sourcedid": f"EMP-student{learner.sub}"},
        f"{_LTI}roles": [f"http://purl.imsglobal.org/vocab/lis/v2/membership#{learner.role}"],
    }


def _course_claims(issuer: str, learner: Learner) -> dict[str, Any]:
    return {
        f"{_LTI}version": "1.3.0",
        f"{_LTI}message_type": "LtiResourceLinkRequest",
        f"{_LTI}deployment_id": DEPLOYMENT_ID,
        f"{_LTI}context": {"id": "2", "label": "PD101", "title": "PD 101", "type": ["CourseSection"]},
        f"{_LTI}resource_link": {"id": "1", "title": ACTIVITY_TITLE, "description": ""},
        f"{_LTI}custom": {
            "context_memberships_url": f"{issuer}/mod/lti/services.php/CourseSection/2/bindings/1/memberships",
            "course_hist": "",
            "ctx_hist": "",
            "fixed": "a=b",
            "groups": "1",
            "staffroom_template": TEMPLATE_ID,
            "task": "task-86ccb5",
            "who": f"student{learner.sub}",
        },
        f"{_LTI}launch_presentation": {
            "document_target": "iframe",
            "locale": "en",
            "return_url": f"{issuer}/mod/lti/return.php?course=2&launch_container=3&instanceid=1&sesskey=v2x6Fn3G5M",
        },
        f"{_LTI}tool_platform": {
            "description": "PD Lab Moodle",
            "guid": "f95563a689ba63f4d3e8cfd12472a2f6",
            "name": "pdlab",
            "product_family_code": "moodle",
            "version": "2024100706",
        },
    }


def _service_claims(issuer: str) -> dict[str, Any]:
    services = f"{issuer}/mod/lti/services.php"
    result_id = {
        "data": {"instanceid": "1", "userid": "5", "typeid": "1", "launchid": 638618122},
        "hash": "36cc53c2c441a355bca0c812c67bf313b7caa0febe34db100f847a10b39e0ea5",
    }
    return {
        f"{_AGS}claim/endpoint": {
            "lineitem": f"{services}/2/lineitems/2/lineitem?type_id=1",
            "lineitems": f"{services}/2/lineitems?type_id=1",
            "scope": [f"{_AGS}scope/{name}" for name in ("lineitem", "lineitem.readonly", "result.readonly", "score")],
        },
        "https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome": {
            "lis_outcome_service_url": f"{issuer}/mod/lti/service.php",
            "lis_result_sourcedid": json.dumps(result_id),
        },
        _NRPS: {
            "context_memberships_url": f"{services}/CourseSection/2/bindings/1/memberships",
            "service_versions": ["1.0", "2.0"],
        },
    }
