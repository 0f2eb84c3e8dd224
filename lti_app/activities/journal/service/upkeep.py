"""What the journal does by itself every night."""

from datetime import datetime

from sqlalchemy.orm import Session

from lti_app.activities.journal.service.withdrawing import BATCH, purge


def upkeep(session: Session, at: datetime) -> bool:
    """Erase the words of some entries that were taken back 30 days ago; return whether there may be more."""
    return purge(session, at=at) == BATCH
