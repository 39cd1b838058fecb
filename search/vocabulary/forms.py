"""What the form of a group holds: read from a request, shown again as typed, and into the rules."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from kb.domain.errors import Reasons, Refused, refuse_all
from kb.web import forms
from search.vocabulary import rules
from search.vocabulary.groups import STATES, Entry

KINDS = ("equal", "one_way")
_LONGEST = 20_000


@dataclass(frozen=True)
class Form:
    """A group as its form shows it. base: the version of the row it was made from; shipped: its address."""

    kind: str = "equal"
    words: str = ""
    finds: str = ""
    base: int = 0
    shipped: str = ""


def posted() -> Form:
    """Return the form as posted."""
    kind = forms.text("kind")
    return Form(
        kind=kind if kind in KINDS else KINDS[0],
        words=forms.block("words")[:_LONGEST],
        finds=forms.block("finds")[:_LONGEST],
        base=posted_base(),
        shipped=forms.text("shipped"),
    )


def posted_base() -> int:
    """Return the version that a posted form was made from, 0 if it names none."""
    typed = forms.text("base")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def asked() -> Form:
    """Return the empty form, with words that a link brought along."""
    return Form(words=request.args.get("words", "")[:_LONGEST])


def of_entry(entry: Entry) -> Form:
    """Return the form that shows a group, one word in each line."""
    return Form(
        kind="one_way" if entry.group.finds else "equal",
        words="\n".join(entry.group.words),
        finds="\n".join(entry.group.finds),
        base=entry.version,
        shipped=entry.address,
    )


def to_group(form: Form) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return (words, finds) in settled spelling. Raises Refused with every reason."""
    one_way = form.kind == "one_way"
    words, finds = rules.settled(form.words), rules.settled(form.finds) if one_way else ()
    refuse_all(rules.problems(words, finds, one_way=one_way))
    return words, finds


def problems(refused: Refused) -> dict[str, list[Refused]]:
    """Return the reasons by the field that each is about; "" for those of the whole form."""
    found: dict[str, list[Refused]] = {}
    for reason in refused.reasons if isinstance(refused, Reasons) else (refused,):
        found.setdefault(reason.values.get("field", ""), []).append(reason)
    return found


def wanted() -> tuple[str, str, str]:
    """Return what the list is asked for: words it should hold, a state, and a query to try."""
    state = request.args.get("state", "")
    return (
        request.args.get("q", "").strip()[:100],
        state if state in STATES else "",
        request.args.get("try", "").strip()[:400],
    )
