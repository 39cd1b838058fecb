"""Writes search/synonyms.txt from the installed dictionary: run it after a change of sudachidict_core.

    .venv/bin/python -m tools.synonyms

The dictionary marks words that mean the same with a number. Only words that the analyser keeps as one are
of use; they are written as the index spells them, a group a line, tabs between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sudachipy import Dictionary  # type: ignore[import-untyped]

from search.analysis import words
from search.widening import SYNONYMS, synonyms_title


def groups() -> Iterable[set[str]]:
    """Yield the groups of the dictionary, as the index spells their words."""
    same: dict[int, set[str]] = defaultdict(set)
    for morpheme in Dictionary(dict="core").entries():
        for number in morpheme.synonym_group_ids():
            same[number].add(morpheme.normalized_form())
    for forms in same.values():
        yield {keys[0] for form in forms if len(keys := words(form)) == 1}


if __name__ == "__main__":
    rows = {"\t".join(sorted(group)) for group in groups() if len(group) > 1}
    SYNONYMS.write_text("\n".join([synonyms_title(), *sorted(rows)]) + "\n", encoding="utf-8")
    print(f"{len(rows)} groups")
