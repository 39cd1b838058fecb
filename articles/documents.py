"""An article as a Markdown file with YAML front matter: read and written, the one the other's reverse.

A file that says `format: kiriwake/1` has its sections under headings with the section's Japanese
label. Any other file is one text, as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import frontmatter
import yaml
from frontmatter.default_handlers import YAMLHandler

from kb.domain.articles import AUDIENCES, BODY, CONFIDENCES, KINDS, Kind, Text
from kb.domain.errors import Refused

FORMAT = "kiriwake/1"
_HEADING = re.compile(r"^## ( *)(\S.*)$")
_TITLE = re.compile(r"\A\s*#[ \t]+([^\n]*)(?:\n|\Z)")
_ANCHOR = re.compile(r"<a\s{1,9}(?:name|id)=\"[^\"<>]{0,500}\"\s{0,9}>\s{0,9}</a>")
YEARS = range(1990, 2100)
"""Years that a date of an article can lie in; one outside them is a slip of the pen."""


class _Plain(yaml.SafeLoader):
    """YAML without aliases: a few hundred bytes of them would unfold to gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("alias")
        return super().compose_node(parent, index)


_QUICK = getattr(yaml, "CSafeLoader", _Plain)
_UNFOLDS = re.compile(r"[*&\[{?]|- -")
LONGEST_SIMPLE = 20_000
"""What has no aliases and cannot nest deeply may take the quick loader, which is unsafe with either."""


class _Handler(YAMLHandler):
    def load(self, fm: str, **_: Any) -> Any:
        simple = len(fm) < LONGEST_SIMPLE and not _UNFOLDS.search(fm)
        return yaml.load(fm, Loader=_QUICK if simple else _Plain)  # noqa: S506  (both are SafeLoaders)


@dataclass(frozen=True)
class Document:
    """What a file says. Everything but the text may be absent (None)."""

    text: Text
    number: int | None = None
    confidence: str | None = None
    owner: str | None = None
    source: str | None = None
    draft_of: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    given: frozenset[str] = field(default_factory=frozenset)


def read(content: bytes, *, kind: str, audience: str) -> Document:
    """Return the document in a file's bytes. kind, audience: for a file that does not say.

    Raises Refused with the reason why the file cannot be read.
    """
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Refused("import.not_utf8") from error
    try:
        handler = _Handler()  # given to a file without front matter, it would take two rules for its ends
        metadata, body = (
            frontmatter.parse(text, handler=handler) if handler.detect(text.strip()) else ({}, text)
        )
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Refused("import.front_matter", problem=_first_line(error)) from error
    if not isinstance(metadata, dict):
        raise Refused("import.front_matter", problem="")
    return _document(metadata, body.strip("\n"), kind, audience)


def _first_line(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 2}" if mark else type(error).__name__


def _document(metadata: Mapping[str, Any], body: str, kind: str, audience: str) -> Document:
    ours = metadata.get("format") == FORMAT
    kind = _known("kind", metadata.get("kind"), KINDS, kind) if ours else kind
    audience = _known("audience", metadata.get("audience"), AUDIENCES, audience) if ours else audience
    synonyms = _entries(metadata.get("synonyms"))
    if ours:
        title = str(metadata.get("title") or "").strip()
        sections = split_sections(body, KINDS[kind])
    else:
        title, extra, body = _titled(str(metadata.get("title") or "").strip(), body)
        synonyms, sections = (*synonyms, *extra), {BODY.key: body}
    if not any(part.strip() for part in sections.values()):
        raise Refused("import.empty")
    text = Text(
        kind=kind,
        title=title,
        symptom=str(metadata.get("symptom") or "").strip("\n") if ours else "",
        error_codes=_entries(metadata.get("error_codes")) if ours else (),
        environment=str(metadata.get("environment") or "").strip() if ours else "",
        synonyms=synonyms,
        audience=audience,
        components=_entries(metadata.get("components")) if ours else (),
        review_due=_date(metadata.get("review_due")) if ours else None,
        sections=sections,
    )
    return replace(_told(metadata), text=text) if ours else Document(text)


