"""Systems, screens and devices by their names."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.store.models import Component


def named(session: Session, names: Iterable[str]) -> list[Component]:
    """Return the components with these names, in order of name; unknown ones are added to the transaction."""
    wanted = list(dict.fromkeys(names))
    rows = session.scalars(select(Component).where(Component.name.in_(wanted)))
    known: dict[str, Component] = {component.name: component for component in rows}
    found = [known.get(name) or Component(name=name) for name in wanted]
    session.add_all(found)
    return sorted(found, key=lambda component: component.name)
