"""What was meant by what was typed: kana for kanji, Latin letters for kana, a slip of the finger.

All of it is taken from the words of the index, so that nothing is proposed that would find nothing; and
whoever calls says which words exist for the reader, so that nothing is proposed that they may not know of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from search import analysis, identifiers, romaji
from search.analysis import Other, Query, Term
from search.folding import hiragana
from search.lexicon import Lexicon, sound
from search.tuning import Tuning

Count = Callable[[str], int]
"""How many documents that the reader may find have a word."""
Known = Callable[[tuple[str, ...]], bool]
"""Whether the thesaurus has words for these: who typed them meant them, however rare they are."""
_HIRAGANA = re.compile("[ぁ-ゖ][ぁ-ゖー]{2,}")
_KATAKANA = re.compile("[ァ-ヺ][ァ-ヺー]{2,}")
_LATIN = re.compile(r"(?<![a-z0-9_.@/\\-])[a-z]{2}[a-z'-]*[a-z-](?![a-z0-9_.@/\\-])")
_SPELT = re.compile("[ァ-ヺー]{2,20}|[a-z][a-z+'-]{1,29}|[0-9]{3,9}")
_IN_A_NAME = re.compile(r"[a-z0-9][._@/\\:-]$|^[._@/\\:-][a-z0-9]")
"""What a word of a name has around it: io of java.io.IOException is no slip."""
_KANJI = re.compile("[一-鿿]")
_CARRIES = re.compile("[ァ-ヺー一-鿿々]")
"""What the hiragana behind it mostly belong to."""
_BESIDE = "はがをにへともでのやか"
_CODE_LETTERS = 4
"""Letters of a code before its number; more are a word: outlok 2019."""
_LONGEST = 12
_MOST = 6
_MOST_WITH_KANJI = 16
_RARE = 10
_RARER = 8
"""A word in so few documents may be a slip that an article has too, if a near word is in so many times
more;"""
_COMMONLY_SHORT = re.compile("[a-z0-9]{0,3}|[ァ-ヺー]{0,2}")
"""but not one as short as this."""
_KNOWN_SHARE = 0.4
"""Of the letters of katakana, so many have to belong to known words once they are read as hiragana."""
_TWO_SLIPS = 7
"""Letters from which two slips in one word are forgiven."""


@dataclass(frozen=True)
class Stretch:
    """A part of the folded query, [start, end), for which each of the candidates stands.

    written: what to write there instead, "" if that is anybody's guess; sure: as of `Other`.
    """

    start: int
    end: int
    candidates: tuple[str, ...]
    weight: float
    written: str = ""
    sure: bool = False

    @property
    def place(self) -> tuple[int, int]:
        """Where it starts and ends."""
        return self.start, self.end


def understand(
    query: Query, lexicons: Sequence[Lexicon], count: Count, known: Known, tuning: Tuning
) -> Query:
    """Return the query with the words that it was perhaps meant to have, in place of those it has."""
    if not query.folded or query.is_log:  # a log says itself what it says, and it would take long
        return query
    asked = query.folded
    stretches: list[Stretch] = []
    latin: list[Stretch] = []
    if tuning.readings:
        query, latin = _in_kana(_in_hiragana(query, lexicons, count, known), lexicons, count)
        stretches += _read(query, lexicons, count, tuning)
    if tuning.spelling or tuning.kanji:
        stretches += _slips(query, lexicons, count, known, tuning, stretches)
    # From the end, so that the places of the words before stay what they are.
    for stretch in sorted(stretches, key=lambda stretch: -stretch.start):
        query = _with(query, stretch)
    meant = _corrected(query.folded, [*stretches, *_unread(query, latin, stretches, count)])
    return replace(query, correction=meant if meant != asked else "")


def _corrected(folded: str, stretches: Iterable[Stretch]) -> str:
    """Return the query with what is written in place of each stretch."""
    written: dict[tuple[int, int], str] = {}
    for stretch in stretches:
        if stretch.written:
            written[stretch.place] = written.get(stretch.place, "") + stretch.written
    for (start, end), words in sorted(written.items(), reverse=True):
        folded = folded[:start] + words + folded[end:]
    return folded


def _with(query: Query, stretch: Stretch) -> Query:
    """Return the query with the candidates for a stretch of it.

    Where they are sure the words that the stretch was cut into were none: it becomes one word.
    """
    words = query.words
    covered = [at for at, term in enumerate(words) if term.start < stretch.end and term.end > stretch.start]
    first = covered[0] if covered else sum(term.end <= stretch.start for term in words)
    last = covered[-1] + 1 if covered else first
    if stretch.sure or not covered:
        new = Term(
            query.folded[stretch.start : stretch.end], 1.0, _typed(query, covered, stretch), *stretch.place
        )
        moved = tuple(_moved(other, first, last) for other in query.others)
        query = replace(query, words=(*words[:first], new, *words[last:]), others=moved)
        last = first + 1
    others = (Other(first, last, (key,), stretch.weight, stretch.sure) for key in stretch.candidates)
    return replace(query, others=(*query.others, *others))


def _moved(other: Other, first: int, last: int) -> Other:
    """Return the other wording where it stands once words[first:last] have become one word."""
    less = last - first - 1
    if other.first >= last:
        return replace(other, first=other.first - less, last=other.last - less)
    if other.last > first:
        return replace(other, first=min(other.first, first), last=max(first + 1, other.last - less))
    return other


def _typed(query: Query, covered: Sequence[int], stretch: Stretch) -> str:
    """Return what was typed for a stretch: romaji stay romaji."""
    terms = [query.words[at] for at in covered]
    typed = {term.typed for term in terms}
    whole = terms and (terms[0].start, terms[-1].end) == stretch.place
    if len(typed) == 1 and (whole or terms[0].typed.isascii()):
        return terms[0].typed
    return query.folded[stretch.start : stretch.end]


def _stands_nowhere(typed: str, count: Count) -> bool:
    """Return whether no word of it is in the index; words that are never indexed do not count."""
    keys = analysis.words(typed)
    return bool(keys) and not any(map(count, keys))


def _unread(
    query: Query, latin: Iterable[Stretch], stretches: Sequence[Stretch], count: Count
) -> Iterator[Stretch]:
    """Yield the kana in which nothing was understood: audio is not offered as あうぢお."""
    for run in latin:
        inside = [word for word in query.words if run.start <= word.start and word.end <= run.end]
        said = [word for word in inside if word.end - word.start > 1]  # お is no word that stands somewhere
        known = any(word.weight < 1 or count(word.key) for word in said)
        if not known and not any(run.start < one.end and one.start < run.end for one in stretches):
            yield run


def _in_hiragana(query: Query, lexicons: Sequence[Lexicon], count: Count, known: Known) -> Query:
    """Return the query with what stands nowhere in katakana read as hiragana, where that gives words
    (カードヨメナイ), each with what was typed for it."""
    folded = query.folded
    strange = [w.start for w in query.words if not count(w.key) and not known((w.key,))]
    for run in _KATAKANA.finditer(folded):
        at = next((start for start in strange if run.start() <= start < run.end()), None)
        if at is None:
            continue
        at += _known_beginning(folded[at : run.end()], count)
        if not _nearest(folded[at : run.end()], lexicons, count, 1):
            read = folded[:at] + hiragana(folded[at : run.end()]) + folded[run.end() :]
            words = [w for w in analysis.analyse_query(read).words if at <= w.start < run.end()]
            stand = sum(w.end - w.start for w in words if w.end - w.start > 1 and count(w.key))
            if stand > _KNOWN_SHARE * (run.end() - at):
                folded = read
    if folded == query.folded:
        return query
    again = analysis.analyse_query(folded)
    typed = {term.start: term.typed for term in query.words}
    words = [replace(w, typed=typed.get(w.start, query.folded[w.start : w.end])) for w in again.words]
    return replace(again, words=tuple(words))


def _known_beginning(kana: str, count: Count) -> int:
    """Return the length of the longest known word that katakana begin with, the whole of it left out."""
    return next((length for length in range(len(kana) - 1, 1, -1) if count(kana[:length])), 0)


def _in_kana(query: Query, lexicons: Sequence[Lexicon], count: Count) -> tuple[Query, list[Stretch]]:
    """Return the query with the words in kana that were typed while the input method was off, and where
    each of them stands there, written as it was typed."""
    folded = query.folded
    latin: list[Stretch] = []
    for run in reversed(list(_LATIN.finditer(folded))):
        if _in_a_code(query.folded, run.start()):
            continue
        kana = hiragana(romaji.kana(run[0]))
        if len(kana) > 1 and _stands_nowhere(run[0], count) and not _nearest(run[0], lexicons, count, 1):
            folded = folded[: run.start()] + kana + folded[run.end() :]
            more = len(kana) - len(run[0])
            latin = [replace(one, start=one.start + more, end=one.end + more) for one in latin]
            latin.append(Stretch(run.start(), run.start() + len(kana), (), 0.0, run[0]))
    if not latin:
        return query, []
    typed = {at: one.written for one in latin for at in range(*one.place)}
    query = analysis.analyse_query(folded)
    words = (replace(term, typed=typed.get(term.start, term.typed)) for term in query.words)
    return replace(query, words=tuple(words)), latin


def _read(query: Query, lexicons: Sequence[Lexicon], count: Count, tuning: Tuning) -> Iterator[Stretch]:
    """Yield what stands in kana and is in the index another way."""
    typed = {term.key for term in query.words}
    for start, kana, begins in _runs(query, count):
        at = 0
        while at < len(kana):
            length, found = _longest(kana, at, lexicons, count) if at in begins else (0, ())
            if found and not typed.intersection(found):
                written = _without_ending(found[0], kana[at : at + length])
                yield Stretch(start + at, start + at + length, found, tuning.readings, written, True)
            at += length or 1


def _runs(query: Query, count: Count) -> Iterator[tuple[int, str, frozenset[int]]]:
    """Yield (start, katakana, where in it a word may begin)."""
    folded = query.folded
    hiragana_runs = list(_HIRAGANA.finditer(folded))
    begins = analysis.beginnings(folded) if hiragana_runs else frozenset()
    for run in hiragana_runs:
        alone = {0} if not _CARRIES.match(folded[run.start() - 1 : run.start()]) else set()
        yield run.start(), sound(run[0]), frozenset({at - run.start() for at in begins} | alone)
    for run in _KATAKANA.finditer(folded):
        cut = (term.key for term in query.words if run.start() <= term.start < run.end())
        if not all(map(count, cut)):
            yield run.start(), sound(run[0]), frozenset([0])


def _longest(kana: str, at: int, lexicons: Sequence[Lexicon], count: Count) -> tuple[int, tuple[str, ...]]:
    """Return the length of the longest known reading from `at` on, 0 for none, and the words read so.

    One of three letters or fewer counts only where the run ends with it or a particle may follow.
    """
    for length in range(min(_LONGEST, len(kana) - at), 2, -1):
        rest = kana[at + length :]
        if length == 3 and rest and rest[0] not in sound(_BESIDE):
            continue
        words = {word for lexicon in lexicons for word in lexicon.read(kana[at : at + length])}
        if found := _commonest(words, count, _MOST):
            return length, found
    return 0, ()


def _without_ending(word: str, kana: str) -> str:
    """Return the word as far as it was typed: 忘れ of 忘れる where ワスレ was read."""
    return word[:-1] if "ぁ" <= word[-1] <= "ゖ" and sound(word[-1]) != kana[-1:] else word


def _commonest(words: Iterable[str], count: Count, most: int) -> tuple[str, ...]:
    """Return the words that exist for the reader, those of most documents first."""
    counts = {word: count(word) for word in words}
    known = sorted((word for word in counts if counts[word]), key=lambda word: (-counts[word], word))
    return tuple(known[:most])


def _slips(
    query: Query,
    lexicons: Sequence[Lexicon],
    count: Count,
    known: Known,
    tuning: Tuning,
    read: Sequence[Stretch],
) -> Iterator[Stretch]:
    """Yield the words near to what stands nowhere, and those with a kanji that stands alone."""
    taken = [stretch.place for stretch in read]
    for start, end in _doubtful(query, count, known):
        if any(start < last and first < end for first, last in taken):
            continue
        text = query.folded[start:end]
        if _KANJI.fullmatch(text):
            words = {word for lexicon in lexicons for word in lexicon.with_kanji(text)}
            found = _commonest(words, count, _MOST_WITH_KANJI) if tuning.kanji else ()
            yield Stretch(start, end, found, tuning.kanji)
        elif tuning.spelling:
            stands = min(count(term.key) for term in query.words if start <= term.start < end)
            near = _nearest(text, lexicons, count, 1 if stands or len(text) < _TWO_SLIPS else 2)
            if commoner := tuple(word for word in near if count(word) > _RARER * stands):
                written = "" if stands else near[commoner[0]]
                yield Stretch(start, end, commoner, tuning.spelling, written)


def _doubtful(query: Query, count: Count, known: Known) -> Iterator[tuple[int, int]]:
    """Yield the parts of the folded query that may be misspelt: words that stand nowhere, with the
    neighbours of the same script that they were cut from, and kanji that stand alone. A word of the thesaurus
    is none (ネット is no slip of セット), nor one that only asks (how, my)."""
    for first, last in _pieces(query):
        terms = query.words[first:last]
        place = terms[0].start, terms[-1].end
        text = query.folded[slice(*place)]
        most = 0 if _COMMONLY_SHORT.fullmatch(text) else _RARE
        rare = min(count(term.key) for term in terms) <= most
        meant = known(tuple(term.key for term in terms)) or all(term.weight < 1 for term in terms)
        misspelt = _SPELT.fullmatch(text) and rare and not meant
        named = _in_a_name(query.folded, *place) or _in_a_code(query.folded, place[0])
        if (misspelt and not named) or _KANJI.fullmatch(text):
            yield place


def _in_a_code(folded: str, at: int) -> bool:
    """Return whether a code written with a space (ORA 12541) holds the letter at `at`."""
    codes = (code for code in identifiers.find_spaced(folded) if code.start <= at < code.end)
    return any(folded.index(" ", code.start) - code.start <= _CODE_LETTERS for code in codes)


def _in_a_name(folded: str, start: int, end: int) -> bool:
    """Return whether the word at folded[start:end] is a part of a name written with dots, dashes, slashes."""
    around = folded[max(0, start - 2) : start], folded[end : end + 2]
    return any(_IN_A_NAME.search(side) for side in around)


def _pieces(query: Query) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of the query's words that follow each other without a gap in katakana, and of
    each other word by itself."""
    words = query.words
    first = 0
    for at in range(1, len(words) + 1):
        joined = at < len(words) and words[at - 1].end == words[at].start
        if not (joined and _is_katakana(query, at - 1) and _is_katakana(query, at)):
            yield first, at
            first = at


def _is_katakana(query: Query, at: int) -> bool:
    return "ァ" <= query.folded[query.words[at].start] <= "ヺ"


def _nearest(text: str, lexicons: Sequence[Lexicon], count: Count, most: int) -> dict[str, str]:
    """Return {word: how it is spelt} of those that differ from a text by the fewest slips."""
    near = [one for lexicon in lexicons for one in lexicon.near(text, most) if one.slips]
    for slips in range(1, most + 1):
        spelt = {one.word: one.spelt for one in near if one.slips == slips}
        if found := _commonest(spelt, count, _MOST):
            return {word: spelt[word] for word in found}
    return {}
