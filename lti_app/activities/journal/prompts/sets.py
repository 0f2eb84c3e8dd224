"""What a prompt set is, and those that Staffroom ships.

Each version of a shipped set is one TOML file beside this module. A published version is never changed, since
entries name it: a better wording becomes the next version.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

OWN_KEY = ""
ONLY_STEP = "text"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a prompt set: what is asked (`label`), and a line that helps to begin (`hint`)."""

    key: str
    label: str
    hint: str = ""
    is_required: bool = True

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Read what a file or a row keeps."""
        return cls(**kept)

    def to_json(self) -> dict[str, Any]:
        """Return what a row keeps."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class PromptSet:
    """Named steps that an entry answers, in order; `title` and `summary` are what a facilitator chooses by.

    Texts of shipped sets are message ids for gettext; texts of a facilitator's own are as they were typed.
    """

    key: str
    version: int
    title: str
    summary: str = ""
    steps: tuple[Step, ...]
    is_shipped: bool = True

    @property
    def ref(self) -> "PromptRef":
        """Which set this is, in which version."""
        return PromptRef(key=self.key, version=self.version)

    @property
    def required_steps(self) -> tuple[Step, ...]:
        """The steps that a finished entry has to answer."""
        return tuple(step for step in self.steps if step.is_required)


@dataclass(frozen=True, kw_only=True)
class PromptRef:
    """Which prompt set, in which version; as text, in forms, it is the key, a dot and the version."""

    key: str
    version: int

    def __str__(self) -> str:
        return f"{self.key}.{self.version}"


def single_prompt(text: str, *, is_shipped: bool) -> PromptSet:
    """Return the set of a journal that asks one question: one step with that text."""
    step = Step(key=ONLY_STEP, label=text)
    return PromptSet(key=OWN_KEY, version=1, title="", steps=(step,), is_shipped=is_shipped)


@cache
def shipped_sets() -> Mapping[PromptRef, PromptSet]:
    """Return every version of every shipped set, by key and version."""
    sets = [_read(path) for path in sorted(Path(__file__).parent.glob("*.toml"))]
    return {PromptRef(key=each.key, version=each.version): each for each in sets}


def newest_shipped() -> Sequence[PromptSet]:
    """Return the newest version of each shipped set, in the order of their titles."""
    newest: dict[str, PromptSet] = {}
    for each in sorted(shipped_sets().values(), key=lambda each: each.version):
        newest[each.key] = each
    return sorted(newest.values(), key=lambda each: each.title)


def _read(path: Path) -> PromptSet:
    kept = tomllib.loads(path.read_text("utf-8"))
    steps = tuple(Step.from_json(step) for step in kept.pop("steps"))
    return PromptSet(steps=steps, **kept)
