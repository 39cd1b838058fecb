"""Which guide an article's revision carries: one block in one section of two kinds (docs/guides.md)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol

from kb.domain.diagnosis.checking import staff_problems
from kb.domain.diagnosis.guide import Guide
from kb.domain.errors import Reasons, Refused
from kb.store.guide_blocks import LANGUAGE, Found, blocks, draft, read

WITH_GUIDE = frozenset({"fault_isolation", "self_help"})
"""The kinds whose articles may carry a guide."""
SECTION = "steps"
"""The section it stands in, in either kind."""

ANCHOR = "guide"
"""Where it stands on the article's page. Anchors of headings are never plain ASCII (`kb.domain.anchors`)."""


class Written(Protocol):
    """What an author wrote: a `Text` or a `Revision`."""

    @property
    def kind(self) -> str: ...
    @property
    def audience(self) -> str: ...
    @property
    def sections(self) -> Mapping[str, str]: ...


def guide_of(text: Written) -> Guide | None:
    """Return the guide of this text; None if it has none, or one that cannot be walked."""
    return None if guide_problems(text) else _guide(text)


def _guide(text: Written) -> Guide | None:
    found = found_in(text)
    return _read(found[0].text, found[0].line) if found else None


def draft_of(text: Written) -> Guide | None:
    """Return the guide of this text for its author, though it may not be fit to walk yet.

    Raises Reasons where it cannot be read at all, each with values["field"].
    """
    found = found_in(text)
    try:
        return draft(found[0].text, found[0].line) if found else None
    except Reasons as wrong:
        raise Reasons([_placed(reason, text.kind) for reason in wrong.reasons]) from wrong


def guide_problems(text: Written) -> list[Refused]:
    """Return every reason why the guide in this text keeps it from being published.

    Each has values["field"], the section it is about ("section.steps").
    """
    elsewhere = [
        Refused("guides.wrong_place", field=_field(key), of=text.kind)
        for key, markdown in text.sections.items()
        if not _holds_guide(text.kind, key) and blocks(markdown)
    ]
    found = found_in(text)
    if len(found) > 1:
        elsewhere.append(_placed(Refused("guides.second", line=found[1].line - 1), text.kind))
    if any(not one.closed for one in found):
        return [*elsewhere, _placed(Refused("guides.not_closed", line=found[-1].line - 1), text.kind)]
    try:
        guide = _guide(text)
    except Reasons as wrong:
        return [*elsewhere, *(_placed(reason, text.kind) for reason in wrong.reasons)]
    unfit = staff_problems(guide) if guide and for_staff(text) else []
    return [*elsewhere, *(_placed(reason, text.kind) for reason in unfit)]


def for_staff(text: Written) -> bool:
    """Tell whether ward staff walk this text's guide: it then holds nothing but harmless steps."""
    return text.kind == "self_help" or text.audience == "staff"


def found_in(text: Written) -> list[Found]:
    """Return the blocks that stand where this text's guide belongs."""
    return blocks(text.sections.get(SECTION, "")) if text.kind in WITH_GUIDE else []


def words_of(text: Written) -> str:
    """Return what this text's guide says, a line each: causes, steps, answers; for the search."""
    guide = guide_of(text)
    if guide is None:
        return ""
    steps = [line for step in guide.steps for line in (step.title, *step.answers)]
    return "\n".join(dict.fromkeys([*(cause.title for cause in guide.causes), *steps]))


def prose(kind: str, sections: Mapping[str, str]) -> dict[str, str]:
    """Return the sections as they are read: without the guide, which the page shows in another form."""
    return {
        key: without_guide(markdown) if _holds_guide(kind, key) else markdown
        for key, markdown in sections.items()
    }


def with_guide(markdown: str, block: str) -> str:
    """Return a section's text with this block in place of its (first) guide, or at its end."""
    lines = markdown.replace("\r\n", "\n").split("\n")
    new = [f"```{LANGUAGE}", *block.rstrip("\n").split("\n"), "```"]
    found = blocks(markdown)
    if found:
        lines[found[0].line - 2 : found[0].end] = new
        return "\n".join(lines)
    return "\n".join([markdown.rstrip("\n"), "", *new]).lstrip("\n") + "\n"


def without_guide(markdown: str) -> str:
    """Return a section's text without its blocks."""
    lines = markdown.replace("\r\n", "\n").split("\n")
    for found in reversed(blocks(markdown)):
        del lines[found.line - 2 : found.end]
    return "\n".join(lines)


def _holds_guide(kind: str, key: str) -> bool:
    return kind in WITH_GUIDE and key == SECTION


def _field(key: str) -> str:
    return f"section.{key}"


def _placed(reason: Refused, kind: str) -> Refused:
    return Refused(reason.key, reason.status, **{**reason.values, "field": _field(SECTION), "of": kind})


@lru_cache(maxsize=64)
def _read(text: str, line: int) -> Guide:
    """Return a block's guide; kept, since reading a long one takes a moment and each step asks for it."""
    return read(text, line)
