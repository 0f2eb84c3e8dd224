"""A browser without scripts: it keeps cookies and follows redirects."""

import requests

from practice_lms.server import RunningLms


class Browser:
    """Somebody at the pages of the practice LMS."""

    def __init__(self, lms: RunningLms, session: requests.Session) -> None:
        self._url = lms.url
        self._session = session

    def sign_in(self, person: str) -> requests.Response:
        """Sign in as one of the people."""
        return self.post("/sign-in", person=person)

    def get(self, path: str, **query: str) -> requests.Response:
        """Open a page."""
        return self._session.get(self._url + path, params=query, timeout=10)

    def post(self, path: str, **fields: str | list[str]) -> requests.Response:
        """Send a form."""
        return self._session.post(self._url + path, data=fields, timeout=10)
