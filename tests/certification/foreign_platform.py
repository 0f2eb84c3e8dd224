"""A platform that nobody here wrote: `lti1p3platform` from PyPI, served over HTTP with one course in memory."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask, Response, render_template_string, request
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.membership import Context
from lti1p3platform.message_launch import LTIAdvantageMessageLaunchAbstract
from lti1p3platform.oidc_login import OIDCLoginAbstract
from lti1p3platform.registration import Registration
from lti1p3platform.request import Request as PlatformRequest
from lti1p3platform.response import Response as PlatformResponse
from lti1p3platform.score import UpdateScoreStatus
from lti1p3platform.service_connector import AssignmentsGradesService, NamesRoleProvisioningService
from werkzeug.serving import make_server

CLIENT_ID, DEPLOYMENT_ID = "foreign-client", "foreign-deployment"
LINK_ID, COURSE_ID, LINE_ITEM_ID = "link-9", "course-5", "7"
MEMBER = "http://purl.imsglobal.org/vocab/lis/v2/membership"
PEOPLE = {
    "u-17": ("Ada Moreau", [f"{MEMBER}#Learner"]),
    "u-18": ("Benedikt Holm", [f"{MEMBER}#Instructor"]),
}
_FORM = """<form action="{{ launch_url }}" method="post">
<input type="hidden" name="state" value="{{ state }}">
<input type="hidden" name="id_token" value="{{ id_token }}">
</form>"""


@dataclass(kw_only=True)
class ForeignPlatform:
    """The running platform: its address, and what arrived in its gradebook."""

    url: str
    registration: Registration
    scores: list[dict[str, Any]] = field(default_factory=list)

    @property
    def line_item_url(self) -> str:
        """The gradebook column of its one link."""
        return f"{self.url}/lineitems/{LINE_ITEM_ID}"

    @property
    def memberships_url(self) -> str:
        """The roster of its one course."""
        return f"{self.url}/memberships"

    def login_url(self, person: str) -> str:
        """Return where a click on the link sends the person's browser: to the tool's login."""
        login = _Login(None, _Configuration(registration=self.registration))
        login.set_lti_message_hint(hint=LINK_ID)
        url: str = login.prepare_preflight_url(person)
        return url


class _Configuration(LTI1P3PlatformConfAbstract):
    def init_platform_config(self, **kwargs: Any) -> None:
        self._registration = kwargs["registration"]

    def get_registration_by_params(self, **_kwargs: Any) -> Registration:
        return self._registration


class _Login(OIDCLoginAbstract):
    def set_lti_message_hint(self, **kwargs: Any) -> None:
        self._lti_message_hint = kwargs["hint"]

    def get_redirect(self, url: str) -> str:
        return url


class _Request(PlatformRequest):
    def build_metadata(self, request: Any) -> dict[str, Any]:
        return {
            "method": request.method,
            "form_data": request.form.to_dict(),
            "get_data": request.args.to_dict(),
            "headers": request.headers,
            "content_type": request.content_type,
            "path": request.path,
            # A score is no application/json, and a form no JSON at all.
            "json": json.loads(request.data) if "json" in (request.content_type or "") else None,
        }


class _Launch(LTIAdvantageMessageLaunchAbstract):
    platform: ForeignPlatform

    def prepare_launch(self, preflight_response: dict[str, Any]) -> None:
        person = preflight_response["login_hint"]
        name, roles = PEOPLE[person]
        self.set_user_data(person, roles, full_name=name)
        self.set_resource_link_claim(preflight_response["lti_message_hint"], title="Weekly reflection")
        self.set_launch_context_claim(COURSE_ID, context_title="Induction", context_label="IND")
        self.set_launch_presentation_claim(document_target="iframe")
        self.set_ags(f"{self.platform.url}/lineitems", self.platform.line_item_url)
        self.set_nrps(self.platform.memberships_url)

    def render_launch_form(self, launch_data: dict[str, Any], **_kwargs: Any) -> str:
        return render_template_string(_FORM, **launch_data)


class _Gradebook(AssignmentsGradesService):
    scores: list[dict[str, Any]]

    def update_score(self, line_item_id: str, score: dict[str, Any]) -> UpdateScoreStatus:
        self.scores.append({**score, "line_item": line_item_id})
        return UpdateScoreStatus.SUCCESS

    def get_results(
        self, line_item_id: str, page: int = 1, limit: int | None = None, user_id: str | None = None
    ) -> dict[str, Any]:
        del page, limit
        results = [
            {"userId": score["userId"], "resultScore": score["scoreGiven"], "resultMaximum": score["scoreMaximum"]}
            for score in self.scores
            if score["line_item"] == line_item_id and user_id in {None, score["userId"]}
        ]
        return {"content": results, "has_next": False, "next": None}

    def find_lineitem(self, line_item_id: str) -> dict[str, Any]:
        url = f"{self.ags.lineitems_url}/{line_item_id}"
        return {"id": url, "label": "Weekly reflection", "scoreMaximum": 1, "resourceLinkId": LINK_ID}

    def find_lineitems(self, **_query: Any) -> dict[str, Any]:
        return {"content": [self.find_lineitem(LINE_ITEM_ID)], "has_next": False, "next": None}

    def create_lineitem(self, creation_data: dict[str, Any]) -> dict[str, Any]:
        return {**creation_data, "id": f"{self.ags.lineitems_url}/8"}

    def update_lineitem(self, update_data: Any) -> Any:
        raise NotImplementedError

    delete_lineitem = update_lineitem


class _Roster(NamesRoleProvisioningService):
    def get_context_by_id(self) -> Context:
        return Context(id=COURSE_ID, label="IND", title="Induction")

    def get_member_data_page(self, **_query: Any) -> dict[str, Any]:
        members = [{"user_id": sub, "name": name, "roles": roles} for sub, (name, roles) in PEOPLE.items()]
        return {"content": members, "has_next": False, "next": None}


@contextmanager
def serve_foreign_platform(tool_url: str) -> Iterator[ForeignPlatform]:
    """Run the platform, with the tool registered at it, for the length of a `with` block."""
    app = Flask("foreign_platform")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    platform = ForeignPlatform(url=url, registration=_registration(url, tool_url))
    _add_pages(app, platform)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield platform
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _registration(url: str, tool_url: str) -> Registration:
    private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private_pem = private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public_pem = private_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    registration = Registration()
    registration.set_iss(url).set_client_id(CLIENT_ID).set_deployment_id(DEPLOYMENT_ID)
    registration.set_launch_url(f"{tool_url}/lti/launch").set_oidc_login_url(f"{tool_url}/lti/login")
    registration.set_tool_key_set_url(f"{tool_url}/lti/jwks.json")
    registration.set_platform_private_key(private_pem.decode()).set_platform_public_key(public_pem.decode())
    return registration


def _add_pages(app: Flask, platform: ForeignPlatform) -> None:
    def configuration() -> _Configuration:
        return _Configuration(registration=platform.registration)

    def gradebook() -> _Gradebook:
        service = _Gradebook(_Request(request), configuration(), f"{platform.url}/lineitems", platform.line_item_url)
        service.scores = platform.scores
        return service

    @app.get("/auth")
    def auth() -> Any:
        launch = _Launch(_Request(request), configuration())
        launch.platform = platform
        return launch.lti_launch()

    @app.get("/jwks")
    def jwks() -> Any:
        return configuration().get_jwks()

    @app.post("/token")
    def token() -> Any:
        return configuration().get_access_token(request.form.to_dict())

    @app.post("/lineitems/<line_item>/scores")
    def scores(line_item: str) -> Response:
        service = gradebook()
        return _answer(service.handle_resp(service.handle_update_score, line_item_id=line_item))

    @app.get("/lineitems/<line_item>/results")
    def results(line_item: str) -> Response:
        service = gradebook()
        return _answer(service.handle_resp(service.handle_get_results, line_item_id=line_item))

    @app.route("/lineitems", methods=["GET", "POST"])
    def line_items() -> Response:
        service = gradebook()
        answers = {"GET": service.handle_get_lineitems, "POST": service.handle_create_lineitem}
        return _answer(service.handle_resp(answers[request.method]))

    @app.get("/memberships")
    def memberships() -> Response:
        roster = _Roster(_Request(request), configuration(), platform.memberships_url)
        return _answer(roster.handle_resp(roster.handle_get_members))


def _answer(answered: PlatformResponse) -> Response:
    result = answered.result
    body = result["content"] if isinstance(result, dict) and "content" in result else result
    return Response(json.dumps(body), status=answered.code, content_type=answered.media_type)
