"""The list of requests that the tool sent to our services, with what it was told."""

from dataclasses import dataclass
from datetime import datetime

from practice_lms.faults import ServiceKind

KEPT_REQUESTS = 100_000


@dataclass(kw_only=True)
class ServiceRequest:
    """One request to a service; `status` stays None until it is answered, or for ever after a hang-up.

    `connection` is the caller's address and port: equal pairs mean a reused connection.
    """

    at: datetime
    service: ServiceKind
    method: str
    path: str
    connection: tuple[str, int]
    body: str = ""
    line_item_id: int | None = None
    activity_id: int | None = None
    status: int | None = None
