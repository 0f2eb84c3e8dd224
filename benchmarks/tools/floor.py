"""The floor: the least that a Flask application can do and still take a launch; nobody would use such a tool."""

import secrets
import sqlite3
import threading
from typing import Any
from urllib.parse import urlencode

import jwt
import requests
from flask import Flask, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from benchmarks.lms import CLIENT_ID
from benchmarks.tools.told import told

_LTI = "https://purl.imsglobal.org/spec/lti/claim/"
_local = threading.local()


def create_app() -> Flask:
    """Return the application: three routes, one key fetched at the start, one commit per launch."""
    app = Flask(__name__)
    app.secret_key = secrets.token_hex(16)
    lms = told()
    key = jwt.PyJWKSet.from_dict(requests.get(lms.jwks_url, timeout=10).json()).keys[0].key
    _make_table(lms.database)

    @app.post("/lti/login")
    def login() -> ResponseReturnValue:
        """Send the browser to the platform, with state and nonce in the session's cookie."""
        session["state"], session["nonce"] = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        query = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": CLIENT_ID,
            "redirect_uri": request.form["target_link_uri"],
            "login_hint": request.form["login_hint"],
            "lti_message_hint": request.form["lti_message_hint"],
            "state": session["state"],
            "nonce": session["nonce"],
        }
        return redirect(f"{lms.auth_url}?{urlencode(query)}")

    @app.post("/lti/launch")
    def launch() -> ResponseReturnValue:
        """Verify the token and keep who came."""
        token = request.form["id_token"]
        claims = jwt.decode(token, key, algorithms=["RS256"], audience=CLIENT_ID, issuer=lms.issuer)
        if request.form["state"] != session.pop("state") or claims["nonce"] != session.pop("nonce"):
            return "refused", 400
        _keep(lms.database, claims)
        session["name"], session["title"] = claims["name"], claims[f"{_LTI}resource_link"]["title"]
        return redirect(url_for("page"), 303)

    @app.get("/page")
    def page() -> ResponseReturnValue:
        """Show a page."""
        return render_template("page.html", name=session["name"], title=session["title"])

    return app


def _keep(path: str, claims: dict[str, Any]) -> None:
    connection = _connection(path)
    connection.execute(
        "INSERT INTO person (sub, name) VALUES (?, ?) ON CONFLICT (sub) DO UPDATE SET name = excluded.name",
        (claims["sub"], claims["name"]),
    )
    connection.commit()


def _make_table(path: str) -> None:
    _connection(path).execute("CREATE TABLE person (sub TEXT PRIMARY KEY, name TEXT NOT NULL)")


def _connection(path: str) -> sqlite3.Connection:
    """Return this thread's connection, set up as Staffroom sets up its own."""
    if not hasattr(_local, "connection"):
        _local.connection = sqlite3.connect(path)
        _local.connection.execute("PRAGMA journal_mode = WAL")
        _local.connection.execute("PRAGMA synchronous = FULL")
    connection: sqlite3.Connection = _local.connection
    return connection
