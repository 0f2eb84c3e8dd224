"""Access tokens: one per registration and set of scopes, asked for by one worker and shared by all.

Threads of a process wait for each other at a lock, processes at a lease in the token's row: however many workers
start together, the platform is asked once.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, and_, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_app.clock import now
from lti_app.errors import PlatformUnavailable
from lti_app.models.platform import AccessToken

RENEW_EARLY = timedelta(seconds=60)
# Longer than one request takes with its time-outs.
LEASE = timedelta(seconds=20)
POLL_SECONDS = 0.1
KEPT_AFTER_END = timedelta(days=1)

# One fetch at a time per registration in this process.
_fetching: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)


@dataclass(frozen=True, kw_only=True)
class FetchedToken:
    """What the platform gave: the token, and how long it lives from now."""

    token: str
    lifetime: timedelta


@dataclass(frozen=True, kw_only=True)
class TokenShelf:
    """The place of one registration's token for one set of scopes (a text, sorted and parted by blanks)."""

    engine: Engine
    registration_id: int
    scopes: str

    def token(self, fetch: Callable[[], FetchedToken]) -> str:
        """Return a token that is good for at least a minute; of all workers that have none, one calls `fetch`.

        Raises:
            PlatformUnavailable: Another worker asked just now and got none.
            Anything that `fetch` raises, to the worker that called it.
        """
        if known := self._known():
            return known
        with _fetching[self.registration_id]:
            return self._known() or self._fetched(fetch)

    def forget(self, token: str) -> None:
        """Drop a token that was refused, unless another has taken its place."""
        with Session(self.engine) as session, session.begin():
            session.execute(delete(AccessToken).where(self._is_here(), AccessToken.token == token, _is_free(now())))

    def _known(self) -> str | None:
        row = self._row()
        return row.token if row and row.expires_at > now() else None

    def _row(self) -> AccessToken | None:
        with Session(self.engine) as session:
            return session.get(AccessToken, (self.registration_id, self.scopes))

    def _fetched(self, fetch: Callable[[], FetchedToken]) -> str:
        row = self._row()
        before = row.token if row else ""
        for _ in range(int(LEASE.total_seconds() / POLL_SECONDS) + 2):
            if self._take(instead_of=before):
                return self._fetch_and_keep(fetch)
            time.sleep(POLL_SECONDS)
            row = self._row()
            # One that lives for less than the minute that is held back is taken while it is new.
            if row and (row.expires_at > now() or row.token not in {"", before}):
                return row.token
            if row is None or row.leased_until is None:
                break
        raise PlatformUnavailable("another worker got no token just now")

    def _take(self, *, instead_of: str) -> bool:
        """Take the lease; False where another worker has it, or has put a token here meanwhile."""
        at = now()
        with suppress(IntegrityError), Session(self.engine) as session, session.begin():
            taken = session.execute(
                update(AccessToken)
                .where(self._is_here(), AccessToken.expires_at <= at, AccessToken.token == instead_of, _is_free(at))
                .values(leased_until=at + LEASE)
                .returning(AccessToken.registration_id)
            ).one_or_none()
            if taken is None and session.scalar(select(AccessToken.registration_id).where(self._is_here())) is None:
                session.add(self._new_row(token="", expires_at=at, leased_until=at + LEASE))
                session.flush()
                return True
            return taken is not None
        return False

    def _fetch_and_keep(self, fetch: Callable[[], FetchedToken]) -> str:
        try:
            fetched = fetch()
        except Exception:
            # Those who wait see that it is gone, and do not each try in turn.
            with Session(self.engine) as session, session.begin():
                session.execute(delete(AccessToken).where(self._is_here(), AccessToken.expires_at <= now()))
            raise
        # A transaction of its own: the token serves the other workers even if this deed fails.
        # One that took over a lease may have kept another in the same moment; either is good.
        with suppress(IntegrityError), Session(self.engine) as session, session.begin():
            expires_at = now() + fetched.lifetime - RENEW_EARLY
            session.merge(self._new_row(token=fetched.token, expires_at=expires_at, leased_until=None))
        return fetched.token

    def _new_row(self, *, token: str, expires_at: datetime, leased_until: datetime | None) -> AccessToken:
        return AccessToken(
            registration_id=self.registration_id,
            scopes=self.scopes,
            token=token,
            expires_at=expires_at,
            leased_until=leased_until,
        )

    def _is_here(self) -> ColumnElement[bool]:
        return and_(AccessToken.registration_id == self.registration_id, AccessToken.scopes == self.scopes)


def remove_old_tokens(session: Session, *, at: datetime) -> None:
    """Remove tokens that ended more than a day ago."""
    session.execute(delete(AccessToken).where(AccessToken.expires_at < at - KEPT_AFTER_END, _is_free(at)))


def _is_free(at: datetime) -> ColumnElement[bool]:
    return or_(AccessToken.leased_until.is_(None), AccessToken.leased_until <= at)
