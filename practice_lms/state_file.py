"""Keeping the state in a JSON file between two runs: written whole, beside it first, then renamed."""

import json
from collections.abc import Iterable
from dataclasses import asdict, fields, replace
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from practice_lms.course import Activity, LineItem
from practice_lms.faults import Fault, FaultRule, ServiceKind
from practice_lms.gradebook import Grade
from practice_lms.keys import SigningKey, public_jwk
from practice_lms.manner import DeepLinkingOffer, Manner
from practice_lms.people import PEOPLE
from practice_lms.state import AccessToken, State
from practice_lms.switchboard import as_json, changed

FORMAT = 1
_SIMPLE = ("session_secret", "page_size", "token_lifetime_seconds", "clock_offset_seconds", "next_number")


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
        return _state_from(json.loads(path.read_text(encoding="utf-8")))
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
        json.dump(_as_json(state), fresh, ensure_ascii=False, indent=1)
    Path(fresh.name).replace(path)


def _as_json(state: State) -> dict[str, Any]:
    seeded = {person.id: person for person in PEOPLE}
    return {name: getattr(state, name) for name in _SIMPLE} | {
        "format": FORMAT,
        "keys": [asdict(key) for key in state.keys],
        "generated_people": len(state.people) - len(PEOPLE),
        "changed_roles": {
            person.id: list(person.roles)
            for person in state.people.values()
            if person.id not in seeded or person.roles != seeded[person.id].roles
        },
        "activities": [asdict(activity) for activity in state.activities.values()],
        "line_items": [asdict(line_item) for line_item in state.line_items.values()],
        "grades": [_grade_as_json(grade) for grade in state.grades.values()],
        "faults": [asdict(rule) for rule in state.faults.values()],
        "manner": as_json(state.manner),
        "offer": as_json(state.offer),
        "tokens": [asdict(token) | {"scopes": sorted(token.scopes)} for token in state.tokens.values()],
    }


def _grade_as_json(grade: Grade) -> dict[str, Any]:
    return asdict(grade) | {
        "timestamp": grade.timestamp.isoformat(),
        "received_at": grade.received_at.isoformat(),
    }


def _state_from(kept: dict[str, Any]) -> State:
    if kept["format"] != FORMAT:
        raise ValueError(f"format {kept['format']} is not {FORMAT}")
    keys = [SigningKey(**key) for key in kept["keys"]]
    for key in keys:
        public_jwk(key)
    if not keys:
        raise ValueError("no signing key")
    state = State(
        keys=keys,
        activities={row["id"]: Activity(**row) for row in kept["activities"]},
        line_items={row["id"]: LineItem(**row) for row in kept["line_items"]},
        grades={(grade.line_item_id, grade.person_id): grade for grade in _grades(kept["grades"])},
        faults={rule.kind: rule for rule in map(_fault_rule, kept["faults"])},
        tokens={token.value: token for token in map(_token, kept["tokens"])},
        manner=changed(Manner(), kept.get("manner", {})),
        offer=changed(DeepLinkingOffer(), kept.get("offer", {})),
        **{name: kept[name] for name in _SIMPLE},
    )
    _check_types(state)
    state.enrol(kept["generated_people"])
    for person_id, roles in kept["changed_roles"].items():
        state.people[person_id] = replace(state.people[person_id], roles=tuple(roles))
    return state


def _check_types(state: State) -> None:
    expected = {each.name: type(each.default) for each in fields(State) if each.name in _SIMPLE}
    for name in _SIMPLE:
        wanted = str if name == "session_secret" else expected[name]
        if not isinstance(getattr(state, name), wanted):
            raise TypeError(f"{name} is not {wanted.__name__}")


def _grades(rows: Iterable[dict[str, Any]]) -> Iterable[Grade]:
    for row in rows:
        moments = {name: datetime.fromisoformat(row[name]) for name in ("timestamp", "received_at")}
        yield Grade(**(row | moments))


def _fault_rule(row: dict[str, Any]) -> FaultRule:
    return FaultRule(**(row | {"kind": ServiceKind(row["kind"]), "fault": Fault(row["fault"])}))


def _token(row: dict[str, Any]) -> AccessToken:
    return AccessToken(**(row | {"scopes": frozenset(row["scopes"])}))
