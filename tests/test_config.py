"""Settings from the environment: what each takes, what it refuses and in which words."""

import stat
import threading
from pathlib import Path

import pytest

from config import Config, ConfigError


def test_settings_when_the_environment_is_empty_then_are_those_of_one_machine(tmp_path: Path) -> None:
    config = Config.from_env({"STAFFROOM_INSTANCE_PATH": str(tmp_path)})

    assert (config.public_url, config.bind, config.port) == ("http://localhost:8000", "127.0.0.1", 8000)
    assert (config.web_workers, config.session_hours, config.allow_private_platforms) == (1, 12, False)
    assert config.sqlalchemy_url == f"sqlite:///{tmp_path}/staffroom.sqlite3"
    assert config.huey_url == f"sqlite:///{tmp_path}/queue.sqlite3"
    assert config.keys_path.name == "keys"
    assert config.attachments_folder == tmp_path / "attachments"


def test_settings_when_all_are_set_then_are_taken_over(tmp_path: Path) -> None:
    config = Config.from_env(
        {
            "STAFFROOM_PUBLIC_URL": "https://pd.example.org/",
            "STAFFROOM_DATABASE_URL": "postgresql://db.example/staffroom",
            "STAFFROOM_QUEUE_URL": "redis://queue.example/0",
            "STAFFROOM_SECRET_KEY": "s" * 40,
            "STAFFROOM_ALLOW_PRIVATE_PLATFORMS": "yes",
            "STAFFROOM_INSTANCE_PATH": str(tmp_path / "instance"),
            "STAFFROOM_ATTACHMENTS_PATH": str(tmp_path / "files"),
            "STAFFROOM_KEYS_PATH": str(tmp_path / "keys"),
            "STAFFROOM_PRIVATE_KEYS": "-----BEGIN PRIVATE KEY-----",
            "STAFFROOM_BIND": "::",
            "PORT": "8443",
            "STAFFROOM_WEB_WORKERS": "4",
            "STAFFROOM_SESSION_HOURS": "8",
            "STAFFROOM_TRUSTED_PROXIES": "2",
        }
    )

    assert config == Config(
        public_url="https://pd.example.org",
        database_url="postgresql://db.example/staffroom",
        queue_url="redis://queue.example/0",
        secret_key="s" * 40,
        allow_private_platforms=True,
        instance_path=tmp_path / "instance",
        attachments_path=tmp_path / "files",
        keys_path=tmp_path / "keys",
        private_keys="-----BEGIN PRIVATE KEY-----",
        bind="::",
        port=8443,
        web_workers=4,
        session_hours=8,
        trusted_proxies=2,
    )
    assert config.sqlalchemy_url == "postgresql+psycopg://db.example/staffroom"
    assert config.huey_url == "redis://queue.example/0"
    assert config.attachments_folder == tmp_path / "files"
    assert config.signing_secret() == "s" * 40


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://h/d", "postgresql+psycopg://h/d"),
        ("postgresql://h/d?sslmode=require", "postgresql+psycopg://h/d?sslmode=require"),
        ("postgresql+psycopg://h/d", "postgresql+psycopg://h/d"),
        ("sqlite:////srv/db.sqlite3", "sqlite:////srv/db.sqlite3"),
    ],
)
def test_database_when_named_then_gets_the_driver_that_is_installed(given: str, used: str) -> None:
    assert Config(database_url=given).sqlalchemy_url == used


@pytest.mark.parametrize(
    "url",
    [
        "pd.example.org",
        "ftp://pd.example.org",
        "https://",
        "https:///path",
        "https://pd.example.org/staffroom",
        "https://pd.example.org?x=1",
        "https://pd.example.org#x",
        "https://user:word@pd.example.org",
        "https://pd.example.org:port",
        "https://pd.example.org:99999",
        "https://[::1",
        "https://pd example.org",
        "https://pd.example.org ",
        "http://pd.example.org",
        "http://127.0.0.1:8000",
        "http://localhost.example.org",
        "javascript:alert(1)",
    ],
)
def test_public_url_when_browsers_could_not_use_it_then_refused_by_name(url: str) -> None:
    with pytest.raises(ConfigError, match=r"^STAFFROOM_PUBLIC_URL is “"):
        Config.from_env({"STAFFROOM_PUBLIC_URL": url})


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://pd.example.org", "https://pd.example.org"),
        ("https://pd.example.org/", "https://pd.example.org"),
        ("https://pd.example.org:8443", "https://pd.example.org:8443"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://localhost", "http://localhost"),
        # As browsers write it in the Origin header, which every post is compared with.
        ("HTTPS://PD.Example.org", "https://pd.example.org"),
        ("https://pd.example.org:443", "https://pd.example.org"),
        ("http://localhost:80/", "http://localhost"),
    ],
)
def test_public_url_when_good_then_is_the_origin_as_browsers_write_it(url: str, origin: str) -> None:
    assert Config.from_env({"STAFFROOM_PUBLIC_URL": url}).public_url == origin


