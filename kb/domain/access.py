"""The one decision: who may do what, and which articles exist for whom.

Every surface (page, list, count, suggestion, snippet, feed, export, API, e-mail) asks here:
`may` for an action, `scope` for what there is to see; `kb.store.visibility` turns a scope into SQL.
Sources: contract C-10, C-11, C-13.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from kb.domain.articles import READABLE

ANYONE = "anyone"
"""The role of a visitor who has not signed in."""

EVERYONE = frozenset({ANYONE, "staff", "engineer", "author", "reviewer", "administrator"})
SIGNED_IN = EVERYONE - {ANYONE}
WRITERS = SIGNED_IN - {"staff"}
WARD_OFFICERS = frozenset({"reviewer", "administrator"})
ADMINISTRATORS = frozenset({"administrator"})

PERMISSIONS: dict[str, frozenset[str]] = {
    "open": EVERYONE,
    "session": SIGNED_IN,
    "article.list": EVERYONE,
    "article.read": EVERYONE,
    "article.write": WRITERS,
    "article.edit": WRITERS,
    "article.history": WRITERS,
    "article.submit": WRITERS,
    "article.publish": WARD_OFFICERS,
    "article.publish_urgently": frozenset({"engineer"}) | WARD_OFFICERS,
    "article.archive": WARD_OFFICERS,
    "article.assign": WARD_OFFICERS,
    "article.rate": EVERYONE,
    "article.verify": WRITERS,
    "article.flag": SIGNED_IN,
    "upkeep.read": WRITERS,
    "search.use": EVERYONE,
    "incident.read": WRITERS,
    "incident.write": WRITERS,
    "incident.report": SIGNED_IN,
    "status.read": EVERYONE,
    "numbers.read": WRITERS,
    "calendar.read": WRITERS,
    "calendar.edit": WARD_OFFICERS,
    "today.read": SIGNED_IN,
    "notices.read": SIGNED_IN,
    "watch.use": SIGNED_IN,
    "feed.read": EVERYONE,
    "guide.walk": SIGNED_IN,
    "guide.hand_over": WRITERS,
    "guide.record": WRITERS,
    "guide.govern": WRITERS,
    "gaps.handle": frozenset({"author", "reviewer", "administrator"}),
    "thesaurus.read": frozenset({"author", "reviewer", "administrator"}),
    "thesaurus.edit": WARD_OFFICERS,
    "hosts.read": WRITERS,
    "privacy.ask": SIGNED_IN,
    "privacy.decide": WARD_OFFICERS,
    "people.manage": ADMINISTRATORS,
    "audit.read": ADMINISTRATORS,
}
"""Action -> the roles that may try it; what an article says of itself decides the rest."""

NEEDS_PAGES_OPEN = frozenset(
    {"article.list", "article.read", "article.rate", "search.use", "status.read", "feed.read"}
)
"""What a visitor may do only where the ward has opened its staff pages (KB_OPEN_STAFF_PAGES)."""


class Reader(Protocol):
    """What the decision needs to know of a person."""

    @property
    def id(self) -> int | None: ...
    @property
    def role(self) -> str: ...
    @property
    def trained(self) -> bool: ...


class Guarded(Protocol):
    """What the decision needs to know of an article. `published` is False while it is a draft."""

    @property
    def audience(self) -> str: ...
    @property
    def confidence(self) -> str: ...
    @property
    def owner_id(self) -> int | None: ...


@dataclass(frozen=True)
class Scope:
    """The articles that exist for one reader.

    published: audiences whose published articles the reader sees.
    unpublished: "all", "own" or "none": the drafts and archived articles the reader sees,
    always within `drafts`, the audiences the reader may see at all.
    """

    reader_id: int | None
    published: frozenset[str]
    drafts: frozenset[str]
    unpublished: str

    def sees(self, article: Guarded) -> bool:
        """Return whether this article exists for the reader."""
        if article.confidence in READABLE and article.audience in self.published:
            return True
        return self._sees_drafts(article.owner_id) and article.audience in self.drafts

    def texts(self, owner_id: int | None) -> frozenset[str]:
        """Return the audiences whose texts the reader may open among the revisions of an owner's article."""
        return self.drafts if self._sees_drafts(owner_id) else self.published

    def _sees_drafts(self, owner_id: int | None) -> bool:
        own = self.reader_id is not None and owner_id == self.reader_id
        return self.unpublished == "all" or (self.unpublished == "own" and own)


def scope(reader: Reader, *, pages_open: bool = False) -> Scope:
    """Return what exists for this reader.

    Restricted articles exist only for trained engineers and ward officers (C-11), and for
    their own trained author. pages_open: visitors may read published staff articles.
    """
    if reader.role == ANYONE:
        return Scope(None, frozenset({"staff"} if pages_open else ()), frozenset(), "none")
    if reader.role == "staff":
        return Scope(reader.id, frozenset({"staff"}), frozenset(), "none")
    ordinary = frozenset({"staff", "engineer"})
    drafts = ordinary | {"restricted"} if reader.trained else ordinary
    published = ordinary if reader.role == "author" else drafts
    return Scope(reader.id, published, drafts, "all" if reader.role in WARD_OFFICERS else "own")


def may(reader: Reader, action: str, article: Guarded | None = None, *, pages_open: bool = False) -> bool:
    """Return whether this reader may do this, to this article if one is named.

    Raises KeyError for an action that nobody listed: a route cannot invent its permission.
    """
    if reader.role not in PERMISSIONS[action]:
        return False
    if reader.role == ANYONE and action in NEEDS_PAGES_OPEN and not pages_open:
        return False
    return article is None or scope(reader, pages_open=pages_open).sees(article)
