"""Asking platforms to tell us of course copies: once per deployment, as soon as a launch says that they would."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from lti_app.lti.connector import PlatformConnector
from lti_app.lti.notices import register_handler
from lti_app.lti.service_claims import CONTEXT_COPY_NOTICE
from lti_app.models.notices import NoticeHandler
from lti_app.models.platform import Deployment, Registration
from lti_app.queue import wake
from lti_app.roster.errands import ErrandKind

REGISTER_HANDLER_TASK = "register_notice_handler"


def want_handler(session: Session, deployment_id: int, *, service_url: str, at: datetime) -> None:
    """Have our address registered at the deployment's notification service, unless it was asked for there."""
    of_deployment = select(NoticeHandler).filter_by(deployment_id=deployment_id, notice_type=CONTEXT_COPY_NOTICE)
    handler = session.scalar(of_deployment)
    if handler is not None and handler.service_url == service_url:
        return
    if handler is None:
        handler = NoticeHandler(deployment_id=deployment_id, notice_type=CONTEXT_COPY_NOTICE, service_url=service_url)
        # Of two first launches at once, the second leaves it to the first.
        try:
            with session.begin_nested():
                session.add(handler)
        except IntegrityError:
            return
    handler.service_url, handler.due_at = service_url, at
    session.flush()
    wake(session, REGISTER_HANDLER_TASK, handler.id)


def register_handler_kind(notices_url: str) -> ErrandKind:
    """Return the errand that registers `notices_url`, our address for notices."""

    def _register(connector: PlatformConnector, handler: NoticeHandler) -> None:
        register_handler(connector, handler.service_url, notice_type=handler.notice_type, handler_url=notices_url)

    return ErrandKind(
        task=REGISTER_HANDLER_TASK,
        model=NoticeHandler,
        registration_of=_with_registration,
        perform=_register,
        finish=_finish,
    )


def _with_registration(session: Session, handler_id: int) -> tuple[NoticeHandler, Registration]:
    registration = joinedload(NoticeHandler.deployment).joinedload(Deployment.registration)
    query = select(NoticeHandler).where(NoticeHandler.id == handler_id).options(registration)
    handler = session.scalars(query.execution_options(populate_existing=True)).one()
    return handler, handler.deployment.registration


def _finish(_session: Session, _handler: NoticeHandler, _result: Any, _at: datetime) -> None:
    """Never again: a launch that names another service asks anew."""
