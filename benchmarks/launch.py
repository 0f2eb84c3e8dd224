"""`python -m benchmarks.launch`: the CPU time that a server takes for one whole launch, Staffroom beside others."""

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from benchmarks.browser import Browser, LaunchFailed, Line
from benchmarks.figures import (
    EXAMPLE_WITH_DB,
    FLOOR,
    PLAIN,
    PLAIN_WITH_DB,
    SHIPPED_WITH_DB,
    STAFFROOM,
    Figures,
    as_json,
    is_within_limit,
    table,
    verdict,
)
from benchmarks.lms import Lms, class_of, running_lms
from benchmarks.servers import Server, ServerError, Tool, free_port, running_server
from benchmarks.staffroom import own_schema, staffroom
from benchmarks.tools.told import tell

_START_SECONDS, _LAUNCHES_PER_SECOND = 60, 5
# How far the two ways of reading CPU time may lie apart: what rounding explains, and a little.
_CLOCK_SECONDS, _CLOCK_SHARE = 0.05, 0.03
_POSTGRES = f"{STAFFROOM}-postgresql"
_OTHERS = {
    FLOOR: "benchmarks.tools.floor:create_app",
    PLAIN: "benchmarks.tools.plain:create_app",
    PLAIN_WITH_DB: "benchmarks.tools.plain_with_db:create_app",
    SHIPPED_WITH_DB: "benchmarks.tools.plain_with_db:create_app",
    EXAMPLE_WITH_DB: "benchmarks.tools.plain_with_db:create_app",
}


@dataclass(frozen=True, kw_only=True)
class Options:
    """What was asked for on the command line."""

    launches: int
    rounds: int
    warm_up: int
    users: int
    postgres: str | None
    json: Path | None


@dataclass
class Contender:
    """A running server with the browsers that launch it, in turn, and its figures."""

    server: Server
    browsers: Sequence[Browser]
    line: Line
    figures: Figures = field(default_factory=Figures)
    _next: int = 0

    def launch(self, times: int) -> None:
        """Do that many whole launches, each by the next person."""
        for _ in range(times):
            browser = self.browsers[self._next % len(self.browsers)]
            self._next += 1
            try:
                browser.launch(self.line)
            except (LaunchFailed, OSError) as error:
                raise LaunchFailed(f"{self.server.tool.name}, launch {self._next}: {error}") from error

    def measure(self, times: int) -> None:
        """Do that many launches, and note what one of them took."""
        cpu, wall = self.server.cpu_seconds(), self.line.seconds
        self.launch(times)
        self.figures.cpu.append((self.server.cpu_seconds() - cpu) * 1000 / times)
        self.figures.wall.append((self.line.seconds - wall) * 1000 / times)


def main() -> int:
    """Measure, print the table; return 1 where Staffroom takes more than its limit or a launch did not land."""
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGALRM, _take_too_long)
    options = _options()
    signal.alarm(_START_SECONDS + options.launches // _LAUNCHES_PER_SECOND)
    try:
        measured = _measure(options)
    except (LaunchFailed, ServerError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    print(f"\n{table(measured)}\n\n{verdict(measured)}")
    if options.json:
        figures = as_json(measured, launches=options.launches, users=options.users)
        options.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    return 0 if is_within_limit(measured) else 1


def _measure(options: Options) -> dict[str, Figures]:
    """Let the servers take turns, so that what else the machine does meets all of them alike."""
    with _contenders(options) as contenders:
        print(f"Warming up: {options.warm_up} launches each of {len(contenders)} servers …", flush=True)
        for contender in contenders:
            contender.launch(options.warm_up)
        clocks = [_clocks(contender) for contender in contenders]
        for number in range(options.rounds):
            times = _share(options.launches, number, of=options.rounds)
            print(f"Round {number + 1} of {options.rounds}: {times} launches each …", flush=True)
            # Each round begins with another server.
            start = number % len(contenders)
            for contender in contenders[start:] + contenders[:start]:
                contender.measure(times)
        for contender, before in zip(contenders, clocks, strict=True):
            _check_clocks(before, _clocks(contender))
        return {contender.server.tool.name: contender.figures for contender in contenders}


@contextmanager
def _contenders(options: Options) -> Iterator[list[Contender]]:
    """Start everything; stop and remove everything at the end, however it comes."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="staffroom-bench-")))
        lms = stack.enter_context(running_lms())
        contenders = []
        for tool in _tools(options, stack, lms=lms, folder=folder):
            server = stack.enter_context(running_server(tool, folder=folder))
            line = Line(tool.port)
            stack.callback(line.close)
            browsers = [Browser(learner, lms) for learner in class_of(options.users)]
            contenders.append(Contender(server, browsers, line))
        yield contenders


def _tools(options: Options, stack: ExitStack, *, lms: Lms, folder: Path) -> Iterator[Tool]:
    for name, factory in _OTHERS.items():
        environment = tell(
            lms,
            database=str(folder / f"{name}.sqlite3"),
            key_caching="off" if name in {SHIPPED_WITH_DB, EXAMPLE_WITH_DB} else "on",
            example="on" if name == EXAMPLE_WITH_DB else "off",
        )
        yield Tool(name=name, factory=factory, port=free_port(), environment=environment)
    yield staffroom(STAFFROOM, lms=lms, folder=folder)
    if options.postgres:
        database_url = stack.enter_context(own_schema(options.postgres))
        yield staffroom(_POSTGRES, lms=lms, folder=folder, database_url=database_url)


def _clocks(contender: Contender) -> tuple[float, float]:
    return contender.server.cpu_seconds(), contender.server.ticked_cpu_seconds()


def _check_clocks(before: tuple[float, float], after: tuple[float, float]) -> None:
    """Stop where the fine clock and /proc/<pid>/stat tell different stories of the same run."""
    fine, ticked = after[0] - before[0], after[1] - before[1]
    if abs(fine - ticked) > _CLOCK_SECONDS + _CLOCK_SHARE * ticked:
        raise ServerError(f"CPU time read in two ways differs: {fine:.2f} s and {ticked:.2f} s.")


def _share(launches: int, number: int, *, of: int) -> int:
    """Return how many launches one of the rounds gets."""
    return launches // of + (number < launches % of)


def _options() -> Options:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.launch", description=__doc__)
    parser.add_argument("--launches", type=_count, default=300, help="measured launches of each server (300)")
    parser.add_argument("--rounds", type=_count, default=6, help="turns that the launches are spread over (6)")
    parser.add_argument("--warm-up", type=_count, default=60, help="launches of each server beforehand (60)")
    parser.add_argument("--users", type=_count, default=30, help="people who launch in turn (30)")
    parser.add_argument(
        "--postgres", metavar="URL", help="measure Staffroom on this PostgreSQL too, in a schema of its own"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = Options(**vars(parser.parse_args()))
    if options.warm_up < options.users or options.launches < options.rounds:
        parser.error("everybody launches once beforehand, and each round has a launch: more launches, or fewer users")
    return options


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("takes a number from 1 on")
    return int(text)


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _take_too_long(_signal: int, _frame: object) -> NoReturn:
    raise ServerError("The measurement took far longer than it should, and was stopped.")


if __name__ == "__main__":
    sys.exit(main())
