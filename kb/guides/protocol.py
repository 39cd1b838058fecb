"""Speaks to a program: one JSON object per line in, one per line out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kb.domain.diagnosis.belief import authored
from kb.domain.diagnosis.guide import LEVELS, OTHER_SHARE, Cause, Guide, Step
from kb.domain.diagnosis.learning import RATES, Counts, Release, Run, estimated, take_in
from kb.domain.diagnosis.policy import propose


def answers(lines: Iterable[str]) -> Iterator[str]:
    """Yield the answer to each request: load, next, close and release.

    load {guide} forgets all that was learnt; next {results: [[step, outcome]]} proposes a step; close
    {results: [[step, outcome, minutes]], cause} learns from an incident; release discounts what was learnt.
    Whatever cannot be understood is answered with {"error": ...}.
    """
    desk = _Desk()
    for line in lines:
        if line.strip():
            yield json.dumps(desk.answer(line), ensure_ascii=False)


class _Desk:
    """One guide and what it has learnt while the program runs."""

    def __init__(self) -> None:
        self._load({"causes": [{"id": "unknown", "weight": 1}], "steps": [], "escalate": {"minutes": 60}})

    def answer(self, line: str) -> dict[str, Any]:
        """Return the answer to one request."""
        try:
            request = json.loads(line)
            return self._answer(request, request["op"])
        except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError) as wrong:
            return {"error": f"{type(wrong).__name__}: {wrong}"}

    def _answer(self, request: dict[str, Any], asked: str) -> dict[str, Any]:
        if asked == "next":
            return self._next([(step, outcome) for step, outcome, *_ in request["results"]])
        if asked == "load":
            self._load(request["guide"])
        elif asked == "close":
            rows = tuple((step, outcome, float(minutes)) for step, outcome, minutes in request["results"])
            self._learn(Run(rows, request["cause"]))
        elif asked == "release":
            self._learn(Release())
        else:
            raise ValueError(f"op {asked}")
        return {"ok": True}

    def _load(self, data: dict[str, Any]) -> None:
        self._guess = authored(guide(data))
        self._counts = Counts([0.0] * len(self._guess.causes))
        self._model = self._guess

    def _learn(self, event: Run | Release) -> None:
        take_in(self._counts, self._guess, event, RATES)
        self._model = estimated(self._counts, self._guess, RATES)

    def _next(self, results: list[tuple[str, str]]) -> dict[str, Any]:
        proposal = propose(self._model, results)
        return {
            "kind": proposal.kind,
            "step": proposal.step,
            "eta": proposal.eta,
            "post": proposal.posterior,
        }


def guide(data: Mapping[str, Any]) -> Guide:
    """Return a guide from what the protocol says of it. Levels are words of LEVELS or numbers."""
    causes = tuple(
        Cause(row["id"], row.get("title", row["id"]), float(row["weight"])) for row in data["causes"]
    )
    return Guide(
        causes,
        tuple(_step(row) for row in data["steps"]),
        float(data["escalate"]["minutes"]),
        tuple(data.get("pin") or ()),
        float(data.get("other", OTHER_SHARE)),
    )


def _step(row: Mapping[str, Any]) -> Step:
    return Step(
        row["id"],
        row["kind"],
        row.get("title", row["id"]),
        float(row["minutes"]),
        tuple(row.get("requires") or ()),
        row.get("risk") or "none",
        tuple(row.get("answers") or ()),
        {cause: _levels(levels) for cause, levels in (row.get("p") or {}).items()},
        _levels(row.get("fixes") or {}),
    )


def _levels(row: Mapping[str, str | float]) -> dict[str, float]:
    return {key: LEVELS[value] if isinstance(value, str) else float(value) for key, value in row.items()}
