"""Article kinds, their sections, and what an article must hold to be published.

Sources: contract C-6 (what must be provided); KCS v6 (confidence, audience).
One row of `KINDS` is all it takes to add a kind: forms, pages, import, export and tests read it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from kb.domain.errors import Refused


class Label(NamedTuple):
    """The same words in both languages of the interface."""

    ja: str
    en: str


@dataclass(frozen=True)
class Section:
    """One part of an article's text, written in Markdown."""

    key: str
    label: Label
    required: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of article; `review_days` is the default time until it is reviewed again."""

    key: str
    label: Label
    sections: tuple[Section, ...]
    review_days: int = 365

    def section(self, key: str) -> Section:
        """Return the section with this key. Raises KeyError."""
        return {section.key: section for section in self.all_sections}[key]

    @property
    def all_sections(self) -> tuple[Section, ...]:
        """The kind's own sections and, last, the free text that every kind may carry."""
        return (*self.sections, BODY)


BODY = Section("body", Label("本文", "Text"))
"""Free text: what an imported article brings before someone sorts it into sections."""


def _must(key: str, ja: str, en: str) -> Section:
    return Section(key, Label(ja, en), required=True)


def _may(key: str, ja: str, en: str) -> Section:
    return Section(key, Label(ja, en))


_ROWS = (
    Kind(
        "fault_isolation",
        Label("障害切り分け", "Fault isolation"),
        (
            _must("start_condition", "開始条件", "Start condition"),
            _must("safety_check", "最初の安全確認", "First safety check"),
            _must("steps", "切り分け手順", "Isolation steps"),
            _must("conclusion", "結論と次の手順", "Conclusion and what to do next"),
            _must(
                "escalation", "判断できないときの連絡先と採取するログ", "Whom to call and which logs to take"
            ),
            _may("ruled_out", "除外した原因", "Causes ruled out"),
        ),
        review_days=180,
    ),
    Kind(
        "workaround",
        Label("回避策", "Workaround"),
        (
            _must("effect", "効果と制約", "Effect and limits"),
            _must("prerequisites", "前提条件", "Prerequisites"),
            _must("steps", "手順と確認できる結果", "Steps with the expected result"),
            _must("side_effects", "データへの影響", "Side effects on data"),
            _must("undo", "元に戻す方法", "How to undo"),
            _must("lapses", "この回避策が不要になる条件", "When it lapses"),
        ),
        review_days=90,
    ),
    Kind(
        "post_mortem",
        Label("事後検証", "Post-mortem"),
        (
            _must("summary", "三行の要約", "Summary in three lines"),
            _must("impact", "影響（窓口・件数・時間）", "Impact (counters, cases, minutes)"),
            _must("timeline", "経過", "Timeline"),
            _may("detection", "検知の経緯", "How it was detected"),
            _must("contributing_factors", "要因", "Contributing factors"),
            _may("measures", "暫定対応と恒久対応", "Temporary and permanent measures"),
            _must("eta", "復旧見込みの予告と実際", "ETA given and actual"),
            _may(
                "lessons",
                "うまくいったこと・いかなかったこと・幸運だったこと",
                "What went well, badly, by luck",
            ),
            _must("actions", "是正処置と予防処置", "Corrective and preventive actions"),
            _must("articles_changed", "更新した記事", "Articles changed"),
        ),
    ),
    Kind(
        "procedure",
        Label("手順書", "Procedure"),
        (
            _must("purpose", "目的", "Purpose"),
            _must("authority", "実施権限・時間帯・所要時間", "Authority, hours, duration"),
            _must("checks_before", "事前確認とバックアップ", "Checks and backup before"),
            _must("steps", "作業手順と確認できる結果", "Steps with expected results"),
            _must("roll_back", "中止の判断と切り戻し", "When to stop and how to roll back"),
            _must("checks_after", "事後確認", "Checks after"),
            _may("settings_changed", "変更した設定", "Settings changed"),
            _may("approver", "承認者", "Approver"),
        ),
    ),
    Kind(
        "known_issue",
        Label("既知の問題", "Known issue"),
        (
            _must("known_symptom", "現れる症状", "Symptom"),
            _must("condition", "発生条件", "Condition"),
            _may("cause", "原因", "Cause"),
            _must("affected_versions", "影響を受ける版", "Affected versions"),
            _must("state", "状況（調査中・回避策あり・修正済み・修正しない）", "State"),
            _may("workaround", "当面の回避策", "Workaround"),
            _may("fixed_in", "修正された版", "Version that fixes it"),
        ),
        review_days=90,
    ),
    Kind(
        "release_note",
        Label("リリース", "Release note"),
        (
            _must("version", "版・適用日・停止時間", "Version, date, downtime"),
            _must("counter_changes", "窓口で変わること", "What changes at the counter"),
            _may("known_issues_fixed", "解消した既知の問題", "Known issues fixed"),
            _may("new_limits", "新しい制約", "New limits"),
            _must("staff_actions", "職員が行うこと", "What staff must do"),
            _may("roll_back", "切り戻し", "Roll-back"),
        ),
    ),
    Kind(
        "self_help",
        Label("自己解決", "Self-help"),
        (
            _must("when", "こんなとき（画面に出る言葉）", "When this happens"),
            _must("effect", "窓口への影響と待ち時間の目安", "Effect on the counter and expected wait"),
            _must("steps", "やってみること（五つまで）", "What to try, at most five steps"),
            _must("do_not", "してはいけないこと", "What not to do"),
            _must("unsolved", "解決しないとき（連絡先・伝えること）", "If it is not solved"),
            _may("notice", "窓口に掲示する文", "Notice to put up"),
            _may("paper", "紙で続ける方法", "How to go on with paper"),
        ),
        review_days=180,
    ),
)
KINDS: dict[str, Kind] = {kind.key: kind for kind in _ROWS}

