"""Every setting of Staffroom: its type, its default and the environment variable that sets it."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from click import ClickException

from lti_app.addresses import origin_of

_ROOT = Path(__file__).resolve().parent
SHORTEST_SECRET = 32
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}


class ConfigError(ClickException):
    """A setting that Staffroom cannot start with; the sentence names the variable and says what it takes.

    Flask's command line shows it as it is, without a traceback.
    """


@dataclass(frozen=True, kw_only=True)
class Config:
    """What a running Staffroom was told; `docs/operations.md` explains each setting to an operator."""

    public_url: str = "http://localhost:8000"
    """Where browsers and platforms reach the tool, without a path. STAFFROOM_PUBLIC_URL."""

    database_url: str = field(default="", repr=False)
    """SQLAlchemy address; empty means SQLite in the instance folder. STAFFROOM_DATABASE_URL."""

    queue_url: str = field(default="", repr=False)
    """sqlite:///path, redis://… or postgresql://…; empty means SQLite in the instance folder. STAFFROOM_QUEUE_URL."""

    secret_key: str = field(default="", repr=False)
    """Signs sessions; empty means one made once and kept in the instance folder. STAFFROOM_SECRET_KEY."""

    allow_private_platforms: bool = False
    """Accept platforms on loopback or plain http: a demo, a lab. STAFFROOM_ALLOW_PRIVATE_PLATFORMS."""

    instance_path: Path = _ROOT / "instance"
    """Folder of the database and queue of a single machine. STAFFROOM_INSTANCE_PATH."""

    attachments_path: Path | None = None
    """Folder of the files that people attach; None means in the instance folder. STAFFROOM_ATTACHMENTS_PATH."""

    keys_path: Path = _ROOT / "keys"
    """Folder of the private signing keys. STAFFROOM_KEYS_PATH."""

    private_keys: str = field(default="", repr=False)
    """One or several private keys as PEMs, instead of the folder; the first signs. STAFFROOM_PRIVATE_KEYS."""

    bind: str = "127.0.0.1"
    """Address that `flask serve` listens on. STAFFROOM_BIND."""

    port: int = 8000
    """Port that `flask serve` listens on. PORT."""

    web_workers: int = 1
    """Server processes of `flask serve`. STAFFROOM_WEB_WORKERS."""

    session_hours: int = 12
    """How long a sign-in lasts after its launch. STAFFROOM_SESSION_HOURS."""

    trusted_proxies: int = 0
    """Web servers in front that add to X-Forwarded-For; 0 reads no such header. STAFFROOM_TRUSTED_PROXIES."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Config":
        """Read the settings from the environment.

        Raises:
            ConfigError: A variable holds something that its setting does not take.
        """
        env = os.environ if environ is None else environ
        port = _number(env, "PORT", default=cls.port, lowest=1, highest=65535)
        return cls(
            public_url=_origin(env.get("STAFFROOM_PUBLIC_URL") or f"http://localhost:{port}"),
            database_url=env.get("STAFFROOM_DATABASE_URL", ""),
            queue_url=env.get("STAFFROOM_QUEUE_URL", ""),
            secret_key=env.get("STAFFROOM_SECRET_KEY", ""),
            allow_private_platforms=_switch(env, "STAFFROOM_ALLOW_PRIVATE_PLATFORMS"),
            instance_path=Path(env.get("STAFFROOM_INSTANCE_PATH") or cls.instance_path).absolute(),
            attachments_path=_folder(env.get("STAFFROOM_ATTACHMENTS_PATH")),
            keys_path=Path(env.get("STAFFROOM_KEYS_PATH") or cls.keys_path).absolute(),
            private_keys=env.get("STAFFROOM_PRIVATE_KEYS", ""),
            bind=env.get("STAFFROOM_BIND") or cls.bind,
            port=port,
            web_workers=_number(env, "STAFFROOM_WEB_WORKERS", default=cls.web_workers, lowest=1, highest=64),
            session_hours=_number(env, "STAFFROOM_SESSION_HOURS", default=cls.session_hours, lowest=1, highest=168),
            trusted_proxies=_number(env, "STAFFROOM_TRUSTED_PROXIES", default=cls.trusted_proxies, lowest=0, highest=9),
        )

    @property
    def sqlalchemy_url(self) -> str:
        """The database's address, with the driver that Staffroom uses for PostgreSQL."""
        if not self.database_url:
            return f"sqlite:///{self.instance_path / 'staffroom.sqlite3'}"
        scheme, separator, rest = self.database_url.partition("://")
        driver = "postgresql+psycopg" if scheme in {"postgres", "postgresql"} else scheme
        return driver + separator + rest

    @property
    def huey_url(self) -> str:
        """The queue's address; see `lti_app.queue.open_queue` for the schemes."""
        return self.queue_url or f"sqlite:///{self.instance_path / 'queue.sqlite3'}"

    @property
    def attachments_folder(self) -> Path:
        """Where the files are that people attach."""
        return self.attachments_path or self.instance_path / "attachments"

    def signing_secret(self) -> str:
        """Return the secret that signs sessions; make and keep one where none was set."""
        if self.secret_key:
            if len(self.secret_key) < SHORTEST_SECRET:
                raise ConfigError(f"STAFFROOM_SECRET_KEY takes {SHORTEST_SECRET} characters or more, drawn at random.")
            return self.secret_key
        path = self.instance_path / "secret-key"
        self.instance_path.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # Written whole under another name first; of two starting processes, the first link wins for both.
            unfinished = path.with_suffix(f".{secrets.token_hex(8)}")
            with open(unfinished, "x", opener=_only_owner, encoding="ascii") as file:
                file.write(secrets.token_urlsafe(48))
            with suppress(FileExistsError):
                os.link(unfinished, path)
            unfinished.unlink()
        secret = path.read_text("ascii").strip()
        if len(secret) < SHORTEST_SECRET:
            raise ConfigError(f"{path} holds no usable secret. Delete it; Staffroom makes a new one.")
        return secret


def _folder(path: str | None) -> Path | None:
    return Path(path).absolute() if path else None


def _only_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _origin(url: str) -> str:
    """Return the origin as browsers write it in their Origin header, which every post is compared with."""
    origin = origin_of(url)
    is_bare = url.rstrip("/").count("/") == 2 and not {"?", "#", " "} & set(url) and url.isprintable()
    if origin is None or not is_bare:
        raise ConfigError(f"STAFFROOM_PUBLIC_URL is “{url}”; it takes an address such as https://pd.example.org.")
    if origin.startswith("http:") and urlsplit(origin).hostname != "localhost":
        raise ConfigError(
            f"STAFFROOM_PUBLIC_URL is “{url}”; inside an LMS, browsers keep sign-ins over https"
            " (or http://localhost) only."
        )
    return origin


def _switch(env: Mapping[str, str], name: str) -> bool:
    value = env.get(name, "").strip().lower()
    if value not in _TRUE | _FALSE:
        raise ConfigError(f"{name} is “{value}”; it takes 1 or 0.")
    return value in _TRUE


def _number(env: Mapping[str, str], name: str, *, default: int, lowest: int, highest: int) -> int:
    text = env.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdecimal() or len(text) > 9 or not lowest <= int(text) <= highest:
        raise ConfigError(f"{name} is “{text}”; it takes a number from {lowest} to {highest}.")
    return int(text)
