"""`python -m benchmarks.journal`: whether the pages of a journal with many entries begin as soon as an empty one's."""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.browser import Browser, LaunchFailed, Line
from benchmarks.journal_rows import fill
from benchmarks.lms import Learner, Lms, class_of, running_lms
from benchmarks.servers import ServerError, running_server
from benchmarks.staffroom import own_schema, staffroom
from config import Config

# The goal: a page of a full journal begins to arrive in less than so many times what it takes in an empty one.
LIMIT = 2.0
WARM_UP, ROUNDS, TIMES = 20, 10, 10
_FACILITATOR = Learner(sub="4", given_name="Kim", family_name="Number 4", role="Instructor")
# Who opens it, and its address; {teacher} is the id of the teacher.
_PAGES = {
    "own entries": ("teacher", "/journal/1"),
    "progress": ("facilitator", "/journal/1"),
    "My journal": ("teacher", "/journal/mine/{teacher}"),
    "search": ("teacher", "/journal/mine/{teacher}?q=river+sea"),
}


@dataclass(kw_only=True)
class Figures:
    """One page, in an empty and in a full journal: milliseconds until its first byte, a figure a round."""

    database: str
    page: str
    empty: list[float] = field(default_factory=list)
    full: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """How many times longer the full one takes, by the medians."""
        return median(self.full) / median(self.empty)


@dataclass(frozen=True, kw_only=True)
class Course:
    """A running Staffroom with one course, and the browsers of its teacher and its facilitator."""

    line: Line
    teacher: Browser
    facilitator: Browser
    teacher_id: int

    def milliseconds(self, page: str, *, times: int) -> float:
        """Return how long the first byte of a page takes: the mean of so many requests, one after the other."""
        who, path = _PAGES[page]
        browser = self.teacher if who == "teacher" else self.facilitator
        before = self.line.seconds
        for _ in range(times):
            browser.open(self.line, path.format(teacher=self.teacher_id))
        return (self.line.seconds - before) * 1000 / times


def main() -> int:
    """Measure, print the table; return 1 where a full journal takes too long."""
    options = _options()
    try:
        figures = [*_measure("SQLite", postgres=None)]
        if options.postgres:
            figures += _measure("PostgreSQL", postgres=options.postgres)
    except (LaunchFailed, ServerError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    print(_table(figures))
    slow = [f"{row.page} on {row.database}" for row in figures if row.ratio >= LIMIT]
    print(f"\nNot under {LIMIT:.1f} times an empty one: {', '.join(slow) or 'none'}.")
    if options.json:
        rows = [{**asdict(row), "ratio": row.ratio} for row in figures]
        options.json.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    return 1 if slow else 0


def _measure(database: str, *, postgres: str | None) -> list[Figures]:
    """Let the empty and the full journal take turns, so that what else the machine does meets both alike."""
    with ExitStack() as stack:
        lms = stack.enter_context(running_lms())
        empty = stack.enter_context(_course(lms, postgres, with_entries=False))
        full = stack.enter_context(_course(lms, postgres, with_entries=True))
        measured = [Figures(database=database, page=page) for page in _PAGES]
        for figures in measured:
            for course in (empty, full):
                course.milliseconds(figures.page, times=WARM_UP)
            for _ in range(ROUNDS):
                figures.empty.append(empty.milliseconds(figures.page, times=TIMES))
                figures.full.append(full.milliseconds(figures.page, times=TIMES))
        return measured


@contextmanager
def _course(lms: Lms, postgres: str | None, *, with_entries: bool) -> Iterator[Course]:
    """Start a Staffroom of its own, launch both people, and fill the course behind them."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="staffroom-bench-")))
        url = stack.enter_context(own_schema(postgres)) if postgres else ""
        tool = staffroom("staffroom", lms=lms, folder=folder, database_url=url)
        stack.enter_context(running_server(tool, folder=folder))
        line = Line(tool.port)
        stack.callback(line.close)
        teacher, facilitator = Browser(class_of(1)[0], lms), Browser(_FACILITATOR, lms)
        for browser in (teacher, facilitator):
            browser.launch(line)
        config = Config(database_url=url, instance_path=folder / "staffroom")
        teacher_id = fill(config.sqlalchemy_url, with_entries=with_entries)
        yield Course(line=line, teacher=teacher, facilitator=facilitator, teacher_id=teacher_id)


def _table(figures: list[Figures]) -> str:
    lines = [f"{'page':<28}{'empty, ms':>11}{'full, ms':>11}{'full ÷ empty':>14}"]
    lines += [
        f"{f'{row.page}, {row.database}':<28}{median(row.empty):>11.2f}{median(row.full):>11.2f}{row.ratio:>14.2f}"
        for row in figures
    ]
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.journal", description=__doc__)
    parser.add_argument("--postgres", metavar="URL", help="measure on this PostgreSQL too, in schemas of its own")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
