"""The browser of the measurement: one person's whole launch, with the cookies that a browser would send."""

import http.client
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from benchmarks.lms import ACTIVITY_TITLE, Learner, Lms

LOGIN_PATH, LAUNCH_PATH = "/lti/login", "/lti/launch"
_TIMEOUT_SECONDS = 20
_SEE_OTHER = {302, 303}
_USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


class LaunchFailed(Exception):
    """A launch did not land; a measurement with such launches in it means nothing."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the tool answered to one request."""

    status: int
    location: str
    body: bytes


@dataclass
class Line:
    """One kept-alive connection to a tool, and the time spent waiting on it."""

    port: int
    seconds: float = 0.0

    def __post_init__(self) -> None:
        """Make the connection; it opens at the first request."""
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT_SECONDS)

    @property
    def origin(self) -> str:
        """The tool's address, as browsers and the platform know it."""
        return f"http://localhost:{self.port}"

    def send(
        self, method: str, path: str, *, headers: dict[str, str], body: str | None = None
    ) -> http.client.HTTPResponse:
        """Send one request and read its answer whole."""
        started = time.perf_counter()
        self._connection.request(method, path, body=body, headers={**headers, "Host": f"localhost:{self.port}"})
        response = self._connection.getresponse()
        self.seconds += time.perf_counter() - started
        return response

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@dataclass
class Browser:
    """One person's browser. Cookies are kept although they are Secure and the address is http://localhost."""

    learner: Learner
    lms: Lms
    _cookies: dict[str, str] = field(default_factory=dict)
    _short_lived: set[str] = field(default_factory=set)

    def launch(self, line: Line) -> None:
        """Do a whole launch: login, launch, first page.

        Raises:
            LaunchFailed: An answer is not what it has to be.
        """
        self._let_a_day_pass()
        query = self._log_in(line)
        token = self.lms.id_token(self.learner, launch_url=query["redirect_uri"], nonce=query["nonce"])
        answer = self._post(line, LAUNCH_PATH, {"id_token": token, "state": query["state"]})
        page = self._get(line, _expect_redirect(answer, "launch"))
        if page.status != 200 or ACTIVITY_TITLE.encode() not in page.body:
            raise LaunchFailed(f"first page: status {page.status}, {page.body[:300]!r}")

    def open(self, line: Line, path: str) -> bytes:
        """Open a page, signed in by the last launch, and return it.

        Raises:
            LaunchFailed: It does not open.
        """
        page = self._get(line, path)
        if page.status != 200:
            raise LaunchFailed(f"{path}: status {page.status}, {page.body[:300]!r}")
        return page.body

    def _log_in(self, line: Line) -> dict[str, str]:
        form = self.lms.login_form(self.learner, launch_url=line.origin + LAUNCH_PATH)
        answer = self._post(line, LOGIN_PATH, form)
        if answer.status == 200 and b"lti1p3_new_window" in answer.body:
            # The library's page that checks cookies: its script asks for the login once more, by its address.
            answer = self._get(line, f"{LOGIN_PATH}?{urlencode({'lti1p3_new_window': '1', **form})}")
        location = _expect_redirect(answer, "login")
        if not location.startswith(self.lms.auth_url):
            raise LaunchFailed(f"login: led to {location}")
        return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}

    def _post(self, line: Line, path: str, form: dict[str, str]) -> Answer:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.lms.issuer}
        return self._send(line, "POST", path, headers=headers, body=urlencode(form))

    def _get(self, line: Line, location: str) -> Answer:
        return self._send(line, "GET", location.removeprefix(line.origin), headers={})

    def _send(self, line: Line, method: str, path: str, *, headers: dict[str, str], body: str | None = None) -> Answer:
        response = line.send(method, path, headers={**self._headers(), **headers}, body=body)
        content = response.read()
        for cookie in response.headers.get_all("Set-Cookie", []):
            self._keep(cookie)
        return Answer(status=response.status, location=response.headers.get("Location", ""), body=content)

    def _headers(self) -> dict[str, str]:
        headers = {
            "User-Agent": _USER_AGENT,
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Accept-Language": "en-GB,en;q=0.9",
            "Accept-Encoding": "gzip, deflate, br",
            "Referer": f"{self.lms.issuer}/",
            "Sec-Fetch-Dest": "iframe",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Site": "cross-site",
        }
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return headers

    def _keep(self, set_cookie: str) -> None:
        """Keep a cookie. Python's own parser does not know Partitioned before 3.14 and drops such cookies."""
        pair, *attributes = set_cookie.split(";")
        name, _, value = pair.strip().partition("=")
        self._cookies[name] = value
        if any(attribute.strip().lower().startswith("max-age=") for attribute in attributes):
            self._short_lived.add(name)

    def _let_a_day_pass(self) -> None:
        """Forget cookies that expire: between two launches of one person lies a day, not a second."""
        for name in self._short_lived:
            self._cookies.pop(name, None)
        self._short_lived.clear()


def _expect_redirect(answer: Answer, step: str) -> str:
    if answer.status not in _SEE_OTHER or not answer.location:
        raise LaunchFailed(f"{step}: status {answer.status}, {answer.body[:300]!r}")
    return answer.location