AUDIENCES: dict[str, Label] = {
    "staff": Label("職員", "Staff"),
    "engineer": Label("技術者", "Engineers"),
    "restricted": Label("限定", "Restricted"),
}
"""The widest first: who may read one of them may read those before it."""

CONFIDENCES: dict[str, Label] = {
    "work_in_progress": Label("作成中", "Work in progress"),
    "unapproved": Label("未承認（緊急）", "Unapproved (urgent)"),
    "not_validated": Label("未検証", "Not validated"),
    "validated": Label("検証済み", "Validated"),
    "archived": Label("保管", "Archived"),
}
APPROVED = frozenset({"not_validated", "validated"})
"""The confidences in which an article is published, a second person having agreed."""
READABLE = APPROVED | {"unapproved"}
"""The confidences in which readers see an article; unapproved: published urgently during an incident."""

SELF_HELP_STEPS = 5
"""A self-help article asks no more of someone with a queue before them (C-6)."""


@dataclass(frozen=True)
class Text:
    """Everything an author wrote: what a revision keeps.

    error_codes, synonyms and components hold one entry each, in the author's order.
    sections: section key -> Markdown.
    """

    kind: str
    title: str
    symptom: str = ""
    error_codes: tuple[str, ...] = ()
    environment: str = ""
    synonyms: tuple[str, ...] = ()
    audience: str = "engineer"
    components: tuple[str, ...] = ()
    review_due: date | None = None
    sections: Mapping[str, str] = ()  # type: ignore[assignment]

    def __post_init__(self) -> None:
        object.__setattr__(self, "sections", {k: v for k, v in dict(self.sections).items() if v.strip()})


LONGEST_LINE = 10_000
"""Characters of one line; prose has none that long, and every tool that shows it would choke."""
UNCLOSED, TAGS, ITEMS = 300, 1_500, 2_000
"""At most this many more opening than closing signs, HTML tags, list items and quoted lines in a section.

Readers of Markdown go back for each of them; beyond this a page takes many seconds to make.
"""
_PAIRS = (("[", "]"), ("(", ")"), ("<", ">"))
_ITEM = re.compile(r"^[ \t]{0,100}(?:[-*+>]|\d{1,9}[.)])[ \t]*", re.MULTILINE)

LONGEST = {
    "title": 200,
    "symptom": 2_000,
    "environment": 500,
    "entry": 200,
    "entries": 50,
    "section": 100_000,
}
"""Characters at most (entries: how many codes, synonyms or components)."""


def wider(audience: str, other: str) -> bool:
    """Return whether people read texts for this audience who may not read those for the other."""
    order = list(AUDIENCES)
    return order.index(audience) < order.index(other)


def article_number(article_id: int) -> str:
    """Return the number people quote on the telephone: KB-0001."""
    return f"KB-{article_id:04d}"


