"""Which kinds of files an entry takes, and what a file is: by its content, never by what a browser claims."""

import lzma
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

import puremagic

from lti_app.errors import ToolError, sentence

LONGEST_NAME = 200
# The two joiners are invisible, yet letters of several scripts and of emoji need them.
_KEPT_INVISIBLE = {"\u200c", "\u200d"}
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\f\r")) + b"\x7f"
# How pages and programs begin that would pass for plain text.
_PAGES = (b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<svg", b"<?xml", b"<?php", b"#!")
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
# An archive cannot hold more entries than this and still be a document that somebody wrote.
_MOST_PARTS = 20_000
_LONGEST_TYPE = 100


class CannotAttach(ToolError):
    """A file that an entry does not take; the entry is as it was."""

    status = 422


@dataclass(frozen=True, kw_only=True)
class FileKind:
    """A kind of file: its type, what people call it (a message id), and the endings of its name, the usual first."""

    content_type: str
    label: str
    endings: tuple[str, ...]


KINDS = (
    FileKind(content_type="image/png", label=sentence("PNG picture"), endings=(".png",)),
    FileKind(content_type="image/jpeg", label=sentence("JPEG picture"), endings=(".jpg", ".jpeg", ".jpe", ".jfif")),
    FileKind(content_type="image/gif", label=sentence("GIF picture"), endings=(".gif",)),
    FileKind(content_type="image/webp", label=sentence("WebP picture"), endings=(".webp",)),
    FileKind(content_type="image/heif", label=sentence("HEIC picture"), endings=(".heic", ".heif")),
    FileKind(content_type="application/pdf", label=sentence("PDF"), endings=(".pdf",)),
    FileKind(content_type=f"{_OFFICE}wordprocessingml.document", label=sentence("Word document"), endings=(".docx",)),
    FileKind(content_type=f"{_OFFICE}spreadsheetml.sheet", label=sentence("Excel workbook"), endings=(".xlsx",)),
    FileKind(
        content_type=f"{_OFFICE}presentationml.presentation",
        label=sentence("PowerPoint presentation"),
        endings=(".pptx",),
    ),
    FileKind(content_type=f"{_OPEN}text", label=sentence("OpenDocument text"), endings=(".odt",)),
    FileKind(content_type=f"{_OPEN}spreadsheet", label=sentence("OpenDocument spreadsheet"), endings=(".ods",)),
    FileKind(content_type=f"{_OPEN}presentation", label=sentence("OpenDocument presentation"), endings=(".odp",)),
    FileKind(content_type="text/plain", label=sentence("Text"), endings=(".txt", ".text", ".log")),
    FileKind(content_type="text/csv", label=sentence("CSV table"), endings=(".csv",)),
    FileKind(content_type="text/markdown", label=sentence("Markdown"), endings=(".md", ".markdown")),
)
_BY_TYPE = {kind.content_type: kind for kind in KINDS}
_SIGNED = {kind.content_type: kind for kind in KINDS if kind.content_type.startswith(("image/", "application/pdf"))}
_TEXTS = tuple(kind for kind in KINDS if kind.content_type.startswith("text/"))
ENDINGS = tuple(ending for kind in KINDS for ending in kind.endings)


def recognise(stream: IO[bytes], name: str) -> FileKind:
    """Return what kind of file the stream holds, and put it back to its beginning.

    Raises:
        CannotAttach: It is empty, no kind that is taken, or its name ends like another kind's.
    """
    shown = {"name": plain_name(name)}
    kind = _by_content(stream) or _as_text(stream, shown["name"])
    stream.seek(0)
    if kind is None:
        raise CannotAttach(
            sentence("“%(name)s” is no kind of file that an entry can take."),
            sentence(
                "Attach a picture (PNG, JPEG, GIF, WebP, HEIC), a PDF, a Word, Excel, PowerPoint or OpenDocument file,"
                " or plain text, CSV or Markdown."
            ),
            values=shown,
        )
    if (ending := _ending_of(shown["name"])) and ending not in kind.endings:
        raise CannotAttach(
            sentence("The name “%(name)s” ends like another kind of file than it is."),
            sentence("Save it again from the program that made it, then attach it."),
            values=shown,
        )
    return kind


def name_as(kind: FileKind, name: str) -> str:
    """Return the name under which a file is shown and given back: at most 200 characters, with its kind's ending."""
    plain = plain_name(name)
    ending = _ending_of(plain)
    stem = plain[: len(plain) - len(ending)] if ending else plain
    return stem[: LONGEST_NAME - 10] + (ending or kind.endings[0])


def plain_name(name: str) -> str:
    """Return the last part of a path without what cannot be seen: control characters, changes of direction."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    seen = (c for c in last if not unicodedata.category(c).startswith("C") or c in _KEPT_INVISIBLE)
    return " ".join("".join(seen).split()).strip(". ")[-LONGEST_NAME:] or "file"


def label_of(content_type: str) -> str:
    """Return what people call a stored type, as a message id."""
    kind = _BY_TYPE.get(content_type)
    return kind.label if kind else sentence("File")


def _ending_of(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _by_content(stream: IO[bytes]) -> FileKind | None:
    stream.seek(0)
    if stream.read(4) == b"PK\x03\x04":
        # To every signature table, all of these are ZIP archives.
        return _as_document(stream)
    stream.seek(0)
    try:
        found = puremagic.magic_stream(stream)
    except (puremagic.PureError, ValueError):
        return None
    return next((_SIGNED[match.mime_type] for match in found if match.mime_type in _SIGNED), None)


def _as_document(stream: IO[bytes]) -> FileKind | None:
    """Return what kind of office document an archive is, by the parts it has; one with macros is none."""
    try:
        with zipfile.ZipFile(stream) as archive:
            parts = set(archive.namelist())
            if len(parts) > _MOST_PARTS or any(part.lower().endswith("vbaproject.bin") for part in parts):
                return None
            declared = b""
            if "mimetype" in parts:
                declared = _declared_in(archive)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, ValueError, RuntimeError, EOFError):
        return None
    if "[Content_Types].xml" in parts:
        mains = {"word/document.xml": ".docx", "xl/workbook.xml": ".xlsx", "ppt/presentation.xml": ".pptx"}
        ending = next((ending for main, ending in mains.items() if main in parts), None)
        return next((kind for kind in KINDS if ending in kind.endings), None)
    kind = _BY_TYPE.get(declared.decode("ascii", "replace").strip())
    return kind if kind and kind.content_type.startswith(_OPEN) else None


def _declared_in(archive: zipfile.ZipFile) -> bytes:
    """Return what an OpenDocument file says it is; one that is packed otherwise than these are is not unpacked."""
    part = archive.getinfo("mimetype")
    if part.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} or part.file_size > _LONGEST_TYPE:
        return b""
    with archive.open(part) as opened:
        return opened.read(_LONGEST_TYPE)


def _as_text(stream: IO[bytes], name: str) -> FileKind | None:
    """Return which kind of text it is, by its name: text has no signature, but nothing in it may be anything else."""
    stream.seek(0)
    content = stream.read()
    if not content.strip() or len(content) != len(content.translate(None, _CONTROLS)):
        return None
    if content.removeprefix(b"\xef\xbb\xbf").lstrip()[:20].lower().startswith(_PAGES):
        return None
    ending = _ending_of(name) or ".txt"
    return next((kind for kind in _TEXTS if ending in kind.endings), None)
