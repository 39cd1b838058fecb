"""What the index keeps of a text and what a query asks for: words, grams and identifiers.

Documents and queries go through the same three functions, so a change here needs a new ANALYSER_VERSION;
indexes made with another one are rebuilt by themselves.
"""

import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from operator import add

from sudachipy import Dictionary, SplitMode, Tokenizer  # type: ignore[import-untyped]

from search import identifiers
from search.folding import fold, fold_with_offsets, katakana
from search.words import ASKING, STOP

ANALYSER_VERSION = "4"
QUERY_CHARS = 2_000
QUERY_WORDS = 64
LOG_WORDS = 24
QUERY_GRAMS = 200
ASKING_WEIGHT = 0.3
LATIN_GRAM_WEIGHT = 0.4  # pairs of Latin letters say little: "er" is in every second word
WHOLE_WEIGHT = 2.0
PART_WEIGHT = 0.25
_SUDACHI_CHARS = 16_000  # Sudachi refuses 49,149 bytes of UTF-8; no character of ours takes more than 3.
_LONG_TEXT = 4_000  # 5 MB for one such, 20 for _SUDACHI_CHARS
_LONGEST_WORD = 100
_KEPT = frozenset("名詞 動詞 形容詞 形状詞 副詞 接頭辞 接尾辞 代名詞 連体詞 感動詞".split())
_GLUE = frozenset(["助詞", "助動詞", "補助記号"])
_SIGNS = frozenset(["補助記号", "空白"])
_LATIN = re.compile("[a-z][a-z']*")
_HIRAGANA_RUN = re.compile("[ぁ-ゖ][ぁ-ゖー]{2,}")
_HIRAGANA_GRAM = re.compile("[ぁ-ゖー]{2}")
_LATIN_GRAM = re.compile("[a-z0-9]{2}")
_WORDLIKE_GRAM = re.compile(r"[^\W_]{2}")


@dataclass(frozen=True)
class Token:
    """A word as the index spells it and where it stands in the folded text."""

    key: str
    start: int
    end: int


@dataclass(frozen=True)
class Term:
    """Something a query asks for, its weight, the words the reader typed for it, and, for a word, where it
    stands in the folded query."""

    key: str
    weight: float
    typed: str
    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class Other:
    """Another way to say words[first:last] of a query: all of `keys`, worth `weight` of the words typed.

    sure: where one stands, nobody needs to be told that the words typed were not found; between: the
    places in first to last of words that it does not stand for.
    """

    first: int
    last: int
    keys: tuple[str, ...]
    weight: float
    sure: bool = False
    between: frozenset[int] = frozenset()

    @property
    def places(self) -> tuple[int, ...]:
        """The places of the words that it stands for."""
        return tuple(at for at in range(self.first, self.last) if at not in self.between)


@dataclass(frozen=True)
class Query:
    """A query as the scorer takes it.

    words: in the order typed, each once; rare_grams: katakana readings of hiragana, used when rare, the
    tuning says with what weight; others: what else is looked for in place of words; folded: the query as it
    was taken apart; correction: what was perhaps meant, "" where the query stands as it is.
    """

    words: tuple[Term, ...] = ()
    grams: tuple[Term, ...] = ()
    rare_grams: tuple[Term, ...] = ()
    identifiers: tuple[Term, ...] = ()
    others: tuple[Other, ...] = ()
    folded: str = ""
    correction: str = ""

    @property
    def codes(self) -> Iterator[Term]:
        """The identifiers as they were typed, without their parts."""
        return (term for term in self.identifiers if term.weight == WHOLE_WEIGHT)

    @property
    def is_log(self) -> bool:
        """Whether it has so many words that it is a paste rather than what somebody typed."""
        return len(self.words) > LOG_WORDS

    def __bool__(self) -> bool:
        return bool(self.words or self.grams or self.identifiers)


