"""How well the recogniser does on a collection: what it finds, what it flags though it is nothing."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from kb.domain.personal_data import EVERYTHING, KINDS, REFUSE, Finding, check_digit, find


class Measured(NamedTuple):
    """found, of: per type of the collection. wrong: ids of what was missed or flagged."""

    found: Counter[str]
    of: Counter[str]
    wrong: list[str]


TRAPS, CHECK_DIGITS = "traps left alone", "check digits of 個人番号"


def measured(path: Path) -> Measured:
    """Return what is found in a file of labelled lines (JSON: id, label pos|neg|checksum, type, text, span).

    A span counts as found when findings of any kind cover it whole.
    """
    found, of, wrong = Counter[str](), Counter[str](), []
    for row in _lines(path):
        right = _right(row)
        if right is None:
            continue
        name = {"neg": TRAPS, "checksum": CHECK_DIGITS}.get(row["label"], row["type"])
        of[name] += 1
        found[name] += right
        if not right:
            wrong.append(row["id"])
    return Measured(found, of, wrong)


def _right(row: dict[str, Any]) -> bool | None:
    text = row["text"]
    if row["label"] == "checksum":
        if row["type"] != "my_number":
            return None
        return (check_digit(text[:11]) == int(text[11])) == row["valid"]
    findings = find(text, EVERYTHING)
    if row["label"] == "neg":
        return not findings
    start = text.index(row["span"])
    return _covers(findings, start, start + len(row["span"]))


def _covers(findings: list[Finding], start: int, end: int) -> bool:
    for finding in findings:
        if finding.start <= start < finding.end:
            start = finding.end
    return start >= end


class Counted(NamedTuple):
    """holding: how many documents hold each kind. refused: (id, kind, line)."""

    documents: int
    holding: Counter[str]
    refused: list[tuple[str, str, int]]


def counted(path: Path) -> Counted:
    """Return what is found in documents: JSON lines (id, title, text; .gz too) or a folder of Markdown."""
    number, holding, refused = 0, Counter[str](), []
    for name, text in _documents(path):
        number += 1
        findings = find(text, EVERYTHING)
        holding.update({finding.kind for finding in findings})
        for kind in sorted({f.kind for f in findings if KINDS[f.kind] == REFUSE}):
            first = next(f for f in findings if f.kind == kind)
            refused.append((name, kind, text.count("\n", 0, first.start) + 1))
    return Counted(number, holding, refused)


def _documents(path: Path) -> Iterator[tuple[str, str]]:
    if path.is_dir():
        for file in sorted(path.rglob("*.md")):
            yield file.name, file.read_text(encoding="utf-8", errors="replace")
        return
    for row in _lines(path):
        yield str(row["id"]), f"{row.get('title', '')}\n{row['text']}"


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        yield from map(json.loads, lines)
