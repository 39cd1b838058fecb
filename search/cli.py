"""Commands of search: ask, rebuild, measure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from kb.domain.access import scope
from kb.domain.people import ROLES
from kb.domain.periods import japan_date
from kb.on_demand import on_demand
from kb.settings import Settings
from kb.web import db
from kb.web.locale import label, t
from search import gaps
from search.finding import Finder, Found, Result
from search.index import IndexBusy, Progress
from search.log import SearchLog
from search.queue import Queue
from search.snippet import Parts
from search.vocabulary.cli import commands as thesaurus

corpus = on_demand("search.bench.corpus")
speed = on_demand("search.bench.run")
quality = on_demand("search.evaluate")
ideas = on_demand("search.experiment")
commands = AppGroup("search", help="Ask, rebuild and measure the search.")
commands.add_command(thesaurus)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_limit = click.option("--limit", type=click.IntRange(min=1), help="Ask only the first N judged queries.")
_drop_one = click.option(
    "--drop-one", type=int, metavar="SEED", help="Drop a character at random from each query."
)


@dataclass(frozen=True)
class _Role:
    """A trained person of a role who owns nothing: whom the command asks for."""

    role: str
    id: int | None = None
    trained: bool = True


@commands.command("query")
@click.argument("text")
@click.option(
    "--as",
    "role",
    type=click.Choice(list(ROLES)),
    default="administrator",
    show_default=True,
    help="Find what a trained person of this role may read.",
)
@click.option("--page", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def query(text: str, role: str, page: int, as_json: bool) -> None:
    """Search for TEXT as the search page does."""
    _require_database()
    finder: Finder = current_app.extensions["search.finder"]
    with db.reading() as session:
        found = finder.find(session, scope(_Role(role)), text, {}, page)
        if as_json:
            click.echo(json.dumps(_as_json(text, found), ensure_ascii=False, indent=2))
        else:
            _print(found)
    finder.close()


def _print(found: Found) -> None:
    if found.degraded:
        click.echo(t("search.degraded"), err=True)
    click.echo(t("search.total", n=found.page.total))
    for word in found.missing:
        click.echo(t("search.missing_word", word=word))
    for result in found.page.rows:
        article = result.article
        words = " ".join([article.number, label("kind", article.kind), label("audience", article.audience)])
        click.echo(f"{words}\n  {_text(result.title)}\n    {_snippet(result)}")


def _as_json(text: str, found: Found) -> dict[str, Any]:
    return {
        "query": text,
        "total": found.page.total,
        "page": found.page.number,
        "pages": found.page.pages,
        "missing": list(found.missing),
        "degraded": found.degraded,
        "hits": [_hit(result) for result in found.page.rows],
    }


def _hit(result: Result) -> dict[str, Any]:
    article = result.article
    return {
        "number": article.number,
        "id": article.id,
        "title": _text(result.title),
        "kind": article.kind,
        "audience": article.audience,
        "confidence": article.confidence,
        "snippet": _snippet(result),
        "score": round(result.score, 4),
    }


def _snippet(result: Result) -> str:
    return " … ".join(_text(piece.parts) for piece in result.pieces)


def _text(parts: Parts) -> str:
    return "".join(text for text, _ in parts)


@commands.command("rebuild")
def rebuild() -> None:
    """Make the index anew beside the old one, then put it in its place."""
    _require_database()
    queue: Queue = current_app.extensions["search.queue"]
    try:
        with click.progressbar(length=0, label=t("search.rebuilding")) as bar:

            def show(done: int, total: int) -> None:
                bar.length = total
                bar.update(done - bar.pos)

            count = queue.rebuild(show)
    except IndexBusy as busy:
        raise click.ClickException(t("search.busy")) from busy
    click.echo(t("search.rebuilt", n=count))


@commands.command("gaps")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def list_gaps(as_json: bool) -> None:
    """List what was searched for without an answer and waits for an author."""
    _require_database()
    with db.reading() as session:
        found = gaps.open_gaps(session)
        if as_json:
            click.echo(json.dumps([_gap(gap) for gap in found], ensure_ascii=False, indent=2))
            return
        for gap in found:
            others = "".join(f"\n    {wording.words}" for wording in gap.wordings[1:])
            click.echo(f"{gap.times:5} {japan_date(gap.last)} {gap.words}{others}")
        click.echo(t("gaps.waiting", n=len(found)))


def _gap(gap: gaps.Gap) -> dict[str, Any]:
    return {
        "words": gap.words,
        "times": gap.times,
        "not_helped": gap.not_helped,
        "last": gap.last.isoformat(timespec="seconds"),
        "before": gap.before.state if gap.before else None,
        "wordings": [wording.words for wording in gap.wordings],
    }


@commands.command("forget")
def forget() -> None:
    """Delete what the search log has kept longer than KB_SEARCH_LOG_DAYS."""
    _require_database()
    log: SearchLog = current_app.extensions["search.log"]
    click.echo(t("feedback.forgotten", n=log.forget(db.now())))


@commands.command("evaluate")
@click.argument("docs", type=_FILE)
@click.argument("queries", type=_FILE)
@click.argument("qrels", type=_FILE)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the run, as TREC tools read it."
)
@_limit
@_drop_one
def evaluate(
    docs: Path, queries: Path, qrels: Path, out: Path | None, limit: int | None, drop_one: int | None
) -> None:
    """Index DOCS in a temporary place, ask QUERIES and compare with QRELS.

    DOCS: docs.jsonl[.gz] with id, title, text. QUERIES: queries.jsonl with id, text.
    QRELS: tab-separated query, document, grade. Needs no database and no secret key.
    """
    with _refusing_what_is_no_collection(), _indexing(sum(1 for _ in quality.read_lines(docs))) as progress:
        report, run = quality.evaluate(docs, queries, qrels, limit, progress, drop_one)
    if out is not None:
        out.write_text("".join(f"{line}\n" for line in quality.run_lines(run)), encoding="utf-8")
    for line in report.lines():
        click.echo(line)


@commands.command("experiment")
@click.argument("docs", type=_FILE)
@click.argument("queries", type=_FILE)
@click.argument("qrels", type=_FILE)
@click.option(
    "--check", type=(_FILE, _FILE, _FILE), metavar="DOCS QUERIES QRELS", help="No idea may lose on these."
)
@_limit
@_drop_one
def experiment(
    docs: Path,
    queries: Path,
    qrels: Path,
    check: tuple[Path, Path, Path] | None,
    limit: int | None,
    drop_one: int | None,
) -> None:
    """Measure the search without each idea of its ranking; see docs/search.md for how to read the table.

    The files are those of `evaluate`. The queries of --check keep all their characters. Needs no database
    and no secret key.
    """
    other = ideas.Files(*check) if check else None
    with _refusing_what_is_no_collection():
        for line in ideas.experiment(ideas.Files(docs, queries, qrels), other, limit, drop_one, _indexing):
            click.echo(line)


@contextmanager
def _refusing_what_is_no_collection() -> Iterator[None]:
    try:
        yield
    except (ValueError, KeyError, OSError) as error:
        raise click.ClickException(t("search.unreadable", error=repr(error))) from error


@contextmanager
def _indexing(documents: int) -> Iterator[Progress]:
    """Show how many of the documents are indexed."""
    with click.progressbar(length=documents, label=t("search.indexing")) as bar:
        yield lambda done: bar.update(done - bar.pos)


@commands.command("bench")
@click.option(
    "--sizes", default="1000,10000,100000", show_default=True, help="Numbers of articles, by commas."
)
@click.option(
    "--docs", type=_FILE, help="Vary these documents (docs.jsonl[.gz]) besides the starter articles."
)
@click.option(
    "--each", type=click.IntRange(min=1), default=40, show_default=True, help="Queries of each sort."
)
@click.option("--edits", type=click.IntRange(min=1), default=100, show_default=True, help="Edits to time.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep each size's database and indexes here, and measure on a copy the next time.",
)
def bench(sizes: str, docs: Path | None, each: int, edits: int, seed: int, keep: Path | None) -> None:
    """Measure speed and memory against tantivy; see docs/search.md. Needs no database and no secret key."""
    try:
        numbers = [int(size) for size in sizes.split(",")]
        sources = corpus.read_folder(Path(current_app.root_path) / "articles" / "starter")
        sources += corpus.read_collection(docs) if docs else []
    except (ValueError, KeyError, OSError) as error:
        raise click.ClickException(t("search.unreadable", error=repr(error))) from error
    speed.bench(sources, speed.Plan(numbers, each, edits, seed, keep=keep), click.echo)


def _require_database() -> None:
    settings: Settings = current_app.config["KB_SETTINGS"]
    if not settings.data.is_dir() or not db.migrated(current_app):
        raise click.ClickException(t("search.no_database"))
