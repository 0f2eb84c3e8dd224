"""Which course was copied from which, as platforms tell it."""

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_app.lti.notices import ContextCopyNotice
from lti_app.models.notices import ContextCopy

# A course repeated every year is a copy of a copy; further back nobody asks.
GENERATIONS = 10
MOST_ORIGINS = 200

log = structlog.get_logger()


def record_copy(session: Session, notice: ContextCopyNotice) -> None:
    """Keep what a notice tells of a course's origins; what is known already, or says nothing, changes nothing."""
    known = set(
        session.scalars(
            select(ContextCopy.origin_id_on_platform).where(
                ContextCopy.deployment_id == notice.deployment_id,
                ContextCopy.context_id_on_platform == notice.context_id_on_platform,
            )
        )
    )
    new = [origin for origin in notice.origin_ids if origin not in {*known, notice.context_id_on_platform}]
    for origin in new[: max(0, MOST_ORIGINS - len(known))]:
        session.add(
            ContextCopy(
                deployment_id=notice.deployment_id,
                context_id_on_platform=notice.context_id_on_platform,
                origin_id_on_platform=origin,
            )
        )
    session.flush()
    log.info("context_copied", registration_id=notice.registration_id, deployment_id=notice.deployment_id)


def origins_of(session: Session, *, deployment_id: int, context_id_on_platform: str) -> list[str]:
    """Return the platform's ids of the courses that one was copied from, directly or by way of others.

    Nearest first, and of those told of last first; only courses of the same deployment, where ids of courses are
    unique (LTI 1.3 core, 5.4.1). At most ten generations back.
    """
    order = {context_id_on_platform: 0}
    generation = [context_id_on_platform]
    for _ in range(GENERATIONS):
        copies = session.execute(
            select(ContextCopy.origin_id_on_platform)
            .where(ContextCopy.deployment_id == deployment_id, ContextCopy.context_id_on_platform.in_(generation))
            .order_by(ContextCopy.told_at.desc(), ContextCopy.id.desc())
        ).scalars()
        generation = [origin for origin in dict.fromkeys(copies) if origin not in order][:MOST_ORIGINS]
        if not generation:
            break
        order.update({origin: len(order) + place for place, origin in enumerate(generation)})
    del order[context_id_on_platform]
    return list(order)
