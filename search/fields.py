"""The search fields: one row each. Adding a row changes the fingerprint, and the index rebuilds itself.

Source of the weights: measured on Japanese support articles; see docs/search.md for how to measure again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class Document:
    """What the index is told of an article: plain text, and what decides who may find it.

    updated: aware; with the id it tells whether an entry is behind the database.
    """

    id: int
    title: str
    symptom: str
    error_codes: tuple[str, ...]
    environment: str
    synonyms: tuple[str, ...]
    body: str
    kind: str
    audience: str
    confidence: str
    owner_id: int | None
    components: tuple[str, ...]
    updated: datetime


Kind = Literal["words", "grams", "identifiers"]


@dataclass(frozen=True)
class Field:
    """A search field: its weight in the sum, where its text comes from and how it is taken apart."""

    name: str
    kind: Kind
    weight: float
    source: Callable[[Document], str]


def title_text(document: Document) -> str:
    """Return what names the symptom in a few words."""
    return document.title


def symptom_text(document: Document) -> str:
    """Return the symptom in the users' words and the other names it goes by."""
    return "\n".join([document.symptom, *document.synonyms])


def body_text(document: Document) -> str:
    """Return the rest of what the reader sees."""
    return "\n".join([document.environment, *document.components, document.body])


def code_text(document: Document) -> str:
    """Return every text in which an identifier may stand, the given error codes first."""
    return "\n".join(
        [*document.error_codes, title_text(document), symptom_text(document), body_text(document)]
    )


FIELDS = (
    Field("title_words", "words", 1.5, title_text),
    Field("symptom_words", "words", 0.8, symptom_text),
    Field("body_words", "words", 0.9, body_text),
    Field("title_grams", "grams", 0.3, title_text),
    Field("symptom_grams", "grams", 0.2, symptom_text),
    Field("body_grams", "grams", 0.15, body_text),
    Field("identifiers", "identifiers", 1.0, code_text),
)


def signature() -> str:
    """Return what the stored index depends on in this table (not the weights, which are of the query)."""
    return " ".join(f"{field.name}:{field.kind}:{field.source.__name__}" for field in FIELDS)