def test_public_url_when_not_set_then_follows_the_port() -> None:
    assert Config.from_env({"PORT": "8123"}).public_url == "http://localhost:8123"


@pytest.mark.parametrize("name", ["PORT", "STAFFROOM_WEB_WORKERS", "STAFFROOM_SESSION_HOURS"])
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", "1e3", "99999999", "9" * 5000, "0x10", "²"])
def test_number_when_it_is_none_that_fits_then_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=rf"^{name} is “.*”; it takes a number from 1 to \d+\.$"):
        Config.from_env({name: value})


@pytest.mark.parametrize("value", ["-1", "10", "all", "1,2"])
def test_proxies_when_their_number_cannot_be_right_then_refused_by_name(value: str) -> None:
    with pytest.raises(
        ConfigError, match=rf"^STAFFROOM_TRUSTED_PROXIES is “{value}”; it takes a number from 0 to 9\.$"
    ):
        Config.from_env({"STAFFROOM_TRUSTED_PROXIES": value})


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", True), ("true", True), ("YES", True), (" on ", True), ("0", False), ("false", False), ("", False)],
)
def test_switch_when_set_then_read_as_people_write_it(value: str, expected: bool) -> None:
    config = Config.from_env({"STAFFROOM_ALLOW_PRIVATE_PLATFORMS": value})

    assert config.allow_private_platforms is expected


def test_switch_when_it_is_neither_then_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"^STAFFROOM_ALLOW_PRIVATE_PLATFORMS is “maybe”; it takes 1 or 0\.$"):
        Config.from_env({"STAFFROOM_ALLOW_PRIVATE_PLATFORMS": "maybe"})


@pytest.mark.parametrize("name", ["STAFFROOM_BIND", "STAFFROOM_PUBLIC_URL", "PORT", "STAFFROOM_KEYS_PATH"])
def test_setting_when_empty_then_the_default_counts(name: str) -> None:
    assert Config.from_env({name: ""}) == Config.from_env({})


def test_secret_when_not_set_then_made_once_for_its_owner_only(tmp_path: Path) -> None:
    config = Config(instance_path=tmp_path / "new")

    first, second = config.signing_secret(), config.signing_secret()

    path = tmp_path / "new" / "secret-key"
    assert first == second == path.read_text()
    assert len(first) >= 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_secret_when_two_processes_start_at_once_then_both_get_the_same(tmp_path: Path) -> None:
    found: list[set[str]] = []
    for number in range(60):
        config, secrets = Config(instance_path=tmp_path / str(number)), list[str]()
        gate = threading.Barrier(2)

        def start(config: Config = config, secrets: list[str] = secrets, gate: threading.Barrier = gate) -> None:
            gate.wait()
            try:
                secrets.append(config.signing_secret())
            except ConfigError as error:
                secrets.append(str(error))

        threads = [threading.Thread(target=start) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found.append(set(secrets))

    assert [secrets for secrets in found if len(secrets) != 1] == []


def test_secret_when_set_but_easily_guessed_then_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"^STAFFROOM_SECRET_KEY takes 32 characters or more"):
        Config(secret_key="a").signing_secret()


def test_secrets_when_of_two_installations_then_differ(tmp_path: Path) -> None:
    secrets = {Config(instance_path=tmp_path / name).signing_secret() for name in ("a", "b")}

    assert len(secrets) == 2


@pytest.mark.parametrize("content", ["", "short", " \n"])
def test_secret_when_its_file_is_damaged_then_says_what_to_do(tmp_path: Path, content: str) -> None:
    (tmp_path / "secret-key").write_text(content)

    with pytest.raises(
        ConfigError, match=r"secret-key holds no usable secret\. Delete it; Staffroom makes a new one\."
    ):
        Config(instance_path=tmp_path).signing_secret()


def test_settings_when_printed_then_the_secret_is_not_among_them() -> None:
    config = Config(secret_key="very-secret", database_url="postgresql://u:password@h/d", private_keys="PEM")

    assert "very-secret" not in repr(config)
    assert "PEM" not in repr(config)
    assert "password" not in repr(config)
