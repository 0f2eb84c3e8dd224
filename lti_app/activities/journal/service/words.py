"""Text as the journal counts and stores it."""

import re
import unicodedata

_WORD = re.compile(r"\w+(?:[-'’.]\w+)*")
# Scripts that put no space between words: each character counts as one, in the browser too (words.js).
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f]")
_FIRST_MARK = "\u0300"


def count_words(text: str) -> int:
    """Return the number of words; a character of a script without spaces counts as one."""
    if text.isascii():
        return len(_WORD.findall(text))
    unspaced = len(_UNSPACED.findall(text))
    spaced = _UNSPACED.sub(" ", text)
    # Python's \w knows no combining marks (vowel signs, accents, variation selectors): they belong to their letter.
    bare = "".join(c for c in spaced if c < _FIRST_MARK or not unicodedata.category(c).startswith("M"))
    return unspaced + len(_WORD.findall(bare))


def storable(text: str) -> str:
    """Return the text as every database takes it: no NUL, no half of a surrogate pair, plain line ends."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
