"""What the project promises about itself: settings documented, types catalogued, templates whole, sentences marked."""

import ast
import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from flask import Flask

from config import Config
from lti_app.catalog import ACTIVITY_TYPES
from lti_app.errors import Refusal
from lti_app.gradebook import credit

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.parametrize("database", ["sqlite"])
ENVIRONMENT = re.compile(r"\b(STAFFROOM_[A-Z_]+|PORT)\b")


def test_settings_when_read_from_the_environment_then_operations_page_explains_each(database: str) -> None:
    del database
    read = set(ENVIRONMENT.findall((ROOT / "config.py").read_text()))
    documented = set(ENVIRONMENT.findall((ROOT / "docs" / "operations.md").read_text()))

    assert read == documented


def test_settings_when_declared_then_each_names_its_variable(database: str) -> None:
    del database
    source = (ROOT / "config.py").read_text()

    assert [
        field.name for field in fields(Config) if not re.search(rf"^    {field.name}: ", source, re.MULTILINE)
    ] == []


@pytest.mark.parametrize("key", list(ACTIVITY_TYPES))
def test_activity_type_when_catalogued_then_has_page_settings_templates_and_a_journey(app: Flask, key: str) -> None:
    kind = ACTIVITY_TYPES[key]

    assert kind.key == key
    assert f"{kind.blueprint.name}.show" in app.view_functions
    assert kind.facts
    assert is_dataclass(kind.settings.from_json({}))
    assert (ROOT / "lti_app" / "activities" / key / "activity.py").exists()
    assert {"_settings.html", "_preview.html"} <= {
        path.name for path in (ROOT / "templates" / "activities" / key).glob("*.html")
    }
    assert any(
        kind.label in path.read_text() or key in path.read_text()
        for path in (ROOT / "tests/journeys").glob("test_*.py")
    )


def test_templates_when_compiled_then_all_are_whole(app: Flask) -> None:
    names = app.jinja_env.list_templates(filter_func=lambda name: not name.startswith("bootstrap"))

    assert len([app.jinja_env.get_template(name) for name in names]) >= 8


def test_templates_when_read_then_none_has_inline_script_or_style(database: str) -> None:
    del database
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", re.IGNORECASE)

    assert [str(path) for path in (ROOT / "templates").rglob("*.html") if inline.search(path.read_text())] == []


def test_credit_when_stuck_then_every_reason_has_its_sentence(database: str) -> None:
    del database
    told = {reason for reason in Refusal if reason is not Refusal.NO_LINE_ITEM}

    assert set(credit._STUCK) == told  # noqa: SLF001 - the table is what is checked
    assert set(credit._STUCK_LABELS) == told  # noqa: SLF001


def test_form_posts_when_listed_then_each_view_that_changes_something_commits(app: Flask) -> None:
    posting = {
        app.view_functions[rule.endpoint]
        for rule in app.url_map.iter_rules()
        # A login changes nothing: its state travels, signed. Nor does a preview: it is posted for its length.
        if "POST" in (rule.methods or set()) and rule.endpoint not in {"lti.login", "journal.preview"}
    }

    for view in posting:
        source = Path(view.__code__.co_filename).read_text()
        function = next(
            node
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.FunctionDef) and node.name == view.__name__
        )
        calls = {ast.unparse(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)}
        assert "db.session.commit" in calls, view.__name__
