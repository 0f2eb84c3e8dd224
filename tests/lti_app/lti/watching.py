"""What stands in the tables before a hostile request, and what must not be different after it."""

import re
from dataclasses import dataclass, field

from flask import Flask
from werkzeug.test import TestResponse

from lti_app.models.launch import LaunchOutcome
from lti_app.web.rate_limits import Most, RateLimits
from tests.lti_app.lti.launching import log_lines, stored

_REFERENCE = re.compile(r'<strong class="reference">([2-9A-HJKMNP-TV-Z]{8})</strong>')
_SENTENCES = re.compile(r'<h1>([^<]+)</h1>\s*<p class="lead">([^<]+)</p>')
_NEVER = 10**9


def lift_rate_limits(app: Flask) -> None:
    """Let a test fail as often as it likes from one address."""
    most = Most(refused=_NEVER, listed=_NEVER, registrations=_NEVER)
    app.extensions["staffroom_rate_limits"] = RateLimits("", most=most)


@dataclass
class Watch:
    """Begins when it is made; `assert_refused` ends it."""

    before: dict[str, int] = field(default_factory=stored)

    def assert_refused(self, answer: TestResponse) -> None:
        """Look at the page, the launch log's one new line, every table, and that nobody was signed in."""
        shown = _REFERENCE.search(answer.text)
        assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
        assert _SENTENCES.search(answer.text), answer.text
        assert shown, answer.text
        line = log_lines()[-1]
        assert (line.outcome, line.reference) == (LaunchOutcome.REFUSED, shown.group(1))
        assert line.check
        assert line.explanation
        self._assert_tables(logged=1)
        assert not signs_in(answer)

    def assert_refused_in_json(self, answer: TestResponse) -> None:
        """The same for an address that programs alone ask: its reason is JSON."""
        assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
        told = answer.get_json()
        line = log_lines()[-1]
        assert told == {"error": line.explanation, "reference": line.reference}
        assert (line.outcome, bool(line.check), bool(line.explanation)) == (LaunchOutcome.REFUSED, True, True)
        self._assert_tables(logged=1)
        assert not signs_in(answer)

    def assert_turned_away(self, answer: TestResponse) -> None:
        """The same for what is no launch at all, a wrong method for instance: no line, and no row either."""
        assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
        self._assert_tables(logged=0)
        assert not signs_in(answer)

    def _assert_tables(self, *, logged: int) -> None:
        expected = {**self.before, "launch_record": self.before.get("launch_record", 0) + logged}
        assert stored() == {name: count for name, count in expected.items() if count}


def signs_in(answer: TestResponse) -> bool:
    """Whether the answer sets the session's cookie."""
    return any(cookie.startswith("__Host-staffroom=") for cookie in answer.headers.getlist("Set-Cookie"))
