"""How we talk to platforms: one kept-alive session with time-outs, no redirects and a limit on answers."""

import json
from dataclasses import dataclass
from typing import Any

import requests
from requests.cookies import RequestsCookieJar

from lti_app.errors import PlatformUnavailable
from lti_app.lti.guarded import GuardedAdapter

CONNECT_SECONDS, READ_SECONDS = 3, 10
MAX_ANSWER_BYTES = 4 * 1024 * 1024
CONNECTIONS_PER_HOST = 16
# Canvas refuses requests that name no program (Canvas developer documentation).
USER_AGENT = "Staffroom (LTI 1.3 Advantage tool)"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a platform answered: status, headers (any case), and the body, read whole."""

    status: int
    headers: requests.structures.CaseInsensitiveDict[str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON.

        Raises:
            PlatformUnavailable: The body is no JSON.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise PlatformUnavailable("the answer is not valid JSON", status=self.status) from error

    @property
    def text(self) -> str:
        """The body as text, for recognising what a platform means; never shown to anybody."""
        return self.body.decode("utf-8", "replace")


class _NoCookies(RequestsCookieJar):
    """Keeps nothing: one school's cookie must not travel with another school's request."""

    def set_cookie(self, *args: Any, **kwargs: Any) -> None:
        """Drop the cookie."""


class Outbound:
    """Sends requests to platforms; one per process, shared by its threads.

    `public_only` connects to addresses of the public internet only, whatever a name leads to; `limit` is the
    largest answer that is read, in bytes.
    """

    def __init__(self, *, public_only: bool = False, limit: int | None = None) -> None:
        self._limit = limit
        self._session = requests.Session()
        self._session.headers["User-Agent"] = USER_AGENT
        self._session.cookies = _NoCookies()
        # A proxy or .netrc of the machine must not get between us and a school, nor lend its password.
        self._session.trust_env = False
        adapter = GuardedAdapter(allow_private=not public_only, connections=CONNECTIONS_PER_HOST)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def send(self, method: str, url: str, **arguments: Any) -> Answer:
        """Send one request and read its answer, whatever its status.

        Raises:
            PlatformUnavailable: No answer, one that is too large, or an address that is not taken.
        """
        try:
            with self._session.request(
                method,
                url,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
                **arguments,
            ) as response:
                return Answer(status=response.status_code, headers=response.headers, body=self._read(response))
        except (requests.RequestException, ValueError) as error:
            # The exception's text carries the whole address; its kind says enough.
            raise PlatformUnavailable(f"no answer ({type(error).__name__})") from error

    def close(self) -> None:
        """Close every kept connection."""
        self._session.close()

    def _read(self, response: requests.Response) -> bytes:
        limit = self._limit or MAX_ANSWER_BYTES
        chunks, size = [], 0
        for chunk in response.iter_content(64 * 1024):
            size += len(chunk)
            if size > limit:
                raise PlatformUnavailable("the answer is too large", status=response.status_code)
            chunks.append(chunk)
        return b"".join(chunks)
