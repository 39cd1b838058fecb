"""Measures search over a collection with judged queries, through the production analysis and scoring."""

import gzip
import json
import math
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from search.analysis import analyse_query
from search.fields import Document
from search.index import Index, Progress
from search.scoring import search
from search.snapshot import Snapshot, Snapshots
from search.thesaurus import Thesaurus, shipped
from search.tuning import TUNED, Tuning

DEPTH = 10
Grades = Mapping[str, Mapping[str, int]]
Run = Mapping[str, Sequence[tuple[str, float]]]
Queries = list[tuple[str, str]]


@dataclass(frozen=True)
class Report:
    """Means over the judged queries at DEPTH; latencies in milliseconds; index_seconds for all documents.

    dropped: the seed by which a character of each query was dropped, None where they stand as they are.
    """

    documents: int
    queries: int
    mrr: float
    ndcg: float
    recall: float
    success: float
    p50: float
    p95: float
    index_seconds: float
    dropped: int | None = None

    def lines(self) -> Iterator[str]:
        """Yield the report as the command prints it."""
        yield f"documents  {self.documents}"
        yield f"queries    {self.queries}"
        if self.dropped is not None:
            yield f"dropped    {dropped(self.dropped)}"
        yield f"MRR        {self.mrr:.4f}"
        yield f"nDCG@{DEPTH}    {self.ndcg:.4f}"
        yield f"R@{DEPTH}       {self.recall:.4f}"
        yield f"SR@1       {self.success:.4f}"
        yield f"p50        {self.p50:.1f} ms"
        yield f"p95        {self.p95:.1f} ms"
        yield f"indexing   {self.index_seconds:.1f} s"


def read_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a text file, gzipped or not, empty ones left out."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        yield from (line for line in (raw.rstrip("\r\n") for raw in file) if line)


def read_queries(path: Path) -> Queries:
    """Return (id, text) of each query. Raises ValueError or KeyError on a line that is none."""
    rows = (json.loads(line) for line in read_lines(path))
    return [(str(row["id"]), str(row["text"])) for row in rows]


def read_grades(path: Path) -> Grades:
    """Return {query: {document: grade}} of a qrels.tsv (query, document, grade), with or without a header."""
    grades: dict[str, dict[str, int]] = defaultdict(dict)
    for number, line in enumerate(read_lines(path)):
        query, document, grade = line.split("\t")[:3]
        if number == 0 and not grade.lstrip("-").isdigit():
            continue
        grades[query][document] = int(grade)
    return grades


def judged(
    queries: Path, grades: Grades, limit: int | None = None, drop_one_by: int | None = None
) -> Queries:
    """Return (id, text) of the queries with a right document, the first `limit` of them.

    drop_one_by: a seed, to drop a character of each. It goes through the whole file, so that a query loses
    the same one whatever the limit and the grades.
    """
    asked = read_queries(queries)
    if drop_one_by is not None:
        chance = random.Random(drop_one_by)  # noqa: S311 (nothing is kept secret by it)
        asked = [(key, drop_one(text, chance)) for key, text in asked]
    return [(key, text) for key, text in asked if any(grades.get(key, {}).values())][:limit]


def drop_one(text: str, chance: random.Random) -> str:
    """Return a text without one of its characters. White space stays, and so does a character alone."""
    places = [at for at, character in enumerate(text) if not character.isspace()]
    if len(places) < 2:
        return text
    at = chance.choice(places)
    return text[:at] + text[at + 1 :]


def dropped(seed: int) -> str:
    """Return what the reports say of queries that have lost a character."""
    return f"one character of each query (seed {seed})"


@dataclass(frozen=True, eq=False)
class Indexed:
    """A collection that can be asked. names: of the documents, by the ids that the index has for them."""

    snapshot: Snapshot
    names: Sequence[str]
    seconds: float

    def ask(self, text: str, tuning: Tuning = TUNED) -> list[tuple[str, float]]:
        """Return (document, score) of the first DEPTH."""
        allowed = self.snapshot.rows.allowed(lambda _: True)
        query = analyse_query(text)
        answer = search(self.snapshot, query, allowed, limit=DEPTH, thesaurus=_shipped(), tuning=tuning)
        return [(self.names[hit.id], hit.score) for hit in answer.hits]


@cache
def _shipped() -> Thesaurus:
    return Thesaurus.of(shipped())


@contextmanager
def indexed(docs: Path, progress: Progress | None = None) -> Iterator[Indexed]:
    """Index docs (one JSON object a line: id, title, text) in a temporary place for as long as it is held."""
    with tempfile.TemporaryDirectory(prefix="search-") as place:
        names, seconds = _index(Index(Path(place)), docs, progress)
        snapshots = Snapshots(Index(Path(place)))
        with snapshots.newest() as snapshot:
            yield Indexed(snapshot, names, seconds)
        snapshots.close()