class _Sudachi:
    """One dictionary for the process, and as many tokenizers as work at a time (none can be shared)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Tokenizer] = []
        self._dictionary: Dictionary | None = None
        self._kept: list[bool] = []
        self._keys: dict[str, str] = {}

    def tokens(self, text: str) -> Iterator[Token]:
        """Yield the words of a folded text; the positions are those in `text`."""
        with self._tokenizer(text) as tokenizer:
            kept, keys = self._kept, self._keys
            for offset, chunk in _chunks(text):
                for morpheme in tokenizer.tokenize(chunk):
                    if not kept[morpheme.part_of_speech_id()]:
                        continue
                    normal = morpheme.normalized_form()
                    key = keys.get(normal)
                    if key is None:
                        key = self._remember(normal)
                    if key:
                        yield Token(key, offset + morpheme.begin(), offset + morpheme.end())

    def keys(self, text: str) -> list[str]:
        """Return the words of a folded text in order; the quick form of `tokens` for whole documents."""
        found: list[str] = []
        with self._tokenizer(text) as tokenizer:
            kept, keys = self._kept, self._keys
            for _, chunk in _chunks(text):
                for morpheme in tokenizer.tokenize(chunk):
                    if kept[morpheme.part_of_speech_id()]:
                        normal = morpheme.normalized_form()
                        key = keys.get(normal)
                        found.append(self._remember(normal) if key is None else key)
        return [key for key in found if key]

    def reading(self, text: str) -> str:
        """Return how a folded text is read, in katakana; signs as they are."""
        with self._tokenizer(text) as tokenizer:
            return "".join(
                morpheme.surface() if morpheme.part_of_speech()[0] in _SIGNS else morpheme.reading_form()
                for _, chunk in _chunks(text)
                for morpheme in tokenizer.tokenize(chunk)
            )

    def beginnings(self, text: str) -> Iterator[int]:
        """Yield where in a folded text a word may begin: everywhere but at particles and 為る."""
        with self._tokenizer(text) as tokenizer:
            for offset, chunk in _chunks(text):
                for morpheme in tokenizer.tokenize(chunk):
                    if morpheme.part_of_speech()[0] not in _GLUE and morpheme.normalized_form() != "為る":
                        yield offset + morpheme.begin()

    def _remember(self, normal: str) -> str:
        if len(self._keys) > 200_000:
            self._keys.clear()
        key = self._keys[normal] = word_key(normal)
        return key

    @contextmanager
    def _tokenizer(self, text: str) -> Iterator[Tokenizer]:
        """Lend a tokenizer for the text. After a long one it is not kept: it would hold the memory for it."""
        try:
            tokenizer = self._idle.pop()  # the one used last: with few at work, few are kept
        except IndexError:
            tokenizer = self._new()
        yield tokenizer
        if len(text) <= _LONG_TEXT:
            self._idle.append(tokenizer)

    def _new(self) -> Tokenizer:
        with self._lock:
            if self._dictionary is None:
                self._dictionary = Dictionary(dict="core")
                self._kept = list(_kept_parts_of_speech(self._dictionary))
            return self._dictionary.tokenizer(mode=SplitMode.A)


def _kept_parts_of_speech(dictionary: Dictionary) -> Iterator[bool]:
    """Yield for each part-of-speech id whether its words are kept."""
    number = 0
    while (part := dictionary.pos_of(number)) is not None:
        yield part[0] in _KEPT
        number += 1


def _chunks(text: str) -> Iterator[tuple[int, str]]:
    """Yield (offset, piece) of at most _SUDACHI_CHARS, cut after a line or a sentence where there is one."""
    start = 0
    while len(text) - start > _SUDACHI_CHARS:
        window = text[start : start + _SUDACHI_CHARS]
        cut = max(window.rfind("\n"), window.rfind("。"), window.rfind(" ")) + 1 or _SUDACHI_CHARS
        yield start, window[:cut]
        start += cut
    yield start, text[start:]


_sudachi = _Sudachi()


def fingerprint() -> str:
    """Return what the tokens depend on: this analyser and the dictionary."""
    return f"{ANALYSER_VERSION} {_dictionary_version()}"


@cache
def _dictionary_version() -> str:
    return f"sudachi {version('SudachiPy')} core {version('sudachidict_core')}"


def word_key(normal: str) -> str:
    """Return the index's spelling of a normalised word, "" for a stop word."""
    key = fold(normal).strip()
    if _LATIN.fullmatch(key):
        key = stem(key)
    return "" if key in STOP else key[:_LONGEST_WORD]


def stem(word: str) -> str:
    """Return a lower-case English word without its plural, -ing or -ed; lightly, never below 3 letters."""
    word = word.removesuffix("'s").replace("'", "")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    for ending in ("ing", "ed"):
        base = word.removesuffix(ending)
        if base != word and len(base) >= 3 and re.search("[aeiouy]", base):
            return base[:-1] if base[-1] == base[-2] and base[-1] not in "lsz" else base
    return word


