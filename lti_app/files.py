"""Files that people attach: outside of the database and of what the web serves, each under a name drawn at random.

Every kind of thing that has files keeps them in a `Folder` of its own and a row beside each. A file is there before
its row is committed, and gone only after its row is; what a fault leaves behind in between, a nightly sweep removes.
"""

import os
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO

import structlog
from flask import current_app
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

CHUNK = 64 * 1024
UNFINISHED = ".part"
_NAME = re.compile(rf"[0-9a-f]{{32}}({re.escape(UNFINISHED)})?", re.ASCII)
_NEW, _GONE = "staffroom_files_new", "staffroom_files_gone"

log = structlog.get_logger()


class TooLarge(Exception):
    """A file that holds more than is taken."""


@dataclass(frozen=True, kw_only=True)
class KeptFile:
    """A file that is on the disk: its name there, and its size in bytes."""

    name: str
    size: int


@dataclass(frozen=True)
class Folder:
    """The folder of this name among the attachments; nothing but our own files is ever looked at in it."""

    name: str

    @property
    def path(self) -> Path:
        """Where the running tool has it."""
        return Path(current_app.config["STAFFROOM_ATTACHMENTS_PATH"]) / self.name

    def keep(self, session: Session, stream: IO[bytes], *, most: int) -> KeptFile:
        """Write the stream to the disk; the file goes again unless this session's transaction commits.

        Raises:
            TooLarge: The stream holds more than `most` bytes.
            OSError: The disk is full, or the folder cannot be written.
        """
        folder, name = self.path, secrets.token_hex(16)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        finished, unfinished = folder / name, folder / f"{name}{UNFINISHED}"
        try:
            with open(unfinished, "xb", opener=_only_owner) as file:
                size = _copy(stream, file, most=most)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(finished)
            _sync_folder(folder)
        except BaseException:
            for path in (unfinished, finished):
                path.unlink(missing_ok=True)
            raise
        session.info.setdefault(_NEW, []).append(finished)
        return KeptFile(name=name, size=size)

    def find(self, name: str) -> Path | None:
        """Return where the file of this name is, None where there is none."""
        path = self.path / name
        return path if _NAME.fullmatch(name) and path.is_file() else None

    def remove_after_commit(self, session: Session, names: Iterable[str]) -> None:
        """Remove the files as soon as (and only if) this session's transaction commits.

        Within a savepoint nothing is certain yet: what is asked for there is left to the nightly sweep.
        """
        if not session.in_nested_transaction():
            folder = self.path
            session.info.setdefault(_GONE, []).extend(folder / name for name in names)

    def remove(self, name: str) -> None:
        """Remove a file now; one that is gone already is no error."""
        _remove(self.path / name)

    def names(self, *, older_than: datetime, batch: int) -> Iterator[list[str]]:
        """Go through the names of all files that were written before a moment, unfinished ones among them."""
        if not self.path.is_dir():
            return
        with os.scandir(self.path) as entries:
            old = (entry.name for entry in entries if _NAME.fullmatch(entry.name) and _is_before(entry, older_than))
            while names := list(islice(old, batch)):
                yield names


def _copy(stream: IO[bytes], file: IO[bytes], *, most: int) -> int:
    """Copy in chunks and return how many bytes these were; what was announced beforehand does not count."""
    size = 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > most:
            raise TooLarge
        file.write(chunk)
    return size


def _only_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    """Make the new name in the folder outlive a power cut."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _is_before(entry: "os.DirEntry[str]", moment: datetime) -> bool:
    try:
        return entry.stat(follow_symlinks=False).st_mtime < moment.timestamp()
    except FileNotFoundError:
        return False  # removed while we looked


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        # The row is gone in any case; the nightly sweep tries again.
        log.warning("file_not_removed", file=path.name, error=type(error).__name__)


@event.listens_for(Session, "after_commit")
def _settle(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint was released; nothing is committed yet
    session.info.pop(_NEW, None)
    for path in session.info.pop(_GONE, []):
        _remove(path)


@event.listens_for(Session, "after_transaction_end")
def _undo(session: Session, transaction: SessionTransaction) -> None:
    """Whatever way a transaction ended, what a commit has not settled by now was not to be."""
    if transaction.parent is None:
        session.info.pop(_GONE, None)
        for path in session.info.pop(_NEW, []):
            _remove(path)
