"""Latin letters typed where the input method was off, as the kana they stand for."""

from __future__ import annotations

import re

_VOWELS = "aiueo"
_ROWS = {
    "": "ア イ ウ エ オ",
    "k": "カ キ ク ケ コ",
    "c": "カ シ ク セ コ",
    "s": "サ シ ス セ ソ",
    "t": "タ チ ツ テ ト",
    "n": "ナ ニ ヌ ネ ノ",
    "h": "ハ ヒ フ ヘ ホ",
    "m": "マ ミ ム メ モ",
    "r": "ラ リ ル レ ロ",
    "g": "ガ ギ グ ゲ ゴ",
    "z": "ザ ジ ズ ゼ ゾ",
    "d": "ダ ヂ ヅ デ ド",
    "b": "バ ビ ブ ベ ボ",
    "p": "パ ピ プ ペ ポ",
    "l": "ァ ィ ゥ ェ ォ",
    "x": "ァ ィ ゥ ェ ォ",
    "f": "ファ フィ フ フェ フォ",
    "v": "バ ビ ブ ベ ボ",
    "w": "ワ ウィ ウ ウェ ヲ",
    "q": "クァ クィ ク クェ クォ",
    "th": "テャ ティ テュ テェ テョ",
    "dh": "デャ ディ デュ デェ デョ",
}
_BENT = {
    "キ": "ky",
    "シ": "sy sh",
    "チ": "ty ch cy",
    "ニ": "ny",
    "ヒ": "hy",
    "ミ": "my",
    "リ": "ry",
    "ギ": "gy",
    "ジ": "zy jy j",
    "ヂ": "dy",
    "ビ": "by",
    "ピ": "py",
}
_SINGLE = {
    **{"shi": "シ", "chi": "チ", "tsu": "ツ", "ji": "ジ", "ya": "ヤ", "yu": "ユ", "yo": "ヨ", "ye": "イェ"},
    **{
        "ltu": "ッ",
        "xtu": "ッ",
        "lya": "ャ",
        "lyu": "ュ",
        "lyo": "ョ",
        "xya": "ャ",
        "xyu": "ュ",
        "xyo": "ョ",
    },
    **{"twu": "トゥ", "dwu": "ドゥ", "xn": "ン", "-": "ー"},
}
_SYLLABLES = {
    **{
        row + vowel: kana
        for row, line in _ROWS.items()
        for vowel, kana in zip(_VOWELS, line.split(), strict=True)
    },
    **{
        row + vowel: first + small
        for first, rows in _BENT.items()
        for row in rows.split()
        for vowel, small in zip(_VOWELS, "ャィュェョ", strict=True)
    },
    **_SINGLE,
}
_TYPED = re.compile(r"[a-z](?:[a-z'-]*[a-z-])?")
_LONGEST = 3


def kana(text: str) -> str:
    """Return lower-case romaji as katakana, "" if it is not romaji from end to end.

    Both spellings in use are known (si, shi), doubled consonants, n before a consonant, - for ー.
    """
    if not _TYPED.fullmatch(text):
        return ""
    found: list[str] = []
    at = 0
    while at < len(text):
        step, sound = _sound(text, at)
        if not step:
            return ""
        found.append(sound)
        at += step
    return "".join(found)


def _sound(text: str, at: int) -> tuple[int, str]:
    """Return how many letters the next sound takes, 0 for none, and its kana."""
    if text[at] == "n" and text[at + 1 : at + 2] not in ("a", "i", "u", "e", "o", "y"):
        double = text[at : at + 2] == "nn" and text[at + 2 : at + 3] not in tuple(_VOWELS)
        return (2 if double or text[at : at + 2] == "n'" else 1), "ン"
    if text[at : at + 1] == text[at + 1 : at + 2] and text[at] not in "aiueon-":
        return 1, "ッ"
    if text[at : at + 3] == "tch":
        return 1, "ッ"
    for length in range(_LONGEST, 0, -1):
        if (sound := _SYLLABLES.get(text[at : at + length])) and at + length <= len(text):
            return length, sound
    return 0, ""
