"""The lasting part of the state as JSON, and back; a file of the first format holds one course only."""

from collections.abc import Iterable
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any, TypeVar

from practice_lms.course import Activity, Course, LineItem
from practice_lms.enrolments import Enrolment, MemberStatus
from practice_lms.faults import Fault, FaultRule, ServiceKind
from practice_lms.gradebook import Grade
from practice_lms.groups import Group
from practice_lms.keys import SigningKey, public_jwk
from practice_lms.manner import DeepLinkingOffer, Manner
from practice_lms.people import PEOPLE
from practice_lms.state import AccessToken, State
from practice_lms.switchboard import as_json, changed
from practice_lms.tools import Tool

FORMAT = 2
_SIMPLE = ("session_secret", "page_size", "token_lifetime_seconds", "clock_offset_seconds", "next_number")
_TABLES: dict[str, type[Activity | Course | Group | LineItem | Tool]] = {
    "activities": Activity,
    "courses": Course,
    "groups": Group,
    "line_items": LineItem,
    "tools": Tool,
}
Row = TypeVar("Row")


def state_as_json(state: State) -> dict[str, Any]:
    """Return all that a state file keeps."""
    seeded = {person.id: person for person in PEOPLE}
    tables = {name: [asdict(row) for row in getattr(state, name).values()] for name in _TABLES}
    simple = {name: getattr(state, name) for name in _SIMPLE}
    return (
        tables
        | simple
        | {
            "format": FORMAT,
            "keys": [asdict(key) for key in state.keys],
            "generated_people": len(state.people) - len(PEOPLE),
            "changed_roles": {
                person.id: list(person.roles)
                for person in state.people.values()
                if person.id not in seeded or person.roles != seeded[person.id].roles
            },
            "enrolments": [asdict(enrolment) for enrolment in state.enrolments.values()],
            "grades": [_grade_as_json(grade) for grade in state.grades.values()],
            "faults": [asdict(rule) for rule in state.faults.values()],
            "notice_handlers": [[*key, handler] for key, handler in state.notice_handlers.items()],
            "manner": as_json(state.manner),
            "offer": as_json(state.offer),
            "tokens": [asdict(token) | {"scopes": sorted(token.scopes)} for token in state.tokens.values()],
        }
    )


def state_from_json(kept: dict[str, Any]) -> State:
    """Return the state that was kept.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: when it is not one of ours.
    """
    if kept["format"] not in (1, FORMAT):
        raise ValueError(f"format {kept['format']} is not {FORMAT}")
    keys = [SigningKey(**key) for key in kept["keys"]]
    for key in keys:
        public_jwk(key)
    if not keys:
        raise ValueError("no signing key")
    state = State(
        keys=keys,
        grades={(grade.line_item_id, grade.person_id): grade for grade in _grades(kept["grades"])},
        faults={rule.kind: rule for rule in map(_fault_rule, kept["faults"])},
        tokens={token.value: token for token in map(_token, kept["tokens"])},
        notice_handlers={(tool, kind): handler for tool, kind, handler in kept.get("notice_handlers", [])},
        manner=changed(Manner(), kept.get("manner", {})),
        offer=changed(DeepLinkingOffer(), kept.get("offer", {})),
        **{name: kept[name] for name in _SIMPLE},
        **_tables(kept),
    )
    _check_types(state)
    _bring_in_people(state, kept)
    return state


def _bring_in_people(state: State, kept: dict[str, Any]) -> None:
    state.enrol(kept["generated_people"])
    for person_id, roles in kept["changed_roles"].items():
        state.people[person_id] = replace(state.people[person_id], roles=tuple(roles))
    if "enrolments" in kept:
        rows = [_row(Enrolment, row | {"status": MemberStatus(row["status"])}) for row in kept["enrolments"]]
        state.enrolments = {(row.course_id, row.person_id): row for row in rows}
        return
    for (_, person_id), enrolment in list(state.enrolments.items()):
        if person_id in kept["changed_roles"]:
            state.place(replace(enrolment, roles=state.people[person_id].roles))


def _tables(kept: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {row["id"]: _row(table, row) for row in kept[name]} for name, table in _TABLES.items() if name in kept
    }


def _row(table: type[Row], row: dict[str, Any]) -> Row:
    return table(**{name: tuple(value) if isinstance(value, list) else value for name, value in row.items()})


def _check_types(state: State) -> None:
    expected = {each.name: type(each.default) for each in fields(State) if each.name in _SIMPLE}
    for name in _SIMPLE:
        wanted = str if name == "session_secret" else expected[name]
        if not isinstance(getattr(state, name), wanted):
            raise TypeError(f"{name} is not {wanted.__name__}")


def _grade_as_json(grade: Grade) -> dict[str, Any]:
    return asdict(grade) | {
        "timestamp": grade.timestamp.isoformat(),
        "received_at": grade.received_at.isoformat(),
    }


def _grades(rows: Iterable[dict[str, Any]]) -> Iterable[Grade]:
    for row in rows:
        moments = {name: datetime.fromisoformat(row[name]) for name in ("timestamp", "received_at")}
        yield Grade(**(row | moments))


def _fault_rule(row: dict[str, Any]) -> FaultRule:
    return FaultRule(**(row | {"kind": ServiceKind(row["kind"]), "fault": Fault(row["fault"])}))


def _token(row: dict[str, Any]) -> AccessToken:
    return AccessToken(**(row | {"scopes": frozenset(row["scopes"])}))
