"""The page of conformance names tests that exist, and every file of attacks and certification."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "lti-conformance.md").read_text()


def test_conformance_page_when_it_names_a_test_then_there_is_one() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    known = set(re.findall(r"^def (test_\w+)\(", source, re.MULTILINE))

    named = set(re.findall(r"`(test_\w+)`", PAGE))

    assert len(named) >= 20
    assert named - known == set()


def test_conformance_page_when_it_names_a_file_then_there_is_one() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", PAGE))

    assert [path for path in named if not (ROOT / path).exists()] == []


def test_attacks_and_certification_when_a_file_is_added_then_the_page_names_it() -> None:
    folders = (ROOT / "tests" / "attacks", ROOT / "tests" / "certification")
    files = {path.relative_to(ROOT).as_posix() for folder in folders for path in folder.glob("test_*.py")}

    assert [path for path in sorted(files) if path not in PAGE] == []