def text_problems(text: Text) -> list[Refused]:
    """Return every reason why this text cannot even be stored as a draft."""
    found = []
    if text.kind not in KINDS:
        found.append(Refused("articles.unknown_kind", kind=text.kind))
    if text.audience not in AUDIENCES:
        found.append(Refused("articles.unknown_audience", audience=text.audience))
    if not text.title.strip():
        found.append(Refused("articles.title_missing"))
    return found + size_problems(text)


def size_problems(text: Text) -> list[Refused]:
    """Return every reason why this text is too much to keep or even to show."""
    tangled = [
        Refused("articles.too_tangled", field=f"section.{key}", of=text.kind)
        for key, markdown in text.sections.items()
        if _tangled(markdown)
    ]
    return _too_long(text) + tangled


def _tangled(markdown: str) -> bool:
    """Return whether rendering this could take minutes, by accident or on purpose."""
    return (
        any(markdown.count(left) - markdown.count(right) > UNCLOSED for left, right in _PAIRS)
        or markdown.count("<") > TAGS
        or len(_ITEM.findall(markdown)) > ITEMS
        or max(map(len, markdown.split("\n"))) > LONGEST_LINE
    )


def _too_long(text: Text) -> list[Refused]:
    lengths = [
        (name, len(getattr(text, name)), LONGEST[name]) for name in ("title", "symptom", "environment")
    ]
    lengths += [(f"section.{key}", len(value), LONGEST["section"]) for key, value in text.sections.items()]
    for name in ("error_codes", "synonyms", "components"):
        entries = getattr(text, name)
        lengths.append((name, len(entries), LONGEST["entries"]))
        lengths.append((name, max(map(len, entries), default=0), LONGEST["entry"]))
    return [
        Refused("articles.too_long", field=name, most=most, of=text.kind)
        for name, size, most in lengths
        if size > most
    ]


def publication_problems(text: Text, owner_id: int | None) -> list[Refused]:
    """Return every reason why this text cannot be published, in the order of the form (C-6)."""
    empty = [
        Refused("articles.field_missing", field=name)
        for name in ("symptom", "environment")
        if not getattr(text, name).strip()
    ]
    if text.review_due is None:
        empty.append(Refused("articles.field_missing", field="review_due"))
    if owner_id is None:
        empty.append(Refused("articles.field_missing", field="owner"))
    kind = KINDS.get(text.kind)
    if kind is None:
        return [*text_problems(text), *empty]
    missing = [
        Refused("articles.section_missing", kind=kind.key, section=section.key)
        for section in kind.sections
        if section.required and section.key not in text.sections
    ]
    return [*text_problems(text), *empty, *missing, *_too_many_steps(text), *_wordless_pictures(text)]


_ATTACHMENT = re.compile(r"attachment:([0-9a-f]{64})")
_CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_PICTURE = re.compile(r"!\[([^\[\]]{0,1000})\](?=[(\[])")
_NO_WORDS = re.compile(r"\W*|\S+\.(?:png|jpe?g|gif|webp)", re.IGNORECASE)
"""What describes no picture: nothing, marks alone, the name of its file."""


def attachments_in(sections: Mapping[str, str]) -> set[str]:
    """Return the hashes of the files that a text names."""
    return {sha256 for markdown in sections.values() for sha256 in _ATTACHMENT.findall(markdown)}


def _wordless_pictures(text: Text) -> list[Refused]:
    """Return a refusal for each picture without words for those who do not see it (WCAG 1.1.1, C-13)."""
    return [
        Refused("articles.alt_missing", kind=text.kind, section=key, line=line)
        for key, markdown in text.sections.items()
        for line in _lines_of_wordless(markdown)
    ]


def _lines_of_wordless(markdown: str) -> list[int]:
    text = _CODE.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), markdown)
    found = (match for match in _PICTURE.finditer(text) if _NO_WORDS.fullmatch(match[1].strip()))
    return [text.count("\n", 0, match.start()) + 1 for match in found]


def _too_many_steps(text: Text) -> list[Refused]:
    if text.kind != "self_help":
        return []
    numbered = [
        line
        for line in text.sections.get("steps", "").splitlines()
        if line.split(".")[0].isdecimal() and "." in line
    ]
    if len(numbered) <= SELF_HELP_STEPS:
        return []
    return [Refused("articles.too_many_steps", steps=len(numbered), most=SELF_HELP_STEPS)]
