"""The house: files stay short, every word stands where it belongs, and the contracts really bite."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sorted((ROOT / "lti_app").rglob("*.py")) + sorted((ROOT / "practice_lms").rglob("*.py")) + [ROOT / "config.py"]
TOP_LEVEL = {
    ".ci", ".git", ".gitignore", "LICENSE", "Makefile", "README.md", "benchmarks", "config.py", "docs", "keys",
    "lti_app", "migrations", "practice_lms", "pyproject.toml", "requirements", "templates", "tests",
}  # fmt: skip


def _tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_top_level_when_listed_then_holds_the_owners_folders_and_conventional_names_only() -> None:
    found = {path.relative_to(ROOT).parts[0] for path in _tracked()}

    assert found <= TOP_LEVEL


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_when_read_then_is_under_400_lines_and_says_what_is_in_it(path: Path) -> None:
    source = path.read_text()

    assert len(source.splitlines()) <= 400
    assert ast.get_docstring(ast.parse(source))


def test_packages_when_read_then_their_init_is_a_docstring_and_nothing_else() -> None:
    bodies = {path: ast.parse(path.read_text()).body for path in PYTHON if path.name == "__init__.py"}

    assert [path for path, body in bodies.items() if len(body) != 1] == []


def test_functions_when_measured_then_none_is_over_40_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in PYTHON
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= 45
    ]

    assert long == []


def test_imports_when_read_then_none_stands_inside_a_function() -> None:
    inside = [
        f"{path.relative_to(ROOT)}:{statement.lineno}"
        for path in PYTHON
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for statement in ast.walk(function)
        if isinstance(statement, ast.Import | ast.ImportFrom)
    ]

    assert inside == []


def test_requirements_when_read_then_are_hashed_and_carry_no_address() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        pinned = re.findall(r"^[a-z0-9._-]+(?:\[[a-z,]+\])?==", path.read_text(), re.MULTILINE)
        assert pinned
        assert path.read_text().count("--hash=sha256:") >= len(pinned)
        assert "://" not in path.read_text()


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("lti_app/models/people.py", "from lti_app.gradebook import delivery"),
        ("lti_app/web/health.py", "import pylti1p3"),
        ("lti_app/gradebook/credit.py", "import config"),
        ("lti_app/gradebook/credit.py", "import flask"),
        ("lti_app/clock.py", "import practice_lms"),
        ("lti_app/activities/journal/settings.py", "from lti_app.activities.journal import views"),
    ],
)
def test_import_contract_when_broken_then_check_fails(module: str, line: str, tmp_path: Path) -> None:
    for name in ("lti_app", "practice_lms"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "config.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    broken = tmp_path / module
    broken.write_text(f"{broken.read_text()}\n{line}\n")

    check = "import sys; from importlinter.cli import lint_imports_command as lint; sys.exit(lint())"
    done = subprocess.run(
        [sys.executable, "-c", check, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1, done.stdout
    assert "BROKEN" in done.stdout


def test_stray_module_when_nobody_placed_it_then_check_fails(tmp_path: Path) -> None:
    for name in ("lti_app", "practice_lms"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    (tmp_path / "lti_app" / "utils.py").write_text('"""Nobody placed this."""\n')

    check = "import sys; from importlinter.cli import lint_imports_command as lint; sys.exit(lint())"
    done = subprocess.run(
        [sys.executable, "-c", check, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "utils" in done.stdout + done.stderr
