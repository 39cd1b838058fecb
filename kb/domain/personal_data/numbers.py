"""Official numbers of a person, told by the words that stand next to them.

A check digit alone proves nothing: one time stamp in ten passes as a 個人番号. So the words decide: the
search goes from each word that names a kind to the number after it, and a word that names something
else in between wins. Only a 個人番号 and a 在留カード are also found with no word at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from kb.domain.personal_data.kinds import Finding

WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
"""個人番号: weights of the eleven digits before the check digit (総務省令第85号 第5条)."""


class Labelled(NamedTuple):
    """A kind of number that needs its words. value: after the words; its group 1 is the number."""

    kind: str
    words: str
    value: str


_S = r"[ \t|.・ー_\n/-]{0,3}"
_END = rf"(?!{_S[:-5]}{{0,1}}[0-9A-Za-z])"


def _digits(count: str) -> str:
    return rf"([0-9](?:{_S}[0-9]){{{count}}})(?![0-9])"


LABELLED = (
    Labelled(
        "my_number",
        r"個人番号|マイナンバー(?!カード)|my ?number|mynumber|本人番号|番号法|個番",
        _digits("11"),
    ),
    Labelled("resident_code", r"住民票コード|住民票cd|住基コード|resident ?code", _digits("10")),
    Labelled(
        "residence_card",
        r"在留カード|特別永住者証明書|residence ?card",
        rf"([A-Za-z]{_S}[A-Za-z](?:{_S}[0-9]){{8}}{_S}[A-Za-z]{_S}[A-Za-z])(?![0-9A-Za-z])",
    ),
    Labelled("drivers_license", r"免許証|免許番号|免許の番号|driver'?s? ?licen[cs]e", _digits("11")),
    Labelled(
        "passport",
        r"旅券|パスポート|passport",
        rf"((?!KB)[A-Za-z]{_S}[A-Za-z](?:{_S}[0-9]){{7}})(?![0-9A-Za-z])",
    ),
    Labelled("pension", r"基礎年金|年金番号|年金手帳|pension ?number", _digits("9")),
    Labelled(
        "insurance",
        r"保険者番号|被保険者(?:証)?(?:の)?番号|保険証(?:の)?(?:記号)?番号|受給者番号|負担者番号",
        r"([0-9](?:[ \t-]?[0-9]){5,9})(?![0-9])",
    ),
)
_WORDS = re.compile("|".join(f"(?P<{row.kind}>{row.words})" for row in LABELLED))
"""Of text in small letters: a pattern that minds no case is three times as slow."""
_GAP = r"(?:[^0-9A-Za-z]|[0-9]{1,2}(?= ?[桁文])|(?i:no|number|num|is|id|card)\b){0,24}?"
_AFTER = {row.kind: re.compile(rf"(?P<gap>{_GAP}){row.value}") for row in LABELLED}
_MORE = {
    row.kind: re.compile(rf"(?:[ \t]*(?:[,、;]|と|及び|および|又は|または|[/／])[ \t]*){row.value}")
    for row in LABELLED
}
_ELSE = re.compile(
    r"伝票|管理番号|受付番号|受付No|整理番号|チケット|トレース|シリアル|製造番号|型番|品番|ログ|発生|日時|時刻|"
    r"法人番号|資産番号|回線番号|口座|電話|内線|宛名番号|世帯番号|処理番号|件名番号|トランザクション|版|行目|件数|"
    r"ticket|serial|trace|order|session|epoch|hash",
    re.IGNORECASE,
)
"""What a number between a kind's words and these is about."""
_COUNTED = re.compile(r"[ \t]?(?:円|件|個|回|人|名|秒|ミリ秒|ms|バイト|byte|KB|MB|GB|%|ページ|行|日|年|時間)")
_TWELVE = re.compile(
    r"(?<![0-9A-Za-z_.@#=+/\\:-])(?:[0-9]{12}|[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}|[0-9](?:[ -][0-9]){11})(?![0-9A-Za-z_@]|[ -][0-9])"
)
_ASSIGNED = re.compile(
    r"(?<=[:=/])[0-9]{12}(?![0-9A-Za-z_@])|(?<=[:=/])[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}(?![0-9A-Za-z_@])"
)
_BEHIND = re.compile(
    r"[ \t]{0,2}[（(「\[]?[ \t]?(?:は|が)?[ \t]?(?:個人番号|マイナンバー(?!カード))", re.IGNORECASE
)
_UNRELATED = re.compile(
    _ELSE.pattern
    + r"|円|件|番号札|INC|REQ|CHG|ID|TEL|免許|旅券|年金|保険|GUID|UUID|http|\.com|\.log|sha|版数|SKU|ISBN"
    r"|JAN|バーコード|アカウント番号|account|subscription|build|ビルド|バージョン|version|ポート|座標|0x",
    re.IGNORECASE,
)
_CARD = re.compile(r"(?<![0-9A-Za-z_-])[A-Z]{2}[ -]?[0-9]{8}[ -]?[A-Z]{2}(?![0-9A-Za-z_-])")
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[0-9]{1,2})"
_ADDRESS_OR_DAY = re.compile(
    rf"(?:{_OCTET}\.){{3}}{_OCTET}(?![0-9]|\.[0-9])"
    r"|(?:19|20)[0-9]{2}([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12][0-9]|3[01])(?![0-9]|\1[0-9])"
)
"""マイナンバー端末 192.168.100.101, 年金番号の照会 2026-11-28 09:00: their points are no grouping."""
_NEAR_BEFORE, _NEAR_AFTER = 60, 30


