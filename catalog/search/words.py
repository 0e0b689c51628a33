"""What counts as a word, in names, transcripts and queries alike."""

import re
import unicodedata
from functools import lru_cache

# Of a longer word only the beginning is looked at, in documents and in queries.
LONGEST = 24
# Written without spaces, or with particles that stick to the word: found from any syllable on.
_SYLLABIC = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff"
    "\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
)
_ACCENT = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]")
# The vowel signs of India and South-East Asia are part of their words.
_WORD = re.compile(r"(?:[^\W_]|[\u0900-\u0963\u0966-\u109f])+")


def plain(text: str) -> str:
    """Return text as it is compared: compatibility forms resolved, without case and accents.

    Hangul stays in whole syllables, and Japanese keeps its voicing marks.
    """
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text)
    bare = unicodedata.normalize("NFC", _ACCENT.sub("", decomposed)).casefold()
    # Casefolding brings accents of its own (a capital dotted I), which a second pass removes.
    return unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFKD", bare)))


def split(text: str) -> list[str]:
    """Return the words of a text in their order, each cut to `LONGEST` characters."""
    return [word[:LONGEST] for word in _WORD.findall(plain(text))]


def terms(text: str) -> set[str]:
    """Return what a document is found by: its words, and the ends of words in syllables."""
    return {term for word in _WORD.findall(plain(text)) for term in _terms(word)}


@lru_cache(maxsize=50_000)
def _terms(word: str) -> tuple[str, ...]:
    if _SYLLABIC.search(word) is None:
        return (word[:LONGEST],)
    return tuple(word[start : start + LONGEST] for start in range(len(word)))


def is_prefix(word: str) -> bool:
    """Return whether a word of a query stands for all terms that begin with it.

    A single Latin letter does not: it would find almost everything, and means itself.
    """
    return len(word) > 1 or _SYLLABIC.search(word) is not None


def matches(text: str, word: str) -> bool:
    """Return whether a text is found by one word of a query: the definition, word by word."""
    if is_prefix(word):
        return any(term.startswith(word) for term in terms(text))
    return word in terms(text)
