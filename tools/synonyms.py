"""Writes search/sudachidict/synonyms.txt and spellings.txt from the installed dictionary.

    .venv/bin/python -m tools.synonyms

Run it after a change of sudachidict_core. synonyms.txt: the dictionary marks words that mean the same with a
number; only words that the analyser keeps as one are of use; as the index spells them, a group a line, tabs
between. spellings.txt: Latin words that the index keeps in kana (outlook, アウトルック).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from sudachipy import Dictionary  # type: ignore[import-untyped]

from search.analysis import words
from search.lexicon import SPELLINGS
from search.widening import SYNONYMS, synonyms_title

_LATIN = re.compile("[a-z]{3,}")
_KANA = re.compile("[ァ-ヺー]+")


def groups() -> Iterable[set[str]]:
    """Yield the groups of the dictionary, as the index spells their words."""
    same: dict[int, set[str]] = defaultdict(set)
    for morpheme in Dictionary(dict="core").entries():
        for number in morpheme.synonym_group_ids():
            same[number].add(morpheme.normalized_form())
    for forms in same.values():
        yield {keys[0] for form in forms if len(keys := words(form)) == 1}


def spellings() -> Iterator[str]:
    """Yield the Latin words of the dictionary with the kana that the index keeps of them."""
    for morpheme in Dictionary(dict="core").entries():
        latin = morpheme.surface().lower()
        if _LATIN.fullmatch(latin) and _KANA.fullmatch(morpheme.normalized_form()):
            keys = words(latin)
            if len(keys) == 1 and _KANA.fullmatch(keys[0]):
                yield f"{latin}\t{keys[0]}"


def write(path: Path, rows: Iterable[str]) -> None:
    """Write a file of the dictionary's words, sorted, each row once."""
    lines = sorted(set(rows))
    path.write_text("\n".join([synonyms_title(), *lines]) + "\n", encoding="utf-8")
    print(f"{path.name}: {len(lines)} rows")


if __name__ == "__main__":
    write(SYNONYMS, ("\t".join(sorted(group)) for group in groups() if len(group) > 1))
    write(SPELLINGS, spellings())
