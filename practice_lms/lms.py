"""The running LMS: its settings, its state behind one lock, and the clock it believes in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event, RLock
from typing import Any

from practice_lms.faults import FaultRule, ServiceKind
from practice_lms.settings import Settings
from practice_lms.state import State
from practice_lms.state_file import load_state, save_state
from practice_lms.tool_keys import ToolKeys
from practice_lms.tools import DEFAULT_TOOL, Tool, default_tool


class Lms:
    """One practice LMS. `stopping` is set when its server closes, so that nothing sleeps on."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._key_sets: dict[str, ToolKeys] = {}
        self.stopping = Event()
        self._lock = RLock()
        kept = load_state(settings.state_file) if settings.state_file else None
        self._state = kept or State(clock_offset_seconds=settings.clock_offset_seconds)
        self._state.tools[DEFAULT_TOOL] = default_tool(settings)
        self._save()

    @contextmanager
    def reading(self) -> Iterator[State]:
        """Hold the lock and give the state; use this also for what no state file keeps."""
        with self._lock:
            yield self._state

    @contextmanager
    def changing(self) -> Iterator[State]:
        """Hold the lock, give the state, and write the state file when the block ends well."""
        with self._lock:
            yield self._state
            self._save()

    def now(self) -> datetime:
        """Return the moment, in UTC, that this LMS takes for the present."""
        with self._lock:
            offset = self._state.clock_offset_seconds
        return datetime.now(UTC) + timedelta(seconds=offset)

    @property
    def tool_keys(self) -> ToolKeys:
        """Return the key set of the tool that the settings name."""
        return self.keys_of(default_tool(self.settings))

    def keys_of(self, tool: Tool) -> ToolKeys:
        """Return the key set of a tool."""
        with self._lock:
            return self._key_sets.setdefault(tool.key_set_url, ToolKeys(tool.key_set_url))

    def verify(self, tool: Tool, token: str) -> dict[str, Any]:
        """Return the claims of a token that the tool signed.

        Raises:
            BadSignatureError: when it is no RS256 token with a kid, or no key of the tool signed it.
            KeySetUnreachableError: when the keys are needed and cannot be had.
        """
        with self._lock:
            caching = self._state.manner.key_caching
        return self.keys_of(tool).verify(token, caching)

    def take_fault(self, kind: ServiceKind) -> FaultRule | None:
        """Return the fault that this request meets, if any, and count it down."""
        with self._lock:
            rule = self._state.faults.get(kind)
            if rule is None or rule.times is None:
                return rule
            if rule.times <= 1:
                del self._state.faults[kind]
            else:
                self._state.faults[kind] = replace(rule, times=rule.times - 1)
            self._save()
            return rule

    def reset(self) -> None:
        """Start the course afresh; signing keys, browser sessions and access tokens stay valid."""
        with self._lock:
            old = self._state
            self._state = State(
                keys=old.keys,
                session_secret=old.session_secret,
                tokens=old.tokens,
                clock_offset_seconds=self.settings.clock_offset_seconds,
                tools={DEFAULT_TOOL: default_tool(self.settings)},
            )
            self._save()

    def _save(self) -> None:
        if self.settings.state_file:
            save_state(self._state, self.settings.state_file)
