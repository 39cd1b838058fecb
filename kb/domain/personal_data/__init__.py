"""Personal data and secrets in text (C-11): what they are, where they stand, what happens to each.

Standard library only, patterns and the words around them; docs/personal-data.md tells what each kind needs.
The time is linear in the text, whatever is in it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import chain
from typing import Any

from kb.domain.errors import Refused
from kb.domain.personal_data.contacts import contacts_in
from kb.domain.personal_data.credentials import credentials_in
from kb.domain.personal_data.folding import fold
from kb.domain.personal_data.hosts import hosts_in
from kb.domain.personal_data.kinds import HIDE, KINDS, MASK, REFUSE, Finding
from kb.domain.personal_data.names import names_in
from kb.domain.personal_data.numbers import check_digit, numbers_in
from kb.domain.personal_data.tables import Cells, cells

__all__ = [
    "HIDE",
    "KINDS",
    "MASK",
    "REFUSE",
    "Finding",
    "check_digit",
    "find",
    "knowing",
    "masked",
    "masked_within",
    "plain",
    "problems",
]

Known = Callable[[str, str], bool]
_known: ContextVar[Known | None] = ContextVar("known values", default=None)
EVERYTHING = frozenset({REFUSE, MASK, HIDE})
PERSONAL = frozenset({REFUSE, MASK})
_SMALL = {code: code + 32 for code in range(65, 91)}
_FINDERS: tuple[tuple[frozenset[str], Callable[[str, str], Iterable[Finding]]], ...] = (
    (frozenset({REFUSE}), numbers_in),
    (frozenset({REFUSE}), credentials_in),
    (frozenset({MASK}), contacts_in),
    (frozenset({MASK}), names_in),
    (frozenset({HIDE}), hosts_in),
)


@contextmanager
def knowing(known: Known) -> Iterator[None]:
    """Leave alone, within the block, what `known(kind, plain value)` says is known to be allowed.

    The ward's own numbers, and what a second person let pass; see `kb.store.keeping`.
    """
    token = _known.set(known)
    try:
        yield
    finally:
        _known.reset(token)


def find(text: str, policies: Collection[str] = PERSONAL) -> list[Finding]:
    """Return what stands in the text and falls under the policies, in order and without overlaps.

    Places are those of the text given. policies: REFUSE, MASK, HIDE.
    """
    if not text or text.isspace():
        return []
    folded = fold(text)
    found = [*_find(folded.text, policies)]
    for table in cells(folded.text):
        found += [hit for hit in map(_in_table(table), _find(table.text, policies)) if hit is not None]
    if not found:
        return []
    placed = [Finding(kind, *folded.span(start, end)) for kind, start, end in _apart(found)]
    known = _known.get()
    return [f for f in placed if known is None or not known(f.kind, plain(text[f.start : f.end]))]


def problems(fields: dict[str, str], of: str | None = None) -> list[Refused]:
    """Return a refusal for each thing that must never be stored.

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
        for finding in find(text, (REFUSE,))
    ]


def masked(text: str, policies: Collection[str] = PERSONAL) -> str:
    """Return the text with everything found replaced by its length in black squares; lines stay lines."""
    parts, place = [], 0
    for finding in find(text, policies):
        parts += [text[place : finding.start], re.sub(r"[^\n]", "■", text[finding.start : finding.end])]
        place = finding.end
    return "".join([*parts, text[place:]])


def masked_within(value: Any, policies: Collection[str] = PERSONAL) -> Any:
    """Return a value, text or JSON, with each text in it masked."""
    if isinstance(value, str):
        return masked(value, policies)
    if isinstance(value, dict):
        return {key: masked_within(inner, policies) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(masked_within(inner, policies) for inner in value)
    return value


def plain(value: str) -> str:
    """Return a value as it compares: narrow, without what only separates, in small letters."""
    return re.sub(r"[\W_]", "", fold(value).text).casefold()


def _find(folded: str, policies: Collection[str]) -> Iterator[Finding]:
    low = folded.lower()
    if len(low) != len(folded):  # a letter that grows when it is made small
        low = folded.translate(_SMALL)
    return chain.from_iterable(
        finder(folded, low) for kinds, finder in _FINDERS if not kinds.isdisjoint(policies)
    )


def _in_table(table: Cells) -> Callable[[Finding], Finding | None]:
    """Return a function that puts a finding among labelled cells back where its cell stands."""
    starts = [place[0] for place in table.places]

    def back(hit: Finding) -> Finding | None:
        _, inside, there, length = table.places[bisect_right(starts, hit.start) - 1]
        if hit.start < inside or hit.end > inside + length:
            return None
        return Finding(hit.kind, there + hit.start - inside, there + hit.end - inside)

    return back


def _apart(found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield findings in order; of two that overlap the stricter, else the longer one."""
    order = list(KINDS.values())
    last: Finding | None = None
    for one in sorted(found, key=lambda f: (f.start, -f.end, f.kind)):
        if last is None or one.start >= last.end:
            if last is not None:
                yield last
            last = one
            continue
        better = order.index(KINDS[one.kind]) < order.index(KINDS[last.kind])
        last = Finding(one.kind if better else last.kind, last.start, max(last.end, one.end))
    if last is not None:
        yield last
