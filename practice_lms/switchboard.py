"""Switches with a closed list of choices: declared as fields of a dataclass, shown as a form, changed by name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import Field, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Board = TypeVar("Board", bound=DataclassInstance)
else:
    Board = TypeVar("Board")

Choice = str | bool | None
YES_NO: Mapping[Choice, str] = {True: "Yes", False: "No"}
SAID: Mapping[Choice, str] = {None: "Not said", True: "Yes", False: "No"}
_METADATA = "switch"


@dataclass(frozen=True, kw_only=True)
class Switch:
    """What people see of a switch; with `many` any number of the choices holds at once."""

    name: str
    label: str
    words: Mapping[Choice, str]
    many: bool
    value: Any

    @property
    def options(self) -> list[tuple[str, str, bool]]:
        """Return each choice as text for a form, its words, and whether it holds now."""
        held = self.value if self.many else (self.value,)
        return [(_text(choice), words, choice in held) for choice, words in self.words.items()]


def labelled(label: str, words: Mapping[Choice, str], *, many: bool = False) -> dict[str, Any]:
    """Return the metadata that makes a field of a dataclass a switch."""
    return {_METADATA: (label, words, many)}


def switches_of(board: "Board") -> list[Switch]:
    """Return the switches of a board in the order of their declaration."""
    return [
        Switch(name=each.name, label=label, words=words, many=many, value=getattr(board, each.name))
        for each, (label, words, many) in _declared(board)
    ]


def changed(board: "Board", wanted: Mapping[str, object]) -> "Board":
    """Return the board with some switches set otherwise; a list sets those that take many.

    Raises:
        ValueError: when there is no such switch or no such choice.
        TypeError: when many are taken and the value is no list.
    """
    declared = {each.name: (words, many) for each, (_, words, many) in _declared(board)}
    values: dict[str, Any] = {}
    for name, value in wanted.items():
        if name not in declared:
            raise ValueError(f"no such switch: {name}")
        words, many = declared[name]
        values[name] = _many(name, value, words) if many else _one(name, value, words)
    return replace(board, **values)


def from_form(board: "Board", form: Mapping[str, Sequence[str]]) -> "Board":
    """Return the board as a form sets it: every switch by its text, none ticked means none of many.

    Raises:
        ValueError: when a text is no choice.
    """
    wanted: dict[str, object] = {}
    for each in switches_of(board):
        by_text = {_text(choice): choice for choice in each.words}
        chosen = [by_text.get(text, text) for text in form.get(each.name, ())]
        if each.many:
            wanted[each.name] = chosen
        elif chosen:
            wanted[each.name] = chosen[0]
    return changed(board, wanted)


def as_json(board: "Board") -> dict[str, Any]:
    """Return the switches as JSON that `changed` takes back."""
    return {each.name: list(each.value) if each.many else each.value for each in switches_of(board)}


def _declared(board: "Board") -> Iterator[tuple[Field[Any], tuple[str, Mapping[Choice, str], bool]]]:
    for each in fields(board):
        yield each, each.metadata[_METADATA]


def _one(name: str, value: object, words: Mapping[Choice, str]) -> Choice:
    for choice in words:
        # 1 is not True here, though Python holds them for equal.
        if isinstance(value, bool) == isinstance(choice, bool) and value == choice:
            return choice
    raise ValueError(f"{name} takes one of: {', '.join(_text(choice) for choice in words)}")


def _many(name: str, value: object, words: Mapping[Choice, str]) -> tuple[Choice, ...]:
    if not isinstance(value, list | tuple):
        raise TypeError(f"{name} takes a list")
    return tuple(_one(name, each, words) for each in value)


def _text(choice: Choice) -> str:
    if choice is None:
        return "null"
    return str(choice).lower() if isinstance(choice, bool) else str(choice)
