"""Processor time of a server: all its processes, all their threads, user and system."""

import os
import time
from pathlib import Path

_PROC = Path("/proc")
# The kernel's number of the clock that counts a process's run time (clock_getcpuclockid in glibc).
_CPUCLOCK_SCHED = 2


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process and its descendants have used, in seconds since they started.

    It is the utime + stime of /proc/<pid>/stat, finished threads included, read from each process's own clock:
    the file counts in hundredths of a second, which is several launches; the clock in billionths.
    """
    return sum(time.clock_gettime((~each << 3) | _CPUCLOCK_SCHED) for each in _family(pid))


def ticked_cpu_seconds(pid: int) -> float:
    """Return the same from /proc/<pid>/stat, in steps of 1/100 s: what `cpu_seconds` is checked against."""
    ticks = sum(sum(map(int, _stat(each)[11:13])) for each in _family(pid))
    return ticks / os.sysconf("SC_CLK_TCK")


def _family(pid: int) -> list[int]:
    """Return the process and its descendants."""
    children: dict[int, list[int]] = {}
    for folder in _PROC.glob("[0-9]*"):
        try:
            parent = int(_stat(int(folder.name))[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(parent, []).append(int(folder.name))
    family = [pid]
    for each in family:
        family.extend(children.get(each, []))
    return family


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/<pid>/stat from the state on: those before end with a name that may hold spaces."""
    return (_PROC / str(pid) / "stat").read_text("utf-8").rpartition(")")[2].split()
