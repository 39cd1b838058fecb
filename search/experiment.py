"""What each idea of the ranking is worth: the search as it is beside the search without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from zlib import crc32

from search.evaluate import (
    Grades,
    Indexed,
    Queries,
    dropped,
    indexed,
    judged,
    mean,
    read_grades,
    read_lines,
    reciprocal_rank,
    success,
)
from search.index import Progress
from search.tuning import TUNED, Tuning

Changes = Mapping[str, float]
Following = Callable[[int], AbstractContextManager[Progress]]
"""The number of documents -> who is told how many are indexed, until all are."""
DIGITS = 4
WHOLE = "the search as it is"
NO_DIFFERENCE = "makes no difference"
_SHAPES = {"k1", "b", "cover_floor"}
"""How something is reckoned; the rest of `Tuning` is what an idea weighs, 0 without it."""
_NAMES = {
    "rare_grams": "katakana read from hiragana",
    "cover_power": "cover",
    "near": "near words",
    "together": "words in one place",
    "lead": "lead",
    "title": "share of the title",
    "order": "order in the title",
    "end": "end of the title",
    "exact": "exact title",
    "synonyms": "dictionary synonyms",
    "kanji": "kanji alone",
}
_SECOND_LOOK = ("cover_power", "near", "together", "lead", "title", "order", "end", "exact")
_OTHER_WORDS = ("synonyms", "thesaurus", "readings", "spelling", "kanji")


def _ideas() -> dict[str, Changes]:
    """Return {row of the table: what to change in the tuning}, each number by itself, then several."""
    numbers = [field.name for field in fields(Tuning) if field.name not in _SHAPES]
    ideas: dict[str, Changes] = {f"without {_NAMES.get(name, name)}": {name: 0.0} for name in numbers}
    ideas["without any other words"] = dict.fromkeys(_OTHER_WORDS, 0.0)
    ideas["without the second look"] = dict.fromkeys(_SECOND_LOOK, 0.0)
    ideas["without any of these: plain"] = dict.fromkeys(numbers, 0.0)
    return ideas


IDEAS = _ideas()
_WIDTH = max(map(len, (WHOLE, *IDEAS)))


@dataclass(frozen=True)
class Files:
    """A collection: documents, queries and grades, as `flask search evaluate` takes them."""

    docs: Path
    queries: Path
    qrels: Path


@dataclass(frozen=True)
class Figures:
    """MRR of each half, SR@1 of both, MRR of the check collection (None without one)."""

    half_a: float
    half_b: float
    first: float
    check: float | None


@dataclass(frozen=True, eq=False)
class Collection:
    """An indexed collection with what to ask of it."""

    indexed: Indexed
    queries: Queries
    grades: Grades

    def ask(self, tuning: Tuning) -> list[tuple[int, float, float]]:
        """Return (half, reciprocal rank, success) of each query; halves by the checksum of the query's id."""
        self.indexed.snapshot.forget()  # scores depend on the tuning
        found = []
        for key, text in self.queries:
            names = [name for name, _ in self.indexed.ask(text, tuning)]
            one = names, self.grades[key]
            found.append((half(key), reciprocal_rank(*one), success(*one)))
        return found


def half(query: str) -> int:
    """Return the half that a query belongs to by its id: 0 is A, 1 is B."""
    return crc32(query.encode()) & 1


def experiment(
    files: Files,
    check: Files | None = None,
    limit: int | None = None,
    drop_one_by: int | None = None,
    follow: Following = lambda _: nullcontext(lambda _: None),
) -> Iterator[str]:
    """Index each collection once, ask the judged queries with and without each idea, yield the table.

    limit: ask only so many queries of each collection. drop_one_by: a seed, to drop a character of each
    query; those of the check collection stay as they are.
    """
    with ExitStack() as stack:
        main = _opened(files, limit, drop_one_by, stack, follow)
        other = _opened(check, limit, None, stack, follow) if check else None
        yield from _conditions(main, other, drop_one_by)
        whole = _figures(main, other, TUNED)
        yield row(WHOLE, whole, whole)
        for idea, changes in IDEAS.items():
            yield row(idea, _figures(main, other, replace(TUNED, **changes)), whole)


def _opened(
    files: Files, limit: int | None, seed: int | None, stack: ExitStack, follow: Following
) -> Collection:
    grades = read_grades(files.qrels)
    queries = judged(files.queries, grades, limit, seed)
    with follow(sum(1 for _ in read_lines(files.docs))) as progress:
        return Collection(stack.enter_context(indexed(files.docs, progress)), queries, grades)


def _conditions(main: Collection, check: Collection | None, seed: int | None) -> Iterator[str]:
    """Yield what was asked, and the head of the table."""
    b = sum(half(key) for key, _ in main.queries)
    yield f"documents  {len(main.indexed.names)}, queries {len(main.queries) - b} (A) + {b} (B)"
    if check:
        yield f"check      {len(check.indexed.names)}, queries {len(check.queries)}"
    if seed is not None:
        yield f"dropped    {dropped(seed)}"
    yield ""
    heads = [f"{head:15}" for head in ("MRR, half A", "MRR, half B", "SR@1", "MRR, check")]
    yield f"| {'':{_WIDTH}} | {' | '.join(heads)} | {'verdict':{len(NO_DIFFERENCE)}} |"
    yield "|---" * 6 + "|"


def _figures(main: Collection, check: Collection | None, tuning: Tuning) -> Figures:
    asked = main.ask(tuning)
    return Figures(
        half_a=mean([rank for number, rank, _ in asked if number == 0]),
        half_b=mean([rank for number, rank, _ in asked if number == 1]),
        first=mean([one for _, _, one in asked]),
        check=mean([rank for _, rank, _ in check.ask(tuning)]) if check else None,
    )


def row(name: str, figures: Figures, whole: Figures) -> str:
    """Return a line of the table: each figure with its difference to the whole, and the verdict."""
    cells = [_cell(*pair) for pair in _pairs(figures, whole)]
    verdict = "" if figures is whole else _verdict(figures, whole)
    return f"| {name:{_WIDTH}} | {' | '.join(cells)} | {verdict:{len(NO_DIFFERENCE)}} |"


def _pairs(figures: Figures, whole: Figures) -> Iterator[tuple[float | None, float | None]]:
    return zip(astuple(figures), astuple(whole), strict=True)


def _cell(figure: float | None, whole: float | None) -> str:
    if figure is None or whole is None:
        return f"{'–':15}"
    shown = f"{figure:.{DIGITS}f}"
    difference = _difference(figure, whole)
    return f"{shown} {difference:+.{DIGITS}f} " if difference else f"{shown:15}"


def _verdict(without: Figures, whole: Figures) -> str:
    if all(a is None or b is None or not _difference(a, b) for a, b in _pairs(without, whole)):
        return NO_DIFFERENCE
    return "earns its place" if earns_its_place(without, whole) else "does not"


def earns_its_place(without: Figures, whole: Figures) -> bool:
    """Return whether an idea gains on one half and loses neither on the other nor on the check collection.

    Its gain is that of the whole over the search without it, in the digits that are shown.
    """
    halves = [_difference(whole.half_a, without.half_a), _difference(whole.half_b, without.half_b)]
    check = _difference(whole.check or 0.0, without.check or 0.0)
    return max(halves) > 0 and min(*halves, check) >= 0


def _difference(left: float, right: float) -> float:
    """Return left - right of the figures as they are shown."""
    return round(round(left, DIGITS) - round(right, DIGITS), DIGITS)
