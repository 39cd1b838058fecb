"""Builds a stage for each size, measures everything on it and tells the figures."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from sqlalchemy import Engine

from kb.settings import generate_secret
from kb.store.migrate import upgrade
from search.bench import corpus, hostile, measures, rival, stage
from search.bench.corpus import Source, Text
from search.bench.timing import Times, percentile, together
from search.index import Index, fingerprint
from search.queue import Queue

Tell = Callable[[str], None]
PERCENTS = (50, 95, 99)


@dataclass(frozen=True)
class Plan:
    """What to measure. each: queries of every sort; edits: how many are timed; place: for temporary files;
    keep: where a size's database and indexes are kept for the next time, of which each run takes a copy."""

    sizes: Sequence[int]
    each: int = 40
    edits: int = 100
    seed: int = 1
    place: Path | None = None
    keep: Path | None = None

    def kept(self, sources: Sequence[Source], size: int) -> Path | None:
        """Return where that is, by what it was made of."""
        made_of = zlib.crc32(f"{sources} {fingerprint()}".encode())
        return self.keep / f"{size}-{self.seed}-{made_of:08x}" if self.keep else None


def bench(sources: Sequence[Source], plan: Plan, tell: Tell) -> None:
    """Measure at every size and tell each figure, a line at a time, as soon as it is known."""
    for line in _conditions(sources, plan):
        tell(line)
    for size in plan.sizes:
        with tempfile.TemporaryDirectory(prefix="bench-", dir=plan.place) as folder:
            _one_size(sources, plan, size, Path(folder), tell)


def _conditions(sources: Sequence[Source], plan: Plan) -> Iterator[str]:
    load, python = os.getloadavg()[0], platform.python_version()
    yield f"{platform.machine()}, {os.cpu_count()} processors (load {load:.1f}), Python {python}"
    yield f"{len(sources)} source articles, seed {plan.seed}; times in ms as p50 / p95 / p99"
    yield "warm: each query asked a second time. cold: our caches emptied before each query. Files in the"
    yield "system's page cache in both."
    if not rival.available():
        yield "tantivy is not installed (make dev): measured without it"


def _one_size(sources: Sequence[Source], plan: Plan, size: int, folder: Path, tell: Tell) -> None:
    data, kept = folder / "data", plan.kept(sources, size)
    sorts = corpus.queries(list(corpus.texts(sources, min(size, 2_000), plan.seed)), plan.each, plan.seed)
    index = Index(data / "index")
    tell(f"\n{size:,} articles, {sum(map(len, sorts.values()))} queries")
    made = kept is None or not kept.is_dir()
    engine = _made(corpus.texts(sources, size, plan.seed), data, index) if made else _copied(kept, folder)
    tell((folder / "rebuild").read_text() + ("" if made else "   (kept from an earlier run)"))
    sides = measures.Sides(engine, index, folder / "tantivy", rival.available())
    if made and kept:
        _keep(folder, kept)
    tell(
        f"{'opening the index':26}{sides.open_seconds * 1000:9.1f} ms   (once, at start, before anybody asks)"
    )
    _speed(sides, sorts, tell)
    answers = measures.by_sort({name: [text] for name, text in hostile.QUERIES.items()}, sides.page)
    slowest = max(answers, key=lambda name: answers[name].wall)
    tell(_line(f"{len(answers)} hostile queries", together(answers.values())) + f"   slowest: {slowest}")
    sides.close()
    ids = range(1, size + 1, max(1, size // plan.edits))[: plan.edits]
    tell(_line("edit to searchable", measures.edits(engine, index, ids)))
    times, memory = measures.served(data, chain.from_iterable(sorts.values()))
    tell(_line("page over HTTP", times, clock_only=True))
    tell(
        f"{'serving process':26}{memory['VmRSS']:9.0f} MiB  "
        f"({memory['RssAnon']:.0f} its own, {memory['RssFile']:.0f} mapped files)"
    )
    engine.dispose()


def _made(texts: Iterator[Text], data: Path, index: Index) -> Engine:
    """Make database and index; what the rebuild took stands beside them."""
    engine = stage.make_database(data, texts)
    generate_secret(data)
    times = Times()
    times.take(lambda: Queue(engine, index).rebuild())
    wall, busy = times.wall[0] / 1000, times.busy[0] / 1000
    (data.parent / "rebuild").write_text(f"{'full rebuild':26}{wall:9.1f} s    processor {busy:.1f} s")
    return engine


def _keep(folder: Path, kept: Path) -> None:
    new = kept.with_name(kept.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(folder, new)
    new.rename(kept)


def _copied(kept: Path | None, folder: Path) -> Engine:
    shutil.copytree(kept or folder, folder, dirs_exist_ok=True)
    engine = stage.engine_of(folder / "data")
    upgrade(engine)  # it may have been kept by an older version
    return engine


def _speed(sides: measures.Sides, sorts: measures.Sorts, tell: Tell) -> None:
    """Tell how long a search takes (a query already taken apart, the first TOP) and a page's content."""
    ranked, rival_ranked = sides.prepared(sorts)
    search = _warm(sorts, ranked)
    page = _warm(sorts, sides.page)
    tell(_line("search, warm", together(search.values())))
    tell(_line("search, cold", together(measures.by_sort(sorts, ranked, sides.forget).values())))
    tell(_line("page, warm", together(page.values())))
    tell(_line("page, cold", together(measures.by_sort(sorts, sides.page, sides.forget).values())))
    if sides.rival is None:
        return
    theirs = _warm(sorts, rival_ranked)
    theirs_page = _warm(sorts, sides.rival_page)
    tell(_line("tantivy: search", together(theirs.values())))
    tell(_line("tantivy: page", together(theirs_page.values())))
    tell(_ratio("search, warm", search, theirs))
    tell(_ratio("page, warm", page, theirs_page))
    for sort in sorts:
        tell(f"  {sort}")
        tell(_line("    search", search[sort]))
        tell(_line("    tantivy: search", theirs[sort]))


def _warm(sorts: measures.Sorts, call: Callable[[str], object]) -> dict[str, Times]:
    measures.by_sort(sorts, call)
    return measures.by_sort(sorts, call)


def _line(name: str, times: Times, *, clock_only: bool = False) -> str:
    wall = " / ".join(f"{percentile(times.wall, percent):7.2f}" for percent in PERCENTS)
    busy = "" if clock_only else f"   processor {percentile(times.busy, 95):7.2f}"
    return f"{name:26}{wall}{busy}"


def _ratio(name: str, ours: Mapping[str, Times], theirs: Mapping[str, Times]) -> str:
    left, right = together(ours.values()), together(theirs.values())
    parts = (
        f"p{percent} {percentile(left.wall, percent) / max(percentile(right.wall, percent), 1e-6):.2f}"
        for percent in PERCENTS
    )
    busy = percentile(left.busy, 95) / max(percentile(right.busy, 95), 1e-6)
    return f"{'ours / tantivy: ' + name:26}  {'   '.join(parts)}   processor {busy:.2f}"
