"""A browser without a screen, for journeys that are about processes: forms, redirects, cookies."""

import re
from html import unescape
from urllib.parse import urljoin, urlsplit

import requests

# Of radio buttons only the one that is pressed is sent: without it, the setting keeps its default.
_FIELD = re.compile(r'<input(?![^>]*type="radio")[^>]*name="([^"]+)"[^>]*value="([^"]*)"')


class Browser:
    """Follows redirects and keeps cookies, Secure ones on localhost too, as browsers do."""

    def __init__(self) -> None:
        self.cookies: dict[str, dict[str, str]] = {}

    def open(self, url: str, form: dict[str, str] | None = None) -> requests.Response:
        """Return the page at the end of all redirects."""
        site = urlsplit(url)
        kept = self.cookies.setdefault(site.netloc, {})
        response = requests.request(
            "GET" if form is None else "POST",
            url,
            data=form,
            headers={
                "Cookie": "; ".join(f"{name}={value}" for name, value in kept.items()),
                "Origin": f"{site.scheme}://{site.netloc}",
            },
            allow_redirects=False,
            timeout=30,
        )
        kept.update(response.cookies.items())
        if response.is_redirect:
            return self.open(urljoin(url, response.headers["Location"]))
        return response

    def launch(self, lms_url: str, *, person: str, activity: int) -> requests.Response:
        """Launch an activity from the LMS and return the page it lands on."""
        begun = requests.get(f"{lms_url}/api/launch/{activity}", params={"person": person}, timeout=30).json()
        form = self.open(begun["action"], begun["fields"])
        action = re.search(r'<form[^>]*action="([^"]+)"', form.text)
        assert action, form.text
        page = self.open(unescape(action.group(1)), hidden_fields(form))
        assert page.ok, page.text
        return page


def hidden_fields(page: requests.Response) -> dict[str, str]:
    """Return the page's hidden fields."""
    return {name: unescape(value) for name, value in _FIELD.findall(page.text)}
