"""Entries as JSON: what the download and the record of the privacy page hold; the schema is in docs/."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from lti_app.activities.journal.models import Attachment
from lti_app.activities.journal.service.content import Content
from lti_app.activities.journal.service.export.entries import OwnEntry
from lti_app.activities.journal.service.export.questions import Answer

SCHEMA_VERSION = 1


def to_json(entry: OwnEntry) -> dict[str, Any]:
    """Return an entry as JSON-ready values; moments in ISO 8601, UTC."""
    row = entry.row
    return {
        "id": row.id,
        "activity_id": row.activity_id,
        "activity": entry.activity,
        "course": entry.course,
        "epoch": row.epoch,
        "state": row.state.value,
        "revises_id": row.revises_id,
        "prompt": {"key": row.prompt_key, "version": row.prompt_version, "title": entry.prompt_title},
        "title": row.title,
        "answers": _answers(entry.answers),
        "text": row.text,
        **_filed(entry.content),
        "attachments": [_attachment(each) for each in entry.attachments],
        "created_at": _iso(row.created_at),
        "saved_at": _iso(row.saved_at),
        "finished_at": _iso(row.finished_at),
        "revised_at": _iso(row.revised_at),
        "withdrawn_at": _iso(row.withdrawn_at),
        "erased_at": _iso(entry.erased_at),
        "purged_at": _iso(row.purged_at),
        **_what_came_of_it(entry),
    }


def document(head: dict[str, Any], entries: Iterator[OwnEntry]) -> Iterator[str]:
    """Yield the whole download piece by piece: what `head` holds, then the entries one by one."""
    opening = json.dumps({"schema": "staffroom-journal", "schema_version": SCHEMA_VERSION, **head}, ensure_ascii=False)
    yield opening[:-1] + ', "entries": ['
    for number, entry in enumerate(entries):
        yield (",\n" if number else "\n") + json.dumps(to_json(entry), ensure_ascii=False)
    yield "\n]}\n"


def path_in_zip(attachment: Attachment) -> str:
    """Return where an attachment lies in the ZIP: its own name, in a folder of its own, so that none meets another."""
    name = "".join("_" if c in '\\/:*?"<>|' or not c.isprintable() else c for c in attachment.name).strip(" .")
    return f"attachments/{attachment.entry_id}/{attachment.id}/{name or 'file'}"


def _answers(answers: Sequence[Answer]) -> list[dict[str, str]]:
    return [asdict(each) for each in answers]


def _filed(content: Content) -> dict[str, Any]:
    """Return what an entry holds beside its answers."""
    return {
        "event_on": content.event_on.isoformat() if content.event_on else None,
        "topics": list(content.topics),
        "goals": list(content.goals),
        "links": [asdict(link) for link in content.links],
    }


def _attachment(row: Attachment) -> dict[str, Any]:
    return {
        "name": row.name,
        "content_type": row.content_type,
        "size": row.size,
        "created_at": _iso(row.created_at),
        "path_in_zip": path_in_zip(row),
    }


def _what_came_of_it(entry: OwnEntry) -> dict[str, Any]:
    return {
        "versions": [
            {
                "number": each.number,
                "title": each.content.title,
                "answers": _answers(each.answers),
                **_filed(each.content),
                "finished_at": _iso(each.finished_at),
                "replaced_at": _iso(each.replaced_at),
            }
            for each in entry.versions
        ],
        "excerpts": [
            {"title": each.title, "text": each.text, "created_at": _iso(each.created_at)} for each in entry.excerpts
        ],
        "shares": [
            {
                "scope": each.scope.value,
                "person": entry.names.get(each.user_id) if each.user_id else None,
                "is_excerpt": each.excerpt_id is not None,
                "shared_at": _iso(each.shared_at),
                "stopped_at": _iso(each.stopped_at),
            }
            for each in entry.shares
        ],
        "responses": [
            {
                "kind": each.kind.value,
                "person": entry.names.get(each.user_id),
                "quoted": each.quoted,
                "text": each.text,
                "created_at": _iso(each.created_at),
                "resolved_at": _iso(each.resolved_at),
            }
            for each in entry.responses
        ],
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
