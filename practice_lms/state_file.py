"""Keeping the state in a JSON file between two runs: written whole, beside it first, then renamed."""

import json
from pathlib import Path
from tempfile import NamedTemporaryFile

from practice_lms.state import State
from practice_lms.state_json import state_as_json, state_from_json


class DamagedStateFileError(Exception):
    """The state file cannot be used; the message says which and what to do."""


def load_state(path: Path) -> State | None:
    """Read the state from its file, or return None where there is no file yet.

    Raises:
        DamagedStateFileError: when the file is there but is not one of ours.
    """
    if not path.exists():
        return None
    try:
        return state_from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedStateFileError(
            f"The state file {path} cannot be read ({type(error).__name__}: {error}). "
            "Move it away to start with a fresh course."
        ) from error


def save_state(state: State, path: Path) -> None:
    """Write the state so that a crash leaves either the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The temporary file is made readable for its owner alone, which suits the private key in it.
    with NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}-", delete=False, encoding="utf-8") as fresh:
        json.dump(state_as_json(state), fresh, ensure_ascii=False, indent=1)
    Path(fresh.name).replace(path)
