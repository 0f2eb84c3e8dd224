"""Searching one's own entries: what was typed as words, the words as a condition, and the passage that was found.

The words of all entries stand in an index that the database keeps by itself, FTS5 in SQLite and a tsvector in
PostgreSQL; the migration `journal_search` makes both. Case and the marks on Latin letters do not count. A person's
tags are few beside their words: their names are compared here, by the same rules.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import takewhile
from typing import Any, Self

from markupsafe import Markup, escape
from sqlalchemy import ColumnElement, and_, column, exists, false, func, literal_column, select, table
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from lti_app.activities.journal.models import EntryTag, JournalEntry

MOST_CHARACTERS = 200
MOST_TERMS = 20
LONGEST_WORD = 64
MOST_NAMES = 2000
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
    """Return the condition that an entry of this person has every term of the query in its words or its tags."""
    if not query.terms:
        return false()
    names = _own_names(session, user_id=user_id)
    tagged = {term: [name for name in names if _has(name, term)] for term in query.terms}
    in_words = Query(terms=tuple(term for term, found in tagged.items() if not found))
    either = [
        _in_words(session, Query(terms=(term,)), user_id=user_id) | _is_tagged(found)
        for term, found in tagged.items()
        if found
    ]
    return and_(*([_in_words(session, in_words, user_id=user_id)] if in_words.terms else []), *either)


def forget_erased_words(session: Session) -> None:
    """Drop from the index what was erased from entries: SQLite's only marks it until parts of it are joined."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(sql("INSERT INTO journal_search(journal_search) VALUES ('optimize')"))


def marked(text: str, query: Query) -> Markup:
    """Return a title or a tag with the words marked that the query asked for."""
    return _marked(text, _hits(text, query), plain=str)


def passage_of(text: str, query: Query) -> Markup:
    """Return the surroundings of the first word that the query asked for, its words marked; else how it begins."""
    hits = _hits(text, query)
    first = next(hits, None)
    start = max(0, first.start() - _BEFORE_THE_HIT) if first else 0
    if first and start:
        start = text.find(" ", start, first.start()) + 1 or start
    end = start + PASSAGE
    # The rest of a long text is not looked at.
    shown = [hit for hit in (first, *takewhile(lambda hit: hit.end() <= end, hits)) if hit and hit.end() <= end]
    words = _marked(text[:end], shown, plain=plain_line, start=start)
    return Markup("{}{}{}").format("… " if start else "", words, " …" if end < len(text) else "")


def plain_line(text: str) -> str:
    """Return the text on one line, without the marks of its Markdown."""
    return _SPACE.sub(" ", _MARKS.sub("", text))


def _own_names(session: Session, *, user_id: int) -> Sequence[str]:
    """Return the names that a person files entries under, at most 2,000, the last used first."""
    return session.scalars(
        select(EntryTag.name)
        .join(JournalEntry, JournalEntry.id == EntryTag.entry_id)
        .where(JournalEntry.user_id == user_id)
        .group_by(EntryTag.name)
        .order_by(func.max(EntryTag.id).desc())
        .limit(MOST_NAMES)
    ).all()


def _has(name: str, term: Term) -> bool:
    """Whether the term's words stand next to each other in the name, as the index of texts would find them."""
    words, asked = [_folded(word) for word in _WORD.findall(name)], [_folded(word) for word in term.words]
    for start in range(len(words) - len(asked) + 1):
        *others, last = words[start : start + len(asked)]
        if others == asked[:-1] and (last == asked[-1] if term.is_whole else last.startswith(asked[-1])):
            return True
    return False


def _is_tagged(names: Sequence[str]) -> ColumnElement[bool]:
    return exists().where(EntryTag.entry_id == JournalEntry.id, EntryTag.name.in_(names))


def _in_words(session: Session, query: Query, *, user_id: int) -> ColumnElement[bool]:
    """The words of title and answers, in the database's own index."""
    if session.get_bind().dialect.name == "sqlite":
        return _found_by_fts5(query, user_id=user_id)
    return _found_by_tsvector(query)


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


def _hits(text: str, query: Query) -> Iterator[re.Match[str]]:
    asked = [(_folded(word), term.is_whole) for term in query.terms for word in term.words]
    return (found for found in _WORD.finditer(text) if _is_asked_for(found.group(), asked))


def _marked(text: str, hits: Iterable[re.Match[str]], *, plain: Callable[[str], str], start: int = 0) -> Markup:
    parts: list[str] = []
    for hit in hits:
        parts += [plain(text[start : hit.start()]), Markup("<mark>{}</mark>").format(hit.group())]
        start = hit.end()
    return Markup("").join(escape(part) for part in (*parts, plain(text[start:])))


def _is_asked_for(word: str, asked: Sequence[tuple[str, bool]]) -> bool:
    folded = _folded(word)
    return any(folded == wanted if is_whole else folded.startswith(wanted) for wanted, is_whole in asked)


def _folded(word: str) -> str:
    if word.isascii():
        return word.lower()
    return "".join(c for c in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(c))
