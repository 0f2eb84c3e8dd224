"""What the journal does by itself every night."""

from datetime import datetime

from sqlalchemy.orm import Session

from lti_app.activities.journal.service.attachments import sweep_files
from lti_app.activities.journal.service.search import forget_erased_words
from lti_app.activities.journal.service.withdrawing import BATCH, purge


def upkeep(session: Session, at: datetime) -> bool:
    """Erase the words of some entries that were taken back 30 days ago; return whether there may be more.

    After the last of them, look after the files of all entries.
    """
    purged = purge(session, at=at)
    if purged:
        forget_erased_words(session)
    if purged == BATCH:
        return True
    sweep_files(session, at=at)
    return False
