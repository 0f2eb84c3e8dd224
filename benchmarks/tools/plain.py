"""A plain tool on PyLTI1p3, as the library's own Flask example is written; it keeps nothing but the launch's claims.

Two things are set in its favour: the platform's key set is cached, which the library leaves off (unless the benchmark
says so), and the cache is a dict that neither copies nor prunes, which is faster than the one of Flask-Caching.
"""

import json
import secrets
import time
from pathlib import Path
from typing import Any

from flask import Flask, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from pylti1p3.contrib.flask import FlaskCacheDataStorage, FlaskMessageLaunch, FlaskOIDCLogin, FlaskRequest
from pylti1p3.tool_config import ToolConfDict, ToolConfJsonFile
from werkzeug.wrappers import Response

from benchmarks.lms import CLIENT_ID, DEPLOYMENT_ID
from benchmarks.tools.told import told

_LTI = "https://purl.imsglobal.org/spec/lti/claim/"
_FOR_EVER = float("inf")


class Cache:
    """What Flask-Caching's SimpleCache offers, in one process's memory."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, Any]] = {}

    def get(self, key: str) -> Any:
        """Return the value, or None where there is none, or none any more."""
        until, value = self._kept.get(key, (_FOR_EVER, None))
        return value if until > time.time() else None

    def set(self, key: str, value: Any, seconds: int | None = None) -> None:
        """Keep the value for that long."""
        self._kept[key] = (_FOR_EVER if seconds is None else time.time() + seconds, value)


def create_app() -> Flask:
    """Return the application."""
    app = Flask(__name__)
    app.secret_key = secrets.token_hex(16)
    tool_conf, cache = registered(), Cache()

    @app.post("/lti/login")
    def login() -> ResponseReturnValue:
        """Send the browser to the platform."""
        return log_in(tool_conf, cache)

    @app.post("/lti/launch")
    def launch() -> ResponseReturnValue:
        """Take the platform's token."""
        message_launch = accept(tool_conf, cache)
        return redirect(url_for("page", launch_id=message_launch.get_launch_id()), 303)

    @app.get("/page/<launch_id>")
    def page(launch_id: str) -> ResponseReturnValue:
        """Show a page of that launch."""
        message_launch = FlaskMessageLaunch.from_cache(
            launch_id, FlaskRequest(), tool_conf, launch_data_storage=FlaskCacheDataStorage(cache)
        )
        claims = message_launch.get_launch_data()
        return render_template("page.html", name=claims["name"], title=claims[f"{_LTI}resource_link"]["title"])

    return app


def registered() -> Any:
    """Return the library's configuration with the platform in it."""
    return ToolConfDict(_configuration())


def configured(tool_conf: Any) -> Any:
    """Return the configuration that one request uses; the example reads its file each time."""
    if not told().follows_example:
        return tool_conf
    path = Path(told().database).with_suffix(".json")
    if not path.exists():
        # The library reads the key's files with the configuration; a launch signs nothing, so any text will do.
        path.with_suffix(".key").write_text("-" * 1704, "ascii")
        path.write_text(json.dumps(_configuration(key_file=path.with_suffix(".key").name)), "utf-8")
    return ToolConfJsonFile(str(path))


def _configuration(*, key_file: str | None = None) -> dict[str, Any]:
    lms = told()
    key_files = {"private_key_file": key_file, "public_key_file": key_file} if key_file else {}
    return {
        lms.issuer: [
            {
                "default": True,
                "client_id": CLIENT_ID,
                "auth_login_url": lms.auth_url,
                "auth_token_url": lms.token_url,
                "auth_audience": None,
                "key_set_url": lms.jwks_url,
                "key_set": None,
                "deployment_ids": [DEPLOYMENT_ID],
                **key_files,
            }
        ]
    }


def log_in(tool_conf: Any, cache: Cache) -> Response:
    """Answer a login the library's way."""
    flask_request = FlaskRequest()
    target = flask_request.get_param("target_link_uri")
    storage = FlaskCacheDataStorage(cache)
    oidc_login = FlaskOIDCLogin(flask_request, configured(tool_conf), launch_data_storage=storage)
    if told().follows_example:
        oidc_login.enable_check_cookies()
    response: Response = oidc_login.redirect(target)
    return response


def accept(tool_conf: Any, cache: Cache) -> Any:
    """Verify a launch the library's way, and return it."""
    storage = FlaskCacheDataStorage(cache)
    message_launch = FlaskMessageLaunch(FlaskRequest(), configured(tool_conf), launch_data_storage=storage)
    if told().caches_keys:
        message_launch.set_public_key_caching(storage, cache_lifetime=7200)
    message_launch.get_launch_data()
    return message_launch
