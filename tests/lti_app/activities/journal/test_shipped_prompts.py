"""The prompt sets that Staffroom ships: each loads, says what it asks, and never changes once it is published."""

import hashlib
from collections import Counter
from pathlib import Path

import pytest

from lti_app.activities.journal.prompts import sets
from lti_app.activities.journal.prompts.sets import PromptSet, newest_shipped, shipped_sets

FOLDER = Path(sets.__file__).parent
# A new wording is a new file with the next number, and one more line here; no line is ever changed.
PUBLISHED = {
    "critical_incident.1.toml": "6d8ade80d5f5e56f6cc553753e21fe1af2df8494c02ebf47f1f67759dc48aac3",
    "end_of_unit.1.toml": "dbbd4637bdc02d786b0d3054171b639c2f5a1dbde07f54ed6b794305d021ebe3",
    "four_lenses.1.toml": "3bc3763b00b9f0a5e70b3769514eaef1070558bd7e9dfcbe0f91cf95a141436f",
    "four_step_loop.1.toml": "84368452c952cb9932c02dec3052a9ab77a888760ecc8819a129508effa512e3",
    "glow_and_grow.1.toml": "68345b25ec815a944264a603fb2a402d7fd4770d54aaf8d9cd00e5c5ccf7a9c0",
    "goal_progress.1.toml": "c7ee3c1926670069f22170191e42b26ac08573500051e2c84ac8a3c68296993f",
    "rose_thorn_bud.1.toml": "068c04e98bbaa72e577a60b08c5edf1048bb2b1eecced7f1527ac61abc4286c5",
    "six_step_cycle.1.toml": "31994d3c69e6301942364e4c53cdc3b9a643affe962db45cb6e9807550caa5f7",
    "video_self_review.1.toml": "74143350b0e95e969d5434165e54bc10a2004f06c0052e3b2e9a1cb43d02b148",
    "what_so_what_now_what.1.toml": "b061f8a13661a0c4bc8ef68ceaad479ce984d9d0d266aa8fcd72f6b7f8a82b62",
}
KEYS = {
    "critical-incident",
    "end-of-unit",
    "four-lenses",
    "four-step-loop",
    "glow-and-grow",
    "goal-progress",
    "rose-thorn-bud",
    "six-step-cycle",
    "video-self-review",
    "what-so-what-now-what",
}


def test_files_when_published_then_are_never_changed() -> None:
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FOLDER.glob("*.toml")}

    assert found == PUBLISHED


def test_sets_when_loaded_then_are_the_ten_and_each_file_is_one_version() -> None:
    names = {f"{ref.key.replace('-', '_')}.{ref.version}.toml" for ref in shipped_sets()}

    assert names == set(PUBLISHED)
    assert {prompt.key for prompt in newest_shipped()} == KEYS
    assert len(newest_shipped()) == len(KEYS)


@pytest.mark.parametrize("prompt", shipped_sets().values(), ids=lambda prompt: str(prompt.ref))
def test_set_when_read_then_says_what_it_asks_step_by_step(prompt: PromptSet) -> None:
    keys = Counter(step.key for step in prompt.steps)

    assert prompt.title
    assert prompt.summary
    assert prompt.is_shipped
    assert "." not in prompt.key
    assert max(keys.values()) == 1
    assert prompt.required_steps
    assert all(step.label and step.hint for step in prompt.steps)
