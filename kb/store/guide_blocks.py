"""A guide as a block of text: YAML in plain words, read with line numbers and written.

The block stands in a fence that says `guide`. Keys and words may be Japanese or English; written are the
Japanese ones, always in the same order, so that a difference between two revisions is a difference in the
guide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import yaml

from kb.domain.articles import Label
from kb.domain.diagnosis.checking import problems
from kb.domain.diagnosis.guide import (
    CHECK,
    DEFAULT,
    FREQUENCIES,
    FREQUENCY_WORDS,
    HARMLESS,
    LEVEL_WORDS,
    LEVELS,
    OTHER_SHARE,
    RISKS,
    STEP_KINDS,
    Cause,
    Guide,
    Step,
    nearest,
)
from kb.domain.errors import Reasons, Refused, refuse_all

_One = TypeVar("_One")
LANGUAGE = "guide"
LONGEST = 40_000
"""Characters of a block."""
_DEEPEST = 8
_FENCE = re.compile(r"(?P<fence>`{3,}|~{3,})[ \t]*(?P<language>[^`\n]*)")

GUIDE_KEYS = {
    "causes": "原因",
    "steps": "手順",
    "pinned": "最初に行う",
    "escalation": "引き継ぎ後の分",
    "other": "その他の割合",
}
CAUSE_KEYS = {"id": "記号", "title": "名前", "how_often": "頻度"}
STEP_KEYS = {
    "id": "記号",
    "kind": "種類",
    "title": "名前",
    "minutes": "分",
    "requires": "先に行う",
    "risk": "影響",
    "answers": "答え",
    "likely": "答えの頻度",
    "fixes": "直る原因",
}
ONLY_FOR = {"answers": "check", "likely": "check", "fixes": "repair"}
DEFAULT_WORD = "ほかの原因"


class Found(NamedTuple):
    """A block in an article's text.

    line, end: of its first line of YAML, and of the fence that closes it, counted from 1. closed: False
    where no fence does: it then goes on to the text's last line.
    """

    text: str
    line: int
    end: int
    closed: bool = True


def blocks(text: str) -> list[Found]:
    """Return the guides that a text carries, fences left out; one inside another fence is an example."""
    if LANGUAGE not in text:
        return []
    found = []
    fence, language, start = "", "", 0
    lines = text.replace("\r\n", "\n").split("\n")
    for number, line in enumerate(lines):
        match = _FENCE.match(line)
        if not fence and match:
            fence, language, start = match["fence"], match["language"].strip(), number + 1
        elif fence and line.rstrip(" \t") == fence[0] * len(line.rstrip(" \t")) and len(line) >= len(fence):
            if language == LANGUAGE:
                found.append(_found(lines, start, number))
            fence = ""
    if fence and language == LANGUAGE:
        found.append(_found(lines, start, len(lines))._replace(closed=False))
    return found


def _found(lines: list[str], start: int, end: int) -> Found:
    return Found("".join(f"{row}\n" for row in lines[start:end]), start + 1, end + 1)


def read(text: str, line: int = 1) -> Guide:
    """Return the guide of a block whose first line is this one.

    Raises Reasons: each Refused("guides.at_line", line, reason) names a line and what is wrong there.
    """
    reader, guide = _read(text, line)
    refuse_all([reader.placed(problem) for problem in problems(guide)])
    return guide


def draft(text: str, line: int = 1) -> Guide:
    """Return the guide of a block, though it may not be fit to walk yet (`problems`).

    Raises Reasons where something cannot be read at all.
    """
    return _read(text, line)[1]


def _read(text: str, line: int) -> tuple[_Reader, Guide]:
    if len(text) > LONGEST:
        raise Reasons([Refused("guides.too_long", most=LONGEST)])
    reader = _Reader(line)
    guide = reader.guide(_composed(text, line))
    refuse_all(reader.found)
    return reader, guide


def at_line(line: int, reason: Refused) -> Refused:
    """Return a reason with its line."""
    return Refused("guides.at_line", line=line, reason=reason)


class _Loader(yaml.SafeLoader):
    """YAML without aliases, which may unfold without end, and without depths that exhaust the stack."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent) or self.depth > _DEEPEST:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="alias or too deep", problem_mark=mark)
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def _composed(text: str, line: int) -> yaml.Node:
    try:
        node = _Loader(text).get_single_node()
    except yaml.YAMLError as wrong:
        mark = getattr(wrong, "problem_mark", None)
        raise Reasons([at_line(line + (mark.line if mark else 0), Refused("guides.yaml"))]) from wrong
    if node is None:
        raise Reasons([at_line(line, Refused("guides.empty"))])
    return node


