"""The state of somebody's credit, in plain words: where the score is, what stands in the way, who can fix it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lti_app.errors import Refusal, sentence
from lti_app.models.gradebook import Completion, DeliveryState, ScoreDelivery

VISIBLE_AFTER_ATTEMPTS = 3


class CreditState(StrEnum):
    """Where a credit stands, in the order of its life."""

    NOT_YET = "not_yet"
    UNGRADED = "ungraded"
    ON_ITS_WAY = "on_its_way"
    DELAYED = "delayed"
    STUCK = "stuck"
    IN_GRADEBOOK = "in_gradebook"


@dataclass(frozen=True, kw_only=True)
class Credit:
    """A state with its sentence for the teacher, its short name for a table (message ids), and since when."""

    state: CreditState
    text: str
    label: str
    since: datetime | None = None

    @property
    def is_moving(self) -> bool:
        """Whether it is worth looking again in a moment."""
        return self.state is CreditState.ON_ITS_WAY


_NOT_YET = Credit(state=CreditState.NOT_YET, text="", label=sentence("not yet"))
_UNGRADED = Credit(
    state=CreditState.UNGRADED,
    text=sentence("You are done. Your course keeps no grade for this activity, so nothing is sent."),
    label=sentence("no grade kept"),
)
_ON_ITS_WAY = Credit(
    state=CreditState.ON_ITS_WAY,
    text=sentence("You are done. Your credit is on its way to the gradebook."),
    label=sentence("on its way"),
)
_DELAYED = Credit(
    state=CreditState.DELAYED,
    text=sentence(
        "You are done. Your LMS is not accepting the credit right now;"
        " Staffroom keeps trying, and you need not do anything."
    ),
    label=sentence("waiting for your LMS"),
)
_STUCK = {
    Refusal.ACCESS_WITHDRAWN: sentence(
        "You are done, but your LMS has withdrawn Staffroom's access to the gradebook. Your LMS admin can give it back."
    ),
    Refusal.SCOPE_MISSING: sentence(
        "You are done, but your LMS does not let Staffroom write grades. Your LMS admin can allow it."
    ),
    Refusal.LINE_ITEM_GONE: sentence(
        "You are done, but the column in the gradebook is gone. Your facilitator can put it back;"
        " Staffroom looks for it every night, and whenever the activity is opened from the course."
    ),
    Refusal.NEWER_GRADE: sentence(
        "You are done, and your gradebook holds a newer grade from somebody else. Your facilitator can tell you why."
    ),
    Refusal.NOT_GRADABLE: sentence(
        "You are done, but your LMS keeps no grade for your role in this course (often: enrolled as Teacher)."
        " Your facilitator can enrol you as a participant."
    ),
    Refusal.OUR_FAULT: sentence(
        "You are done, but your LMS did not understand Staffroom. Your LMS admin can report it to Staffroom's operator."
    ),
}

_STUCK_LABELS = {
    Refusal.ACCESS_WITHDRAWN: sentence("stuck: the LMS withdrew access"),
    Refusal.SCOPE_MISSING: sentence("stuck: the LMS does not allow grades"),
    Refusal.LINE_ITEM_GONE: sentence("stuck: the gradebook column is gone"),
    Refusal.NEWER_GRADE: sentence("stuck: the LMS has a newer grade"),
    Refusal.NOT_GRADABLE: sentence("stuck: the LMS grades no one in this role"),
    Refusal.OUR_FAULT: sentence("stuck: the LMS did not understand Staffroom"),
}


def credit_of(completion: Completion | None, delivery: ScoreDelivery | None) -> Credit:
    """Return the state of a credit from the person's progress and the score that is owed, if any."""
    if completion is None or not completion.is_complete:
        return _NOT_YET
    if delivery is None or delivery.reason is Refusal.NO_LINE_ITEM:
        return _UNGRADED
    if delivery.state is DeliveryState.SENT:
        return Credit(
            state=CreditState.IN_GRADEBOOK,
            text=sentence("In your gradebook since"),
            label=sentence("in the gradebook"),
            since=delivery.sent_at,
        )
    if delivery.state is DeliveryState.PARKED:
        reason = delivery.reason or Refusal.OUR_FAULT
        return Credit(state=CreditState.STUCK, text=_STUCK[reason], label=_STUCK_LABELS[reason])
    return _DELAYED if delivery.attempts >= VISIBLE_AFTER_ATTEMPTS else _ON_ITS_WAY