def check_digit(eleven: str) -> int:
    """Return the check digit of a 個人番号 from its first eleven digits."""
    remainder = sum(int(digit) * weight for digit, weight in zip(eleven, WEIGHTS, strict=True)) % 11
    return 0 if remainder <= 1 else 11 - remainder


def numbers_in(text: str, low: str) -> Iterator[Finding]:
    """Yield every official number in the folded text. low: the same in small letters."""
    for words in _WORDS.finditer(low):
        yield from _labelled(text, words.lastgroup or "", words.end())
    for pattern in (_TWELVE, _ASSIGNED):
        for match in pattern.finditer(text):
            if _bare_my_number(text, match):
                yield Finding("my_number", match.start(), match.end())
    for match in _CARD.finditer(text):
        if not _UNRELATED.search(_around(text, match.start(), match.end())):
            yield Finding("residence_card", match.start(), match.end())


def _labelled(text: str, kind: str, place: int) -> Iterator[Finding]:
    match = _AFTER[kind].match(text, place)
    if match is None or _ELSE.search(match["gap"]) or _other_kind(match["gap"]):
        return
    while match is not None and _plausible(text, kind, match):
        yield Finding(kind, match.start(match.lastindex or 0), match.end())
        match = _MORE[kind].match(text, match.end())


def _other_kind(gap: str) -> bool:
    return _WORDS.search(gap.lower()) is not None


def _plausible(text: str, kind: str, match: re.Match[str]) -> bool:
    written = match[match.lastindex or 0]
    digits = "".join(filter(str.isdigit, written))
    if len(set(digits)) < 2 or _COUNTED.match(text, match.end()):
        return False
    if _ADDRESS_OR_DAY.match(text, match.start(match.lastindex or 0)):
        return False
    if kind == "my_number" and int(digits[-1]) != check_digit(digits[:-1]):
        return not looks_like_time(digits)
    return True


def _bare_my_number(text: str, match: re.Match[str]) -> bool:
    digits = "".join(filter(str.isdigit, match[0]))
    if len(set(digits)) <= 2 or int(digits[-1]) != check_digit(digits[:-1]):
        return False
    if _BEHIND.match(text, match.end()):
        return True
    around = _around(text, match.start(), match.end())
    return not (looks_like_time(digits) or _UNRELATED.search(around) or _in_a_row(around))


def _in_a_row(around: str) -> bool:
    """Several long numbers on one line are a listing of something else."""
    return len(re.findall(r"[0-9]{9,}", around)) > 1


def _around(text: str, start: int, end: int) -> str:
    """Return the line around a place, at most so much of it."""
    first = max(text.rfind("\n", 0, start) + 1 if start else 0, start - _NEAR_BEFORE)
    last = text.find("\n", end, end + _NEAR_AFTER)
    return text[first : last if last >= 0 else end + _NEAR_AFTER]


def looks_like_time(digits: str) -> bool:
    """202607151430 is a minute of a day before it is anybody's number."""
    year, month, day, hour, minute = (
        int(digits[a:b]) for a, b in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12))
    )
    return 1990 <= year <= 2099 and 1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60