@dataclass(frozen=True)
class _Field:
    """A value with the line it stands on."""

    node: yaml.Node
    line: int


class _Reader:
    """Reads nodes into a guide and goes on after a mistake, so that all are named at once."""

    def __init__(self, line: int) -> None:
        self.first = line
        self.found: list[Refused] = []
        self.lines: dict[tuple[str, str], int] = {}

    def guide(self, node: yaml.Node) -> Guide:
        """Return the guide; where something is wrong, with something in its place."""
        fields = self._fields(node, GUIDE_KEYS, ("causes", "steps", "escalation"))
        return Guide(
            tuple(self._each(fields.get("causes"), self._cause)),
            tuple(self._each(fields.get("steps"), self._step)),
            self._number(fields.get("escalation"), 60.0),
            tuple(self._words(fields.get("pinned"))),
            self._number(fields.get("other"), OTHER_SHARE),
        )

    def placed(self, problem: Refused) -> Refused:
        """Return a problem of the whole guide with the line of the cause or step that it names."""
        for name in ("step", "cause"):
            if (name, problem.values.get(name)) in self.lines:
                return at_line(self.lines[name, problem.values[name]], problem)
        return at_line(self.first, problem)

    def _cause(self, node: yaml.Node) -> Cause:
        fields = self._fields(node, CAUSE_KEYS, ("id", "title", "how_often"))
        cause = Cause(
            self._text(fields.get("id")),
            self._text(fields.get("title")),
            FREQUENCIES[self._word(fields.get("how_often"), FREQUENCY_WORDS, "sometimes")],
        )
        self.lines.setdefault(("cause", cause.id), self._line(node))
        return cause

    def _step(self, node: yaml.Node) -> Step:
        fields = self._fields(node, STEP_KEYS, ("id", "kind", "title", "minutes"))
        kind = self._word(fields.get("kind"), STEP_KINDS, CHECK)
        for key in [key for key in fields if ONLY_FOR.get(key, kind) != kind]:
            self._wrong(fields[key].line, Refused("guides.key_of_other_kind", name=STEP_KEYS[key]))
        likely = self._pairs(fields.get("likely"))
        step = Step(
            self._text(fields.get("id")),
            kind,
            self._text(fields.get("title")),
            self._number(fields.get("minutes"), 1.0),
            tuple(self._words(fields.get("requires"))),
            self._word(fields.get("risk"), RISKS, HARMLESS),
            tuple(self._words(fields.get("answers"))),
            {DEFAULT if key == DEFAULT_WORD else key: self._levels(row) for key, row in likely.items()},
            self._levels(fields.get("fixes")),
        )
        self.lines.setdefault(("step", step.id), self._line(node))
        return step

    def _line(self, node: yaml.Node) -> int:
        return self.first + node.start_mark.line

    def _wrong(self, line: int, reason: Refused) -> None:
        self.found.append(at_line(line, reason))

    def _pairs(self, field: _Field | None) -> dict[str, _Field]:
        """Return the pairs of a mapping by their keys as written; a key that stands twice is wrong."""
        if field is None:
            return {}
        if not isinstance(field.node, yaml.MappingNode):
            self._wrong(field.line, Refused("guides.not_pairs"))
            return {}
        found: dict[str, _Field] = {}
        for key, value in field.node.value:
            name = self._text(_Field(key, self._line(key)))
            if name in found:
                self._wrong(self._line(key), Refused("guides.key_twice", name=name))
            found[name] = _Field(value, self._line(key))
        return found

    def _fields(self, node: yaml.Node, keys: Mapping[str, str], needed: tuple[str, ...]) -> dict[str, _Field]:
        """Return the values of a mapping with these keys, in either language."""
        names = {**{key: key for key in keys}, **{word: key for key, word in keys.items()}}
        found = {}
        for name, field in self._pairs(_Field(node, self._line(node))).items():
            if name not in names:
                self._wrong(field.line, Refused("guides.key_unknown", name=name))
            elif names[name] in found:
                self._wrong(field.line, Refused("guides.key_twice", name=name))
            else:
                found[names[name]] = field
        for key in needed:
            if key not in found and isinstance(node, yaml.MappingNode):
                self._wrong(self._line(node), Refused("guides.key_missing", name=keys[key]))
        return found

    def _each(self, field: _Field | None, one: Callable[[yaml.Node], _One]) -> Iterator[_One]:
        if field is None:
            return
        if not isinstance(field.node, yaml.SequenceNode):
            self._wrong(field.line, Refused("guides.not_list"))
            return
        for node in field.node.value:
            yield one(node)

    def _text(self, field: _Field | None) -> str:
        if field is None:
            return ""
        if not isinstance(field.node, yaml.ScalarNode):
            self._wrong(field.line, Refused("guides.not_text"))
            return ""
        return str(field.node.value).strip()

    def _words(self, field: _Field | None) -> list[str]:
        return list(self._each(field, lambda node: self._text(_Field(node, self._line(node)))))

    def _number(self, field: _Field | None, missing: float) -> float:
        if field is None:
            return missing
        text = self._text(field)
        if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text, re.ASCII):
            self._wrong(field.line, Refused("guides.not_number", text=text))
            return missing
        return float(text)

    def _word(self, field: _Field | None, words: Mapping[str, Label], missing: str) -> str:
        """Return the key of a word of these, in either language."""
        if field is None:
            return missing
        text = self._text(field)
        for key, label in words.items():
            if text.lower() in (key, label.ja, label.en.lower()):
                return key
        known = "・".join(label.ja for label in words.values())
        self._wrong(field.line, Refused("guides.word", text=text, known=known))
        return missing

    def _levels(self, field: _Field | None) -> dict[str, float]:
        return {
            key: LEVELS[self._word(value, LEVEL_WORDS, "half")] for key, value in self._pairs(field).items()
        }


