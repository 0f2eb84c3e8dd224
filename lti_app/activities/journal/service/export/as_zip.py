"""The ZIP of everything: documents and attachments, of a size that is known before the first byte is sent."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sqlalchemy import select
from sqlalchemy.orm import Session
from zipstream import ZIP_STORED, ZipStream

from lti_app.activities.journal.models import Attachment, JournalEntry
from lti_app.activities.journal.service.export.as_json import path_in_zip
from lti_app.models.people import User

MISSING = "attachments/missing.txt"
_READ_AT_ONCE = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A ZIP on its way: `size` in bytes, and its chunks, each made when it is asked for."""

    size: int
    chunks: Iterable[bytes]


def archive_of(*, documents: Mapping[str, IO[bytes]], files: Iterable[tuple[str, Path]]) -> Archive:
    """Return the ZIP of documents by their names, and of files as (name in the ZIP, where it lies).

    Nothing is compressed: pictures and PDFs are already, and so the size is known beforehand. Files are read when
    their turn comes. Of one that is not there, `attachments/missing.txt` tells the name.
    """
    stream = ZipStream(compress_type=ZIP_STORED, sized=True)
    for name, file in documents.items():
        stream.add(chunks_of(file), name, size=size_of(file))
    missing = []
    for name, path in files:
        if path.is_file():
            stream.add_path(path, name)
        else:
            missing.append(name)
    if missing:
        stream.add("\n".join(missing) + "\n", MISSING)
    return Archive(size=len(stream), chunks=stream)


def files_of(session: Session, user: User, *, folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield each of a person's attachments as (name in the ZIP, where it lies in `folder`), oldest first."""
    for attachment in session.scalars(
        select(Attachment)
        .join(JournalEntry, JournalEntry.id == Attachment.entry_id)
        .where(JournalEntry.user_id == user.id)
        .order_by(Attachment.id)
    ):
        yield path_in_zip(attachment), folder / Path(attachment.stored_as).name


def size_of(file: IO[bytes]) -> int:
    """Return a file's length in bytes, and leave it at its beginning."""
    size = file.seek(0, 2)
    file.seek(0)
    return size


def chunks_of(file: IO[bytes]) -> Iterator[bytes]:
    """Yield a file piece by piece, and close it behind the last one."""
    with file:
        while chunk := file.read(_READ_AT_ONCE):
            yield chunk
