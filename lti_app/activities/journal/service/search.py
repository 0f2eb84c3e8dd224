"""Searching one's own entries: what was typed as words, the words as a condition, and the passage that was found.

The words of all entries stand in an index that the database keeps by itself, FTS5 in SQLite and a tsvector in
PostgreSQL; the migration `journal_search` makes both. Case and the marks on Latin letters do not count.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Self

from markupsafe import Markup, escape
from sqlalchemy import ColumnElement, column, false, func, literal_column, select, table
from sqlalchemy.orm import Session

from lti_app.activities.journal.models import JournalEntry

MOST_CHARACTERS = 200
MOST_TERMS = 20
LONGEST_WORD = 64
PASSAGE = 220
_BEFORE_THE_HIT = 60

_TERM = re.compile(r'"([^"]*)"|([^\s"]+)')
_WORD = re.compile(r"[^\W_][^\W_\u0300-\u036f]*(?:[\u0300-\u036f]+[^\W_]*)*")
_MARKS = re.compile(r"[*_`~#>]+|\]\([^)\s]*\)|[\[\]]")
_SPACE = re.compile(r"\s+")
_SIMPLE: ColumnElement[Any] = literal_column("'simple'::regconfig")


@dataclass(frozen=True, kw_only=True)
class Term:
    """Words that stand next to each other; `is_whole`: the last one is not only the beginning of a word."""

    words: tuple[str, ...]
    is_whole: bool


@dataclass(frozen=True, kw_only=True)
class Query:
    """What was typed into the search: every term has to be in an entry. Without a term nothing is found."""

    terms: tuple[Term, ...] = ()

    @classmethod
    def of(cls, typed: str) -> Self:
        """Read what was typed; words in quotes stand together. Whatever is no word has no meaning here."""
        terms = []
        for quoted, bare in _TERM.findall(typed[:MOST_CHARACTERS]):
            words = tuple(word[:LONGEST_WORD] for word in _WORD.findall(quoted or bare))
            if words:
                terms.append(Term(words=words, is_whole=bool(quoted)))
        return cls(terms=tuple(terms[:MOST_TERMS]))


def found_by(session: Session, query: Query, *, user_id: int) -> ColumnElement[bool]:
    """Return the condition that an entry of this person has every term of the query in its title or text."""
    if not query.terms:
        return false()
    if session.get_bind().dialect.name == "sqlite":
        return _found_by_fts5(query, user_id=user_id)
    return _found_by_tsvector(query)


def passage_of(text: str, query: Query) -> Markup:
    """Return the surroundings of the first word that the query asked for, its words marked; else how it begins."""
    asked = [(_folded(word), term.is_whole) for term in query.terms for word in term.words]
    hits = [found for found in _WORD.finditer(text) if _is_asked_for(found.group(), asked)]
    start = max(0, hits[0].start() - _BEFORE_THE_HIT) if hits else 0
    if start:
        start = text.find(" ", start, hits[0].start()) + 1 or start
    end = start + PASSAGE
    parts = ["… " if start else ""]
    for hit in hits:
        if start <= hit.start() and hit.end() <= end:
            parts += [_plain(text[start : hit.start()]), Markup("<mark>{}</mark>").format(hit.group())]
            start = hit.end()
    parts += [_plain(text[start:end]), " …" if end < len(text) else ""]
    return Markup("").join(escape(part) for part in parts)


def _found_by_fts5(query: Query, *, user_id: int) -> ColumnElement[bool]:
    """The index holds whose entry it is as a word, so that it never walks through those of others."""
    terms = " AND ".join(f'"{" ".join(term.words)}"{"" if term.is_whole else " *"}' for term in query.terms)
    match = f'{{user_id}} : "{user_id}" AND {{title text}} : ({terms})'
    words = table("journal_search", column("rowid"))
    found = select(words.c.rowid).where(literal_column("journal_search").op("MATCH")(match))
    return JournalEntry.id.in_(found)


def _found_by_tsvector(query: Query) -> ColumnElement[bool]:
    asked: ColumnElement[bool] = reduce(lambda left, right: left.op("&&")(right), map(_tsquery_of, query.terms))
    return column("words", _selectable=JournalEntry.__table__).op("@@")(asked)


def _tsquery_of(term: Term) -> ColumnElement[bool]:
    *others, last = term.words
    lexemes = [_lexeme(word, "") for word in others] + [_lexeme(last, "" if term.is_whole else ":*")]
    return reduce(lambda left, right: left.op("<->")(right), lexemes)


def _lexeme(word: str, ending: str) -> ColumnElement[bool]:
    """A word has letters and digits alone, so that nothing in it can end the quotation."""
    quoted = func.concat("'", func.journal_folded(word), f"'{ending}")
    return func.to_tsquery(_SIMPLE, quoted)


def _is_asked_for(word: str, asked: Sequence[tuple[str, bool]]) -> bool:
    folded = _folded(word)
    return any(folded == wanted if is_whole else folded.startswith(wanted) for wanted, is_whole in asked)


def _folded(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(c))


def _plain(text: str) -> str:
    """Return the text on one line, without the marks of its Markdown."""
    return _SPACE.sub(" ", _MARKS.sub("", text))
