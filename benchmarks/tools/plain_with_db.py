"""The plain tool with a database: the people, courses and activities of its launches, in ordinary Flask-SQLAlchemy."""

import secrets
from typing import Any, TypeVar

from flask import Flask, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, ForeignKey, UniqueConstraint, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from benchmarks.tools.plain import Cache, accept, log_in, registered
from benchmarks.tools.told import told

_LTI = "https://purl.imsglobal.org/spec/lti/claim/"


class Base(DeclarativeBase):
    """Base of the tables."""


db = SQLAlchemy(model_class=Base)
Row = TypeVar("Row", bound=Base)


class User(Base):
    """A person."""

    __tablename__ = "user"
    __table_args__ = (UniqueConstraint("issuer", "sub"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    issuer: Mapped[str]
    sub: Mapped[str]
    name: Mapped[str]


class Course(Base):
    """A course."""

    __tablename__ = "course"
    __table_args__ = (UniqueConstraint("issuer", "context_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    issuer: Mapped[str]
    context_id: Mapped[str]
    title: Mapped[str]


class Membership(Base):
    """That a person takes part in a course."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("user_id", "course_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    roles: Mapped[str]


class Activity(Base):
    """A resource link of a course."""

    __tablename__ = "activity"
    __table_args__ = (UniqueConstraint("course_id", "resource_link_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    resource_link_id: Mapped[str]
    title: Mapped[str]
    course: Mapped[Course] = relationship()


class Visit(Base):
    """One launch."""

    __tablename__ = "visit"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))


def create_app() -> Flask:
    """Return the application; it makes its tables."""
    app = Flask(__name__)
    app.secret_key = secrets.token_hex(16)
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{told().database}"
    db.init_app(app)
    with app.app_context():
        Base.metadata.create_all(db.engine)
    tool_conf, cache = registered(), Cache()

    @app.route("/lti/login", methods=["GET", "POST"])
    def login() -> ResponseReturnValue:
        """Send the browser to the platform."""
        return log_in(tool_conf, cache)

    @app.post("/lti/launch")
    def launch() -> ResponseReturnValue:
        """Take the platform's token, and keep who came where."""
        user, activity = _keep(accept(tool_conf, cache).get_launch_data())
        session["user_id"] = user.id
        db.session.add(Visit(user_id=user.id, activity_id=activity.id))
        activity_id = activity.id
        db.session.commit()
        return redirect(url_for("page", activity_id=activity_id), 303)

    @app.get("/page/<int:activity_id>")
    def page(activity_id: int) -> ResponseReturnValue:
        """Show an activity to a member of its course."""
        user = db.session.get_one(User, session["user_id"])
        activity = db.session.get_one(Activity, activity_id)
        db.session.scalars(select(Membership).filter_by(user_id=user.id, course_id=activity.course_id)).one()
        return render_template("page.html", name=user.name, title=activity.title)

    return app


def _keep(claims: dict[str, Any]) -> tuple[User, Activity]:
    """Make or update the rows of a launch."""
    context, link = claims[f"{_LTI}context"], claims[f"{_LTI}resource_link"]
    user = _find_or_make(User, issuer=claims["iss"], sub=claims["sub"])
    user.name = claims["name"]
    course = _find_or_make(Course, issuer=claims["iss"], context_id=context["id"])
    course.title = context["title"]
    db.session.flush()
    membership = _find_or_make(Membership, user_id=user.id, course_id=course.id)
    membership.roles = " ".join(claims[f"{_LTI}roles"])
    activity = _find_or_make(Activity, course_id=course.id, resource_link_id=link["id"])
    activity.title = link["title"]
    db.session.flush()
    return user, activity


def _find_or_make(model: type[Row], **key: Any) -> Row:
    row = db.session.scalar(select(model).filter_by(**key))
    if row is None:
        row = model(**key)
        db.session.add(row)
    return row


@event.listens_for(Engine, "connect")
def _prepare_connection(connection: Any, _record: Any) -> None:
    """Set SQLite up as Staffroom does; its own default costs more."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
