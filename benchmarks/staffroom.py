"""Setting up Staffroom itself for the measurement: an instance of its own, its database, its platform."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from sqlalchemy import create_engine, make_url, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateSchema, DropSchema

from benchmarks.lms import CLIENT_ID, DEPLOYMENT_ID, TEMPLATE_ID, Lms
from benchmarks.servers import ROOT, ServerError, Tool, clean_environment, free_port
from config import Config
from lti_app.models.activity import ActivityTemplate
from lti_app.models.platform import Registration


def staffroom(name: str, *, lms: Lms, folder: Path, database_url: str = "") -> Tool:
    """Make an instance in the folder, with its tables and the platform; no `database_url` means SQLite there."""
    port, instance = free_port(), folder / name
    environment = {
        "PORT": str(port),
        "STAFFROOM_PUBLIC_URL": f"http://localhost:{port}",
        "STAFFROOM_INSTANCE_PATH": str(instance),
        "STAFFROOM_KEYS_PATH": str(instance / "keys"),
        "STAFFROOM_DATABASE_URL": database_url,
        "STAFFROOM_ALLOW_PRIVATE_PLATFORMS": "1",
    }
    _flask(environment, "db", "upgrade")
    _flask(environment, "platform", "add", *_registration(lms))
    _place_activity(Config(database_url=database_url, instance_path=instance).sqlalchemy_url)
    return Tool(name=name, factory="lti_app.app:create_app", port=port, environment=environment)


@contextmanager
def own_schema(postgres_url: str) -> Iterator[str]:
    """Yield the address of an empty schema in that database; it is dropped at the end, nothing else is touched."""
    url = make_url(postgres_url).set(drivername="postgresql+psycopg")
    schema = f"staffroom_bench_{token_hex(4)}"
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(CreateSchema(schema))
    except SQLAlchemyError as error:
        raise ServerError(f"PostgreSQL cannot be used: {error}") from error
    try:
        inside = url.update_query_dict({"options": f"-csearch_path={schema}"})
        yield inside.set(drivername="postgresql").render_as_string(hide_password=False)
    finally:
        with engine.begin() as connection:
            connection.execute(text("SET lock_timeout = '10s'"))
            connection.execute(DropSchema(schema, cascade=True))
        engine.dispose()


def _place_activity(url: str) -> None:
    """Keep the template that the platform's link carries, as deep linking leaves it behind."""
    engine = create_engine(url)
    with Session(engine) as session:
        registration_id = session.scalars(select(Registration.id)).one()
        session.add(
            ActivityTemplate(
                public_id=TEMPLATE_ID, registration_id=registration_id, kind="journal", title="Journal", settings={}
            )
        )
        session.commit()
    engine.dispose()


def _registration(lms: Lms) -> list[str]:
    return [
        "--issuer", lms.issuer, "--client-id", CLIENT_ID, "--auth-url", lms.auth_url, "--token-url", lms.token_url,
        "--jwks-url", lms.jwks_url, "--deployment-id", DEPLOYMENT_ID,
    ]  # fmt: skip


def _flask(environment: Mapping[str, str], *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "lti_app.app", *arguments],
        cwd=ROOT,
        env=clean_environment(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ServerError(f"flask {' '.join(arguments[:2])} failed.\n{done.stdout}{done.stderr}")