def written(guide: Guide) -> str:
    """Return the YAML of a guide, without its fence. read(written(guide)) is the guide again."""
    rows: dict[str, Any] = {
        "causes": [
            _named(CAUSE_KEYS, {"id": c.id, "title": c.title, "how_often": _frequency(c.weight)})
            for c in guide.causes
        ],
        "steps": [_named(STEP_KEYS, _step_row(step)) for step in guide.steps],
        "pinned": list(guide.pinned),
        "escalation": _short(guide.escalation),
        "other": "" if guide.other == OTHER_SHARE else _short(guide.other),
    }
    text: str = yaml.dump(
        _named(GUIDE_KEYS, rows), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1000
    )
    return text


class _Dumper(yaml.SafeDumper):
    """Lists and short mappings of words on one line each, everything else on lines of its own."""

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> yaml.MappingNode:
        flat = all(isinstance(value, str) for value in mapping.values()) and CAUSE_KEYS["id"] not in mapping
        return super().represent_mapping(tag, mapping, flow_style=flat)

    def represent_sequence(
        self, tag: str, sequence: Any, flow_style: bool | None = None
    ) -> yaml.SequenceNode:
        flat = all(isinstance(value, str) for value in sequence)
        return super().represent_sequence(tag, sequence, flow_style=flat)


def _named(keys: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that say something under their Japanese keys, in the keys' order, and every name."""
    told = [key for key in keys if values.get(key) not in (None, "", [], {}) or key == "title"]
    return {keys[key]: values[key] for key in told if key in values}


def _step_row(step: Step) -> dict[str, Any]:
    default_first = sorted(step.likely.items(), key=lambda row: row[0] != DEFAULT)
    likely = {
        DEFAULT_WORD if cause == DEFAULT else cause: _level_row(
            {answer: row[answer] for answer in step.answers if answer in row}
        )
        for cause, row in default_first
    }
    return {
        "id": step.id,
        "kind": STEP_KINDS[step.kind].ja,
        "title": step.title,
        "minutes": _short(step.minutes),
        "requires": list(step.requires),
        "risk": "" if step.risk == HARMLESS else RISKS[step.risk].ja,
        "answers": list(step.answers),
        "likely": likely,
        "fixes": _level_row(step.fixes),
    }


def _level_row(row: Mapping[str, float]) -> dict[str, str]:
    return {key: LEVEL_WORDS[nearest(LEVELS, value)].ja for key, value in row.items()}


def _frequency(weight: float) -> str:
    return FREQUENCY_WORDS[nearest(FREQUENCIES, weight)].ja


def _short(number: float) -> float | int:
    return int(number) if number == int(number) else number
