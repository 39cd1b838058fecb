"""Articles and queries for measuring: real sentences, recombined until there are enough of them.

The first articles are the sources themselves. Every further one keeps about two thirds of the sentences of
one source and takes the rest of another, so that vocabulary, lengths and topics stay those of real text.
The same seed gives the same articles and queries on every machine.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from search.evaluate import read_lines

OWN_SHARE = 0.67
PASTE_CHARS = 2_000
_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_TITLE = re.compile(r"^title: (.*)$", re.MULTILINE)
_SENTENCE = re.compile(r"[^。\n]+。?")
_MARKS = re.compile(r"^[#>\-*\s]+|[|`]+|\*\*")
_TITLE_PART = re.compile(r"[\s　（）()「」・:：、]+")
_KATAKANA = re.compile("[ァ-ヶー]{4,12}")
_COMMON = re.compile("[一-龥]{2}|[ァ-ヶー]{3,8}")
_CODE = re.compile(r"\b(?:0x[0-9a-fA-F]{4,8}|[A-Z]{2,8}-\d{2,6}|HTTP \d{3}|KB\d{6,7})\b")


Chance = random.Random


@dataclass(frozen=True)
class Source:
    """A real article: its title and its sentences in order."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Text:
    """An article to measure with. codes: error codes of its own, like ERR-000123."""

    title: str
    codes: tuple[str, ...]
    sentences: tuple[str, ...]


def read_folder(folder: Path) -> list[Source]:
    """Return the articles of a folder of Markdown files with front matter, by name."""
    return [_from_markdown(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.md"))]


def read_collection(path: Path) -> list[Source]:
    """Return the documents of a docs.jsonl[.gz] (title, text). Raises ValueError on a line that is none."""
    rows = (json.loads(line) for line in read_lines(path))
    return [_source(str(row.get("title") or ""), str(row.get("text") or "")) for row in rows]


def _from_markdown(text: str) -> Source:
    front = _FRONT.match(text)
    title = _TITLE.search(front[1]) if front else None
    return _source(title[1] if title else "", text[front.end() :] if front else text)


def _source(title: str, text: str) -> Source:
    sentences = (_MARKS.sub(" ", sentence).strip() for sentence in _SENTENCE.findall(text))
    return Source(title, tuple(sentence for sentence in sentences if sentence))


def texts(sources: Sequence[Source], size: int, seed: int) -> Iterator[Text]:
    """Yield `size` articles; those of a smaller size are the first of a larger one."""
    for number in range(size):
        codes = (f"ERR-{number:06d}",) if number % 3 == 0 else ()
        source = sources[number % len(sources)]
        if number < len(sources):
            yield Text(source.title, codes, source.sentences)
        else:
            yield _varied(source, sources, codes, Chance(f"{seed} {number}"))


def _varied(source: Source, sources: Sequence[Source], codes: tuple[str, ...], chance: Chance) -> Text:
    other = sources[chance.randrange(len(sources))]
    sentences = tuple(
        sentence
        if chance.random() < OWN_SHARE or not other.sentences
        else other.sentences[chance.randrange(len(other.sentences))]
        for sentence in source.sentences
    )
    parts = [*_title_parts(source.title), *_title_parts(other.title)[:1]]
    return Text(" ".join(part for part in parts if chance.random() < 0.8) or source.title, codes, sentences)


def _title_parts(title: str) -> list[str]:
    return [part for part in _TITLE_PART.split(title) if part]


def queries(articles: Sequence[Text], each: int, seed: int) -> dict[str, list[str]]:
    """Return {sort: queries}, `each` of every sort, made of these articles."""
    chance = Chance(f"{seed} queries")
    drawn = [chance.choice(articles) for _ in range(each)]
    return {
        "symptoms": [_symptom(article, chance) for article in drawn],
        "codes": [_code(article, chance) for article in drawn],
        "pasted": [_pasted(articles, chance) for _ in range(each)],
        "common": _common_words(articles, each),
        "typos": [_typo(articles, chance) for _ in range(each)],
    }


def _symptom(article: Text, chance: Chance) -> str:
    """Return a title, or the first 25 characters of a sentence, as people type."""
    if chance.random() < 0.5 and article.title:
        return article.title[:40]
    return chance.choice(article.sentences or (article.title,))[:25]


def _code(article: Text, chance: Chance) -> str:
    found = [*article.codes, *_CODE.findall(" ".join(article.sentences))]
    code = chance.choice(found) if found else f"ERR-{chance.randrange(1000):06d}"
    return code.replace("-", " ") if chance.random() < 0.3 else code


def _pasted(articles: Sequence[Text], chance: Chance) -> str:
    """Return a log with a stack trace and paths around sentences of an article, PASTE_CHARS long."""
    article = chance.choice(articles)
    day, minute = chance.randrange(1, 29), chance.randrange(60)
    lines = [f"2026-11-{day:02d} 09:{minute:02d}:12,345 ERROR {article.title}"]
    while sum(map(len, lines)) < PASTE_CHARS:
        lines.append(chance.choice(article.sentences or (article.title,)))
        number = chance.randrange(10_000)
        lines.append(f"  at jp.madoguchi.core.Task{number}.run(Task{number}.java:{chance.randrange(900)})")
        lines.append(rf"  C:\Program Files\Madoguchi\logs\counter{number:04d}.log 0x{number:08x}")
    return "\n".join(lines)[:PASTE_CHARS]


def _common_words(articles: Sequence[Text], each: int) -> list[str]:
    counts = Counter(
        word for article in articles[:1000] for word in set(_COMMON.findall("".join(article.sentences)))
    )
    return [word for word, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:each]]


def _typo(articles: Sequence[Text], chance: Chance) -> str:
    """Return a katakana word of an article with a character dropped, doubled or swapped."""
    for _ in range(200):
        article = chance.choice(articles)
        words = _KATAKANA.findall(article.title + "".join(article.sentences))
        if words:
            return _slipped(chance.choice(words), chance)
    return "プンリター"


def _slipped(word: str, chance: Chance) -> str:
    at = chance.randrange(1, len(word) - 1)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return chance.choice([word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:], swapped])