def _told(metadata: Mapping[str, Any]) -> Document:
    confidence = metadata.get("confidence")
    return Document(
        text=Text("", ""),
        number=_number(metadata.get("number")),
        confidence=_known("confidence", confidence, CONFIDENCES, "") or None,
        owner=str(metadata["owner"]) if metadata.get("owner") else None,
        source=str(metadata["source"]) if metadata.get("source") else None,
        draft_of=_number(metadata.get("draft_of")),
        created_at=_moment(metadata.get("created")),
        updated_at=_moment(metadata.get("updated")),
        given=frozenset(str(key) for key in metadata),
    )


def _known(name: str, value: Any, table: Mapping[str, Any], default: str) -> str:
    if value is None:
        return default
    if not isinstance(value, str) or value not in table:
        raise Refused("import.unknown_value", name=name, value=str(value)[:50])
    return str(value)


def _entries(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    rows = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(str(row).strip() for row in rows if row is not None and str(row).strip()))


def _date(value: Any) -> date | None:
    if value is None:
        return None
    if isinstance(value, date) and not isinstance(value, datetime) and value.year in YEARS:
        return value
    raise Refused("import.unknown_value", name="review_due", value=str(value)[:50])


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, datetime) and value.year in YEARS:
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    raise Refused("import.unknown_value", name="created, updated", value=str(value)[:50])


def _number(value: Any) -> int | None:
    match = re.fullmatch(r"KB-(\d{4,7})", str(value or ""))
    return int(match[1]) if match else None


def _titled(title: str, body: str) -> tuple[str, tuple[str, ...], str]:
    """Return the title, other wordings of it, and the body without its first heading.

    The heading of a text from elsewhere says the title again, often in other words: a synonym.
    """
    body = _ANCHOR.sub("", re.sub(r"\A(?:\s*<!--.*?-->)+", "", body, flags=re.DOTALL))
    match = _TITLE.match(body)
    if match is None:
        return title, (), body.strip("\n")
    heading = re.sub(r"[*_`]|<[^<>]{0,500}>", "", match[1]).strip().rstrip("#").strip()
    other = (heading,) if title and heading and heading != title else ()
    return title or heading, other, body[match.end() :].strip("\n")


def split_sections(body: str, kind: Kind) -> dict[str, str]:
    """Return section key -> Markdown; what stands before the first section's heading is the free text."""
    keys = {section.label.ja: section.key for section in kind.all_sections}
    keys |= {section.label.en: section.key for section in kind.all_sections}
    found: dict[str, list[str]] = {}
    current = found.setdefault(BODY.key, [])
    for line in body.split("\n"):
        match = _HEADING.match(line)
        label = match[2].rstrip() if match else ""
        if match is None or label not in keys:
            current.append(line)
        elif match[1]:
            current.append(f"## {match[1][1:]}{match[2]}")
        else:
            current = found.setdefault(keys[label], [])
    return {key: "\n".join(lines).strip("\n") for key, lines in found.items()}


def write(text: Text, told: Mapping[str, Any]) -> str:
    """Return the file for a text. told: further front matter (number, confidence, owner ...), in order."""
    kind = KINDS[text.kind]
    metadata: dict[str, Any] = {"format": FORMAT, **told, "kind": text.kind, "title": text.title}
    metadata |= {
        "symptom": text.symptom,
        "error_codes": list(text.error_codes),
        "environment": text.environment,
        "synonyms": list(text.synonyms),
        "components": list(text.components),
        "audience": text.audience,
        "review_due": text.review_due,
    }
    head = yaml.safe_dump(metadata, allow_unicode=True, sort_keys=False, width=100_000)
    parts = [
        f"## {section.label.ja}\n\n{_escaped(text.sections[section.key], kind)}\n"
        for section in kind.all_sections
        if section.key in text.sections
    ]
    return f"---\n{head}---\n\n" + "\n".join(parts)


def _escaped(markdown: str, kind: Kind) -> str:
    """Give a heading that reads like a section's label one blank more; reading takes it away."""
    labels = {label for section in kind.all_sections for label in section.label}
    lines = markdown.strip("\n").split("\n")
    return "\n".join(
        f"##  {match[1]}{match[2]}"
        if (match := _HEADING.match(line)) and match[2].rstrip() in labels
        else line
        for line in lines
    )
