"""Every group of words and where it comes from: the shipped ones, and what the ward's rows make of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from kb.domain.errors import Refused
from kb.store.models import ThesaurusGroup
from kb.store.paging import LARGEST_ID, Page
from search import thesaurus
from search.folding import fold
from search.thesaurus import Group
from search.vocabulary.rules import line, spelled
from search.widening import keys_of

STATES = ("own", "changed", "off", "shipped")
PER_PAGE = 50


@dataclass(frozen=True)
class Entry:
    """A group as the page lists it.

    group: the words that hold, or those of the shipped group if it is off.
    row: what the ward keeps of it. shipped: the group that came with the product.
    """

    group: Group
    row: ThesaurusGroup | None
    shipped: Group | None

    @property
    def state(self) -> str:
        """own (added by the ward), changed (another wording than shipped), off or shipped."""
        if self.row is None:
            return "shipped"
        if not self.row.words:
            return "off"
        return "changed" if self.shipped else "own"

    @property
    def version(self) -> int:
        """What a form made from this entry is compared with; 0 as long as the ward keeps nothing of it."""
        return self.row.version if self.row else 0

    @property
    def line(self) -> str:
        """The group in one line."""
        return line(self.group.words, self.group.finds)

    @property
    def shipped_line(self) -> str:
        """The shipped group in one line, as it came."""
        return line(self.shipped.words, self.shipped.finds) if self.shipped else ""

    @property
    def address(self) -> str:
        """What stands for a shipped group in an address."""
        return address(self.shipped) if self.shipped else ""


def address(group: Group) -> str:
    """Return a short name for a shipped group that fits into an address."""
    return sha256(group.key.encode()).hexdigest()[:12]


@lru_cache(maxsize=1)
def by_key() -> dict[str, Group]:
    """Return the shipped groups by their key."""
    return {group.key: group for group in thesaurus.shipped()}


@lru_cache(maxsize=1)
def by_address() -> dict[str, Group]:
    """Return the shipped groups by what stands for them in an address."""
    return {address(group): group for group in by_key().values()}


def shipped(name: str) -> Group:
    """Return the shipped group of this address, whatever the ward made of it, or raise Refused 404."""
    found = by_address().get(name)
    if found is None:
        raise Refused("thesaurus.not_found", status=404)
    return found


def entry(session: Session, group_id: int) -> Entry:
    """Return the entry of a row, or raise Refused 404."""
    row = session.get(ThesaurusGroup, group_id) if group_id <= LARGEST_ID else None
    found = _entry(row) if row else None
    if found is None:
        raise Refused("thesaurus.not_found", status=404)
    return found


def shipped_entry(session: Session, name: str) -> Entry:
    """Return the entry of the shipped group of this address, or raise Refused 404."""
    group = shipped(name)
    row = session.scalar(select(ThesaurusGroup).where(ThesaurusGroup.shipped_key == group.key))
    return (row and _entry(row)) or Entry(group, None, group)


def _entry(row: ThesaurusGroup) -> Entry | None:
    """Return a row's entry; None for one that switches off what is shipped no more."""
    known = by_key().get(row.shipped_key or "")
    if row.words:
        return Entry(Group(tuple(row.words), tuple(row.finds)), row, known)
    return Entry(known, row, known) if known else None


def everything(session: Session) -> list[Entry]:
    """Return all entries: the ward's, newest change first, then what is as shipped."""
    rows = session.scalars(
        select(ThesaurusGroup)
        .options(joinedload(ThesaurusGroup.person))
        .order_by(ThesaurusGroup.updated_at.desc(), ThesaurusGroup.id.desc())
    ).all()
    replaced = {row.shipped_key for row in rows}
    wards = [found for row in rows if (found := _entry(row))]
    return wards + [Entry(group, None, group) for key, group in by_key().items() if key not in replaced]


def in_use(entries: Iterable[Entry]) -> tuple[Group, ...]:
    """Return the groups that the search goes by."""
    return tuple(found.group for found in entries if found.state != "off")


@dataclass(frozen=True)
class Listed:
    """A page of entries, and how many there are of each state among those that hold the words."""

    page: Page
    counts: dict[str, int]


def _has(entry: Entry, keys: frozenset[str]) -> bool:
    """Return whether one of the group's words has all of these, as the index spells them."""
    group = entry.group
    return bool(keys) and any(keys.issubset(keys_of(word)) for word in (*group.words, *group.finds))


def listed(entries: Iterable[Entry], words: str, state: str, number: int) -> Listed:
    """Return page `number` of the entries that hold the words, as written or as the search reads them
    (引越し finds 引っ越し, つながる 繋がる), in a state if one is given."""
    wanted, keys = fold(words), frozenset(keys_of(words))
    found = [one for one in entries if wanted in spelled(one.line) or _has(one, keys)]
    counts = {name: sum(one.state == name for one in found) for name in STATES}
    rows = [one for one in found if one.state == state] if state else found
    number = min(max(1, number), max(1, -(-len(rows) // PER_PAGE)))
    return Listed(Page(rows[(number - 1) * PER_PAGE :][:PER_PAGE], number, len(rows), PER_PAGE), counts)
