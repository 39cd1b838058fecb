"""Personal numbers and secrets that must never be stored (C-11).

Only what is refused outright stands here: 個人番号, 住民票コード, passwords and keys.
A check digit alone proves nothing (one time stamp in ten passes as a 個人番号), so a number
counts only with words near it that say what it is, or with none that say otherwise.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from kb.domain.errors import Refused

WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
"""個人番号: weights of the eleven digits before the check digit (総務省令第85号 第5条)."""


class Finding(NamedTuple):
    """Where something forbidden stands: kind, and start and end in the text as given."""

    kind: str
    start: int
    end: int


_SPACERS = r"[ \t\u3000\-‐‑‒–—―−ー－・.|*_`]"
_TWELVE = re.compile(rf"(?<![0-9A-Fa-f-])\d(?:{_SPACERS}{{0,3}}\d){{11}}(?!{_SPACERS}?[0-9A-Fa-f])")
_ELEVEN = re.compile(rf"(?<![0-9A-Fa-f-])\d(?:{_SPACERS}{{0,3}}\d){{10}}(?!{_SPACERS}?[0-9A-Fa-f])")
_BARE = re.compile(r"\d{12}|\d{4}([ \u3000-])\d{4}\1\d{4}")
"""How a 個人番号 is written when nothing says that it is one."""
_NUMBER_WORDS = re.compile(
    r"個人番号|マイナンバー(?!カード)|my ?number|mynumber|本人番号|番号法", re.IGNORECASE
)
_CODE_WORDS = re.compile(r"住民票コード|住民票CD|住基コード|resident.?code", re.IGNORECASE)
_OTHER_WORDS = re.compile(
    r"円|件|伝票|管理番号|受付番号|整理番号|チケット|トレース|シリアル|製造番号|型番|品番|ログ|発生|日時|時刻|"
    r"INC|REQ|CHG|ID|ticket|serial|trace|order|法人番号|資産番号|回線番号|口座|電話|TEL|内線|免許|旅券|年金|保険",
    re.IGNORECASE,
)
_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")
_NEAR = 24
"""Characters before a number in which a word says what it is."""
_LABELLED = (
    r"(?:初期|仮|管理者|共有|現在の|新しい|ログイン|データベース|DB|端末)?"
    r"(?:パスワード|パスフレーズ|暗証番号|password|passwd|passphrase|pwd|PW|PIN(?:コード)?|"
    r"(?:api|secret|access)[-_ ]?(?:key|token)|APIキー|秘密鍵|アクセスキー|client[-_ ]?secret)"
)
_SECRET = re.compile(
    rf"(?<![A-Za-z]){_LABELLED}[*_`」\"']{{0,3}}[ \t]*(?:[:=＝：]|は|→|->)[ \t]*[*_`「\"']{{0,3}}"
    r"(?P<value>[!-~]{4,128})",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"^(?:[*●•xX.…_\-]+|<.*|\{.*|\$.*|%.*%?|\[.*|\(.*|https?:.*|example.*|your.*|changeme.*|null|none|true|false|"
    r"required|string|passwords?|secret|token|key|\d{1,3}(?:[-~/]\d{1,3})?)[,.;)\]」]*$",
    re.IGNORECASE,
)
_KEYS = (
    re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----"),
    re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    re.compile(r"(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{36,}"),
    re.compile(r"(?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{40,}"),
    re.compile(r"(?<![A-Za-z0-9])xox[abprs]-[A-Za-z0-9-]{10,}"),
    re.compile(r"(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}"),
    re.compile(r"(?<![A-Za-z0-9])sk[-_](?:live|test|proj|ant)[-_][A-Za-z0-9_-]{16,}"),
    re.compile(r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    re.compile(r"[a-z][a-z0-9+.-]{1,15}://[^\s/:@]{1,64}:(?![*x<{$])[^\s/:@]{4,64}@", re.IGNORECASE),
)


def check_digit(eleven: str) -> int:
    """Return the check digit of a 個人番号 from its first eleven digits."""
    remainder = sum(int(digit) * weight for digit, weight in zip(eleven, WEIGHTS, strict=True)) % 11
    return 0 if remainder <= 1 else 11 - remainder


def find(text: str) -> list[Finding]:
    """Return every forbidden value in the text, in order; positions are those of the text given."""
    folded, places = _fold(text)
    found = [*_numbers(folded), *_secrets(folded)]
    return sorted(
        {Finding(kind, places[start], places[end - 1] + 1) for kind, start, end in found}, key=lambda f: f[1]
    )


def problems(fields: dict[str, str], of: str | None = None) -> list[Refused]:
    """Return a refusal for each field and kind found there.

    fields: name of the field -> text. of: the article's kind, if the fields are its sections.
    The refusal names kind and place, never the value.
    """
    return [
        Refused(
            "personal_data.refused",
            kind=finding.kind,
            field=name,
            line=text.count("\n", 0, finding.start) + 1,
            of=of,
        )
        for name, text in fields.items()
        for finding in find(text)
    ]


def masked(text: str) -> str:
    """Return the text with every forbidden value replaced by its length in black squares."""
    for finding in reversed(find(text)):
        text = text[: finding.start] + "■" * (finding.end - finding.start) + text[finding.end :]
    return text


def _fold(text: str) -> tuple[str, Sequence[int]]:
    """Return the text in narrow characters, invisible ones dropped, and where each came from."""
    if _INVISIBLE.search(text) is None and unicodedata.is_normalized("NFKC", text):
        return text, range(len(text))
    characters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if _INVISIBLE.match(character):
            continue
        for narrow in unicodedata.normalize("NFKC", character):
            characters.append(narrow)
            places.append(place)
    return "".join(characters), places


def _numbers(text: str) -> list[Finding]:
    found = []
    for match in _TWELVE.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        near = text[max(0, match.start() - _NEAR) : match.start()]
        line = _line_around(text, match.start(), match.end())
        labelled = bool(_NUMBER_WORDS.search(near))
        valid = int(digits[-1]) == check_digit(digits[:-1]) and len(set(digits)) > 2
        if (labelled and len(set(digits)) > 1) or (
            valid
            and _BARE.fullmatch(match[0])
            and not _OTHER_WORDS.search(line)
            and not _looks_like_time(digits)
        ):
            found.append(Finding("my_number", match.start(), match.end()))
    for match in _ELEVEN.finditer(text):
        if _CODE_WORDS.search(text[max(0, match.start() - _NEAR) : match.start()]):
            found.append(Finding("resident_code", match.start(), match.end()))
    return found


def _line_around(text: str, start: int, end: int) -> str:
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    return text[max(first, start - 60) : min(last if last >= 0 else len(text), end + 30)]


def _looks_like_time(digits: str) -> bool:
    """202607151430 is a minute of a day before it is anybody's number."""
    year, month, day, hour, minute = (
        int(digits[a:b]) for a, b in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12))
    )
    return 1990 <= year <= 2099 and 1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60


def _secrets(text: str) -> list[Finding]:
    found = [
        Finding("secret_key", match.start(), match.end())
        for pattern in _KEYS
        for match in pattern.finditer(text)
    ]
    for match in _SECRET.finditer(text):
        value = match["value"]
        if not _PLACEHOLDER.match(value) and not value.isalpha():
            found.append(Finding("password", match.start("value"), match.end("value")))
    return found
