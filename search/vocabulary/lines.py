"""The ward's groups as a file: the lines of `search/thesaurus.txt`, and signs for what is shipped.

落ちる、停止する        a group of the ward's own; an arrow as in the shipped file
- 固まる、止まる        this shipped group is not used
+ 固まる、凍る          right below it: the words that hold in its place
# ...                   a remark
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from kb.domain.errors import Refused
from search.thesaurus import Group
from search.vocabulary import groups, rules, service
from search.vocabulary.groups import Entry
from search.vocabulary.rules import line
from search.vocabulary.service import Act


def written(entries: Iterable[Entry], title: str) -> str:
    """Return the file of what the ward keeps, oldest first."""
    rows = [f"# {title}"]
    for entry in sorted((entry for entry in entries if entry.row), key=_number):
        if entry.shipped:
            rows.append(f"- {line(entry.shipped.words, entry.shipped.finds)}")
        if entry.state != "off":
            rows.append(f"+ {entry.line}" if entry.shipped else entry.line)
    return "".join(f"{row}\n" for row in rows)


def _number(entry: Entry) -> int:
    return entry.row.id if entry.row else 0


@dataclass(frozen=True)
class Wish:
    """What a line asks for: a group of the ward's own, or in place of a shipped one (None: nothing)."""

    number: int
    group: Group | None
    shipped: Group | None = None


def read(text: str) -> Iterator[Wish]:
    """Yield what a file asks for; a "+" without its "-" is a group of the ward's own."""
    replaced: Wish | None = None
    for number, row in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        sign, rest = _signed(row)
        if not rest:
            continue
        if replaced and sign != "+":
            yield replaced
        if sign == "-":
            replaced = Wish(number, None, _group(rest))
        else:
            yield Wish(number, _group(rest), replaced.shipped if replaced else None)
            replaced = None
    if replaced:
        yield replaced


def _signed(row: str) -> tuple[str, str]:
    row = row.strip()
    if row.startswith("#"):
        return "#", ""
    return (row[0], row[1:].strip()) if row.startswith(("-", "+")) else ("", row)


def _group(row: str) -> Group:
    words, _, finds = row.partition("→")
    return Group(rules.settled(words), rules.settled(finds))


def problems(wishes: Iterable[Wish]) -> list[tuple[int, Refused]]:
    """Return every reason against the groups of a file, each with the number of its line."""
    return [
        (wish.number, reason)
        for wish in wishes
        if wish.group
        for reason in rules.problems(wish.group.words, wish.group.finds, one_way=bool(wish.group.finds))
    ]


def store(session: Session, wishes: Iterable[Wish], act: Act) -> Counter[str]:
    """Keep what a file asks for and is not so yet, and commit. The groups must be without problems.

    Returns how many were added, changed, switched_off, present already, or unknown (shipped no more).
    """
    entries = groups.everything(session)
    known = {entry.shipped.key: entry for entry in entries if entry.shipped}
    present = {line(group.words, group.finds) for group in groups.in_use(entries)}
    counts: Counter[str] = Counter()
    for wish in wishes:
        entry = known.get(wish.shipped.key) if wish.shipped and wish.shipped.words else None
        if _is_so(wish, entry, present):
            counts["present"] += 1
        elif wish.group is None and entry is None:
            counts["unknown"] += 1
        else:
            counts[service.keep(session, entry, wish.group, act)] += 1
            present |= {line(wish.group.words, wish.group.finds)} if wish.group else set()
    session.commit()
    return counts


def _is_so(wish: Wish, entry: Entry | None, present: set[str]) -> bool:
    if wish.group is None:
        return entry is not None and entry.state == "off"
    wanted = line(wish.group.words, wish.group.finds)
    return wanted == entry.line and entry.state != "off" if entry else wanted in present
