"""What reviewers do to the thesaurus: one transaction each, its audit row inside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from kb.domain.errors import Refused, refuse_all
from kb.store import audit
from kb.store.models import ThesaurusGroup
from search.thesaurus import Group
from search.vocabulary import groups, rules
from search.vocabulary.groups import Entry
from search.vocabulary.rules import line


@dataclass(frozen=True)
class Act:
    """Who does something (None: the command line), when, and from where."""

    by: int | None
    now: datetime
    address: str = ""


def add(session: Session, words: Sequence[str], finds: Sequence[str], act: Act) -> None:
    """Add a group of the ward's own and commit. Raises Refused if another one does the same already."""
    group = Group(tuple(words), tuple(finds))
    _require_new(group, groups.everything(session))
    keep(session, None, group, act)
    session.commit()


def change(
    session: Session, entry: Entry, words: Sequence[str], finds: Sequence[str], act: Act, *, base: int
) -> None:
    """Keep other words for a group and commit; a shipped one gets a row, or loses it with its old words.

    base: the version of the row that the form showed, 0 if there was none. Raises Refused 409 if it is
    another one now, and Refused if another group does the same already.
    """
    if base != entry.version:
        raise Refused("thesaurus.stale", status=409)
    group = Group(tuple(words), tuple(finds))
    if entry.state != "off" and _sides(group) == _sides(entry.group):
        return
    if entry.row and entry.shipped and _sides(group) == _sides(entry.shipped):
        drop(session, entry, act, base=base)
        return
    _require_new(group, groups.everything(session), but=entry)
    keep(session, entry, group, act)
    session.commit()


def switch_off(session: Session, entry: Entry, act: Act) -> None:
    """Use a shipped group no longer and commit. Raises Refused 409 if somebody changed it first."""
    if entry.row is not None:
        raise Refused("thesaurus.stale", status=409)
    keep(session, entry, None, act)
    session.commit()


def keep(session: Session, entry: Entry | None, group: Group | None, act: Act) -> str:
    """Store a group in place of an entry (None: as a new one) without committing; no group: switch it off.

    Returns what this was: added, changed or switched_off.
    """
    row = (entry.row if entry else None) or ThesaurusGroup(shipped_key=_key(entry))
    row.words, row.finds = (list(group.words), list(group.finds)) if group else ([], [])
    row.updated_at, row.updated_by = act.now, act.by
    session.add(row)
    session.flush()
    if group is None:
        _tell(session, "switched_off", row, act, group=entry.line if entry else "")
        return "switched_off"
    after = line(group.words, group.finds)
    if entry is None:
        _tell(session, "added", row, act, group=after)
        return "added"
    _tell(session, "changed", row, act, changes={"group": [entry.line, after]})
    return "changed"


def drop(session: Session, entry: Entry, act: Act, *, base: int) -> str:
    """Delete the ward's row and commit: its own group is gone, a shipped one holds again as shipped.

    Returns what this was: removed, reset or switched_on. Raises Refused 409 if the row has changed since.
    """
    row = entry.row
    if row is None or entry.version != base:
        raise Refused("thesaurus.stale", status=409)
    done = {"own": "removed", "changed": "reset", "off": "switched_on"}[entry.state]
    session.delete(row)
    session.flush()
    _tell(session, done, row, act, group=entry.line)
    session.commit()
    return done


def _sides(group: Group) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(group.words), tuple(group.finds)


def _key(entry: Entry | None) -> str | None:
    return entry.shipped.key if entry and entry.shipped else None


def _require_new(group: Group, entries: Iterable[Entry], *, but: Entry | None = None) -> None:
    refuse_all(
        [
            Refused("thesaurus.already", field="words", other=other.line)
            for other in entries
            if other.state != "off" and not _same(other, but) and rules.covers(other.group, group)
        ][:1]
    )


def _same(one: Entry, other: Entry | None) -> bool:
    if other is None:
        return False
    return (one.row.id if one.row else _key(one)) == (other.row.id if other.row else _key(other))


def _tell(session: Session, what: str, row: ThesaurusGroup, act: Act, **detail: Any) -> None:
    action = f"thesaurus.{what}"
    audit.record(
        session,
        action,
        at=act.now,
        by=act.by,
        object_type="thesaurus",
        object_id=row.id,
        address=act.address,
        **detail,
    )