def evaluate(
    docs: Path,
    queries: Path,
    qrels: Path,
    limit: int | None = None,
    progress: Progress | None = None,
    drop_one_by: int | None = None,
) -> tuple[Report, Run]:
    """Index docs in a temporary place, ask the judged queries and return how it went.

    limit, drop_one_by: as of `judged`. Each query is timed once with caches warm, after a first, untimed
    round.
    """
    grades = read_grades(qrels)
    asked = judged(queries, grades, limit, drop_one_by)
    with indexed(docs, progress) as collection:
        run = {key: collection.ask(text) for key, text in asked}
        times = sorted(_milliseconds(collection, text) for _, text in asked)
    return _report(collection, run, grades, times, drop_one_by), run


def _index(index: Index, docs: Path, progress: Progress | None) -> tuple[list[str], float]:
    """Index the documents; return their names in the order of the ids given to them, and the seconds."""
    names: list[str] = []
    started = time.perf_counter()
    index.rebuild(_documents(docs, names), progress)
    return names, time.perf_counter() - started


def _documents(path: Path, names: list[str]) -> Iterator[Document]:
    now = datetime.now(UTC)
    for number, line in enumerate(read_lines(path)):
        row = json.loads(line)
        names.append(str(row["id"]))
        yield Document(
            id=number,
            title=str(row.get("title") or ""),
            symptom="",
            error_codes=(),
            environment="",
            synonyms=(),
            body=str(row.get("text") or ""),
            kind="",
            audience="",
            confidence="validated",
            owner_id=None,
            components=(),
            updated=now,
        )


def _milliseconds(collection: Indexed, text: str) -> float:
    started = time.perf_counter()
    collection.ask(text)
    return (time.perf_counter() - started) * 1000


def _report(
    collection: Indexed, run: Run, grades: Grades, times: Sequence[float], seed: int | None
) -> Report:
    found = [([name for name, _ in hits], grades[key]) for key, hits in run.items()]
    return Report(
        documents=len(collection.names),
        queries=len(found),
        mrr=mean([reciprocal_rank(*one) for one in found]),
        ndcg=mean([ndcg(*one) for one in found]),
        recall=mean([recall(*one) for one in found]),
        success=mean([success(*one) for one in found]),
        p50=_percentile(times, 50),
        p95=_percentile(times, 95),
        index_seconds=collection.seconds,
        dropped=seed,
    )


def reciprocal_rank(names: Sequence[str], grades: Mapping[str, int]) -> float:
    """Return 1 over the rank of the first right document, 0 if none is there."""
    return next((1 / rank for rank, name in enumerate(names[:DEPTH], 1) if grades.get(name, 0) > 0), 0.0)


def success(names: Sequence[str], grades: Mapping[str, int]) -> float:
    """Return 1 if the first document is a right one, else 0."""
    return float(any(grades.get(name, 0) > 0 for name in names[:1]))


def ndcg(names: Sequence[str], grades: Mapping[str, int]) -> float:
    """Return nDCG at DEPTH with gain 2^grade - 1."""
    best = sorted(grades.values(), reverse=True)[:DEPTH]
    ideal = _gain(best)
    return _gain([grades.get(name, 0) for name in names[:DEPTH]]) / ideal if ideal else 0.0


def _gain(grades: Sequence[int]) -> float:
    return sum((2.0 ** max(grade, 0) - 1) / math.log2(rank + 1) for rank, grade in enumerate(grades, 1))


def recall(names: Sequence[str], grades: Mapping[str, int]) -> float:
    """Return the share of the right documents that are among the first DEPTH."""
    right = {name for name, grade in grades.items() if grade > 0}
    return len(right & set(names[:DEPTH])) / len(right)


def mean(values: Sequence[float]) -> float:
    """Return the mean, 0 of nothing."""
    return sum(values) / len(values) if values else 0.0


def _percentile(ascending: Sequence[float], percent: int) -> float:
    """Return the nearest-rank percentile."""
    if not ascending:
        return 0.0
    return ascending[max(0, math.ceil(len(ascending) * percent / 100) - 1)]


def run_lines(run: Run) -> Iterator[str]:
    """Yield a run as TREC tools read it: query, Q0, document, rank, score, name."""
    for key, hits in run.items():
        for rank, (name, score) in enumerate(hits, 1):
            yield f"{key}\tQ0\t{name}\t{rank}\t{score:.6f}\tkiriwake"
