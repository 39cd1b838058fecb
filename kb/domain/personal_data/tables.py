"""Cells of a table, whose label stands in its header row: each is read as "header: cell"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

LABELS = re.compile(
    r"番号|マイナンバー|コード|氏名|名前|フリガナ|カナ|電話|携帯|連絡先|メール|mail|メアド|住所|本籍|生年月日|誕生日|パスワード|暗証|"
    r"password|passwd|pwd|(?<![A-Za-z])PW|PIN|キー|key|token|トークン|旅券|パスポート|免許|在留|ホスト|サーバ|host|server|申請者|世帯主|届出人"
)
_RULE = re.compile(r"[\s|:+-]*-[\s|:+-]*")
_LONGEST_LABEL = 30


class Cells(NamedTuple):
    """Text made of "header: cell" lines, and for each line: its start, the cell's start in it, and there."""

    text: str
    places: list[tuple[int, int, int, int]]


def cells(text: str) -> Iterator[Cells]:
    """Yield the labelled cells of each table in the folded text (Markdown, pasted from a sheet, CSV)."""
    for separator in ("|", "\t", ","):
        if separator in text:
            yield from _tables(text, separator)


def _tables(text: str, separator: str) -> Iterator[Cells]:
    header: dict[int, str] = {}
    lines: list[str] = []
    places: list[tuple[int, int, int, int]] = []
    length = place = columns = 0
    for line in text.split("\n"):
        count = line.count(separator)
        if count == 0 or (columns and count != columns):
            header, columns = {}, 0
        if count and not columns:
            header, columns = _labels(line, separator), count
        elif header and not _RULE.fullmatch(line):
            start = place
            for number, cell in enumerate(line.split(separator)):
                words = cell.strip(' "\r')
                if number in header and words:
                    at = start + cell.index(words)
                    head = f"{header[number]}: "
                    places.append((length, length + len(head), at, len(words)))
                    lines.append(head + words)
                    length += len(head) + len(words) + 1
                start += len(cell) + 1
        place += len(line) + 1
    if lines:
        yield Cells("\n".join(lines), places)


def _labels(line: str, separator: str) -> dict[int, str]:
    named = {number: cell.strip(' "\r') for number, cell in enumerate(line.split(separator))}
    return {
        n: words
        for n, words in named.items()
        if len(words) <= _LONGEST_LABEL and LABELS.search(words.lower())
    }