def words(text: str) -> list[str]:
    """Return the words of a document's text in order, identifiers cut out."""
    folded = fold(text)
    return _sudachi.keys(identifiers.blank(folded, list(identifiers.find(folded))))


def reading(folded: str) -> str:
    """Return how a folded text is read, in katakana; signs as they are."""
    return _sudachi.reading(folded)


def beginnings(folded: str) -> frozenset[int]:
    """Return where in a folded text a word may begin."""
    return frozenset(_sudachi.beginnings(folded))


def identifier_counts(text: str) -> dict[str, float]:
    """Return the identifiers of a document's text, whole and in parts, with their counts."""
    folded = fold(text)
    counts: Counter[str] = Counter()
    for item in identifiers.find(folded):
        counts[item.key] += 1
        counts.update(item.parts)
    counts.update(item.key for item in identifiers.find_spaced(folded))
    return {key: float(n) for key, n in counts.items()}


def tokens(folded: str) -> list[Token]:
    """Return the words of a folded text and where they stand, identifiers cut out."""
    return list(_sudachi.tokens(identifiers.blank(folded, list(identifiers.find(folded)))))


def grams(folded: str) -> dict[str, float]:
    """Return the 2-grams of a folded text with their counts: letters and digits only, not all hiragana.

    Web addresses give none: they are long, and nobody types one with a slip.
    """
    text = identifiers.ADDRESS.sub(" ", folded)
    counts = Counter(map(add, text, text[1:]))
    return {gram: float(n) for gram, n in counts.items() if _is_gram(gram)}


def typed_grams(term: Term) -> tuple[str, ...]:
    """Return the grams of what was typed for a word, hiragana read as katakana.

    None for a Latin word of three letters or fewer: its pairs are in too many other words.
    """
    found = tuple(grams(katakana(fold(term.typed))))
    return () if len(found) < 3 and any(_LATIN_GRAM.fullmatch(gram) for gram in found) else found


@lru_cache(maxsize=100_000)
def _is_gram(gram: str) -> bool:
    return _WORDLIKE_GRAM.fullmatch(gram) is not None and _HIRAGANA_GRAM.fullmatch(gram) is None


def analyse_query(text: str) -> Query:
    """Return what a query asks for. Any text will do; only its first QUERY_CHARS characters count."""
    text = text[:QUERY_CHARS]
    folded, origin = fold_with_offsets(text)
    found = list(identifiers.find(folded))

    def typed(start: int, end: int) -> str:
        return text[origin[start] : origin[end]].strip()

    words = [
        Term(token.key, _weight(token, folded), typed(token.start, token.end), token.start, token.end)
        for token in tokens(folded)
    ]
    whole = [Term(i.key, WHOLE_WEIGHT, typed(i.start, i.end)) for i in found]
    spaced = [Term(i.key, WHOLE_WEIGHT, "") for i in identifiers.find_spaced(folded)]
    parts = [Term(part, PART_WEIGHT, "") for i in found for part in i.parts]
    plain = grams(folded)
    runs = (fold(katakana(run)) for run in _HIRAGANA_RUN.findall(folded))
    readings = sorted({gram for run in runs for gram in grams(run)} - plain.keys())
    return Query(
        words=_first(words, QUERY_WORDS),
        grams=_first((Term(gram, _gram_weight(gram), "") for gram in plain), QUERY_GRAMS),
        rare_grams=_first((Term(gram, 1.0, "") for gram in readings), QUERY_GRAMS),
        identifiers=_first(whole + spaced + parts, QUERY_WORDS),
        folded=folded,
    )


def _weight(token: Token, folded: str) -> float:
    """Return what a word of a query weighs; the つく of について is none."""
    only_asks = token.key in ASKING or folded.startswith("について", max(0, token.start - 1))
    return ASKING_WEIGHT if only_asks else 1.0


def _gram_weight(gram: str) -> float:
    return LATIN_GRAM_WEIGHT if _LATIN_GRAM.fullmatch(gram) else 1.0


def _first(terms: Iterable[Term], most: int) -> tuple[Term, ...]:
    """Return the first `most` terms, each key once."""
    kept: dict[str, Term] = {}
    for term in terms:
        kept.setdefault(term.key, term)
        if len(kept) == most:
            break
    return tuple(kept.values())
