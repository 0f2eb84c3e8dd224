"""Where a list goes on: the `Link` header of AGS 2.0 (3.2.4) and NRPS 2.0 (2.4.2), read as it is."""

import re
from urllib.parse import urljoin

from lti_app.errors import PlatformUnavailable
from lti_app.lti.outbound import Answer

MAX_URL = 2048
# The address keeps its case: Canvas's cursors are case-sensitive, and the library lower-cases the header.
_LINKS = re.compile(r"<([^<>]*)>([^<]*)")
_RELATION = re.compile(r"\brel\s*=([^;]*)", re.IGNORECASE)


def next_page(answer: Answer, *, url: str) -> str | None:
    """Return the address of the page after the one that `url` gave, or None after the last.

    Whether it may be asked with a token is for `PlatformConnector.send` to say.

    Raises:
        PlatformUnavailable: There is a next page, and its address is none.
    """
    for address, parameters in _LINKS.findall(answer.headers.get("Link", "")):
        if "next" in _relations(parameters):
            # Moodle 4.5.6 writes the address as if it stood in a page (recorded).
            return _joined(url, address.strip().replace("&amp;", "&"))
    return None


def _joined(url: str, address: str) -> str:
    try:
        following = urljoin(url, address)
    except ValueError as error:
        raise PlatformUnavailable("the next page's address is malformed") from error
    if len(following) > MAX_URL:
        raise PlatformUnavailable("the next page's address is too long")
    return following


def _relations(parameters: str) -> list[str]:
    """Return the relations of a link; Moodle 4.5.6 puts curly quotes around them (recorded), which arrive as bytes."""
    found = _RELATION.search(parameters)
    return re.sub(r"[^a-z-]+", " ", found.group(1).lower()).split() if found else []
