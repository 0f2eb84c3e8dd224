"""Puts the tool together: settings, database, queue, protocol, pages."""

from pathlib import Path
from typing import Any

from flask import Flask
from flask_babel import Babel
from flask_migrate import Migrate
from flask_wtf import CSRFProtect

from config import Config, ConfigError
from lti_app import tasks
from lti_app.catalog import ACTIVITY_TYPES
from lti_app.cli import commands
from lti_app.db import db, engine_options
from lti_app.lti.connector import Lti
from lti_app.lti.key_sets import PlatformKeySets
from lti_app.lti.keys import KeyRing, KeysUnusable
from lti_app.lti.outbound import Outbound
from lti_app.lti.registrations import Registrations
from lti_app.lti.states import LoginStates
from lti_app.queue import open_queue
from lti_app.web import (
    assets,
    connections,
    deep_linking,
    errors,
    handover,
    headers,
    health,
    languages,
    logs,
    lti,
    notices,
    privacy,
    queries,
    rate_limits,
    registration,
    review,
    set_up,
)
from lti_app.web.sessions import FrameSessions, Sessions

ROOT = Path(__file__).resolve().parent.parent
_PARTS = (
    assets,
    connections,
    deep_linking,
    errors,
    handover,
    headers,
    health,
    languages,
    lti,
    notices,
    privacy,
    queries,
    registration,
    review,
    set_up,
)
MAX_REQUEST_BYTES = 2 * 1024 * 1024


def create_app(config: Config | None = None) -> Flask:
    """Return the tool as a WSGI application; without `config` the environment's settings are read."""
    config = config or Config.from_env()
    logs.configure()
    config.instance_path.mkdir(parents=True, exist_ok=True)
    app = Flask(
        "lti_app",
        template_folder=str(ROOT / "templates"),
        static_folder=None,
        instance_path=str(config.instance_path),
    )
    app.config.from_mapping(_flask_settings(config))
    app.session_interface = Sessions()
    db.init_app(app)
    Migrate(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
    forms = CSRFProtect(app)
    # These prove themselves: by state and token, by ticket and origin, by signature, by invite and origin.
    for pages in (lti.pages, handover.pages, notices.pages, registration.pages):
        forms.exempt(pages)
    Babel(app, locale_selector=languages.select_locale)
    _connect_platforms(app, config)
    for kind in ACTIVITY_TYPES.values():
        app.register_blueprint(kind.blueprint, url_prefix=f"/{kind.key}")
    for part in _PARTS:
        part.register(app)
    app.wsgi_app = FrameSessions(app.wsgi_app)  # type: ignore[method-assign]
    rate_limits.register(app, queue_url=config.huey_url, trusted_proxies=config.trusted_proxies)
    commands.register(app)
    return app


def _connect_platforms(app: Flask, config: Config) -> None:
    keys, outbound = _key_ring(config), Outbound(public_only=not config.allow_private_platforms)
    queue = open_queue(config.huey_url)
    with app.app_context():
        services = Lti(keys=keys, outbound=outbound, engine=db.engine)
    tasks.register_tasks(app, queue, lti=services)
    app.extensions["staffroom_keys"] = keys
    app.extensions["staffroom_outbound"] = outbound
    app.extensions["staffroom_registrations"] = Registrations()
    app.extensions["staffroom_states"] = LoginStates(app.config["SECRET_KEY"])
    app.extensions["staffroom_key_sets"] = PlatformKeySets(outbound)
    app.extensions["staffroom_queue"] = queue


def _key_ring(config: Config) -> KeyRing:
    try:
        return KeyRing(config.keys_path, pems=config.private_keys)
    except KeysUnusable as error:
        raise ConfigError(str(error)) from error


def _flask_settings(config: Config) -> dict[str, Any]:
    return {
        "SECRET_KEY": config.signing_secret(),
        "SQLALCHEMY_DATABASE_URI": config.sqlalchemy_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(config.sqlalchemy_url),
        "SQLALCHEMY_RECORD_QUERIES": False,
        "MAX_CONTENT_LENGTH": MAX_REQUEST_BYTES,
        "MAX_FORM_MEMORY_SIZE": MAX_REQUEST_BYTES,
        # Partitioned: a cookie per LMS that frames us, which browsers keep although they block third-party ones.
        "SESSION_COOKIE_NAME": "__Host-staffroom",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "None",
        "SESSION_COOKIE_PARTITIONED": True,
        "WTF_CSRF_TIME_LIMIT": None,
        # The Referer is not sent inside some LMS frames; token and Origin are checked instead.
        "WTF_CSRF_SSL_STRICT": False,
        "STAFFROOM_PUBLIC_URL": config.public_url,
        "STAFFROOM_ATTACHMENTS_PATH": str(config.attachments_folder),
        "STAFFROOM_SESSION_HOURS": config.session_hours,
        "STAFFROOM_ALLOW_PRIVATE_PLATFORMS": config.allow_private_platforms,
        "STAFFROOM_BIND": config.bind,
        "STAFFROOM_PORT": config.port,
        "STAFFROOM_WEB_WORKERS": config.web_workers,
    }
