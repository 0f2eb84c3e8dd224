"""What was measured, as figures: per server the median and least of its rounds, and how servers compare."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

# The goal: Staffroom takes this share of a plain tool with a database, the library as it is shipped.
LIMIT = 0.5
STAFFROOM, PLAIN, PLAIN_WITH_DB, FLOOR = "staffroom", "plain", "plain+db", "floor"
SHIPPED_WITH_DB, EXAMPLE_WITH_DB = "shipped+db", "example+db"
COMPARED_WITH = (PLAIN, PLAIN_WITH_DB, SHIPPED_WITH_DB, EXAMPLE_WITH_DB, FLOOR)


@dataclass
class Figures:
    """One server's rounds, in the order in which they ran: milliseconds per whole launch."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    @property
    def median_cpu(self) -> float:
        """The figure to compare."""
        return median(self.cpu)

    @property
    def median_wall(self) -> float:
        """The same for the time that the browser waits."""
        return median(self.wall)


Measured = Mapping[str, Figures]


def table(measured: Measured) -> str:
    """Return the figures as lines of text."""
    heads = [("server", 24), ("CPU ms", 8), ("least", 8), ("wall ms", 8)]
    heads += [(f"÷ {name}", 11) for name in COMPARED_WITH]
    lines = [_line((head for head, _ in heads), heads)]
    for name, figures in measured.items():
        cells = [name, f"{figures.median_cpu:.2f}", f"{min(figures.cpu):.2f}", f"{figures.median_wall:.2f}"]
        lines.append(_line([*cells, *(f"{ratio(measured, name, other):.2f}" for other in COMPARED_WITH)], heads))
    return "\n".join(lines)


def ratio(measured: Measured, name: str, other: str) -> float:
    """Return how much CPU time one server takes for each unit that the other takes."""
    return measured[name].median_cpu / measured[other].median_cpu


def is_within_limit(measured: Measured) -> bool:
    """Whether Staffroom takes no more than its share of the plain tool with a database, as shipped."""
    return ratio(measured, STAFFROOM, SHIPPED_WITH_DB) <= LIMIT


def verdict(measured: Measured) -> str:
    """Return the comparison in sentences."""
    judged = "within" if is_within_limit(measured) else "OVER"
    return (
        f"Staffroom takes {ratio(measured, STAFFROOM, SHIPPED_WITH_DB):.2f} of the CPU time of a plain PyLTI1p3 tool"
        f" with a database, the library as shipped: {judged} the limit of {LIMIT:.2f}.\n"
        f"It takes {ratio(measured, STAFFROOM, EXAMPLE_WITH_DB):.2f} of that of the library's own example with a"
        f" database, which checks cookies by a page,\n"
        f"{ratio(measured, STAFFROOM, PLAIN_WITH_DB):.2f} where the platform's keys are cached too,"
        f" {ratio(measured, STAFFROOM, PLAIN):.2f} where nothing is kept,\n"
        f"and {ratio(measured, STAFFROOM, FLOOR):.2f} times that of the floor."
    )


def as_json(measured: Measured, *, launches: int, users: int) -> dict[str, Any]:
    """Return everything that was measured; times in milliseconds per whole launch."""
    return {
        "launches_per_server": launches,
        "users": users,
        "limit": LIMIT,
        "is_within_limit": is_within_limit(measured),
        "servers": {
            name: {
                "cpu_ms_median": figures.median_cpu,
                "cpu_ms_min": min(figures.cpu),
                "cpu_ms_rounds": figures.cpu,
                "wall_ms_median": figures.median_wall,
                "wall_ms_rounds": figures.wall,
                "ratio_to": {other: ratio(measured, name, other) for other in COMPARED_WITH},
            }
            for name, figures in measured.items()
        },
    }


def _line(cells: Iterable[str], heads: Sequence[tuple[str, int]]) -> str:
    padded = [
        cell.ljust(width) if number == 0 else cell.rjust(width)
        for number, (cell, (_, width)) in enumerate(zip(cells, heads, strict=True))
    ]
    return "".join(padded).rstrip()
