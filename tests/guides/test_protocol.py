"""The guide for a program: one JSON object per line in, one per line out."""

from __future__ import annotations

import json
import math

import pytest

from kb.guides import protocol

GUIDE = {
    "causes": [{"id": "card", "weight": 8}, {"id": "reader", "weight": 2}],
    "escalate": {"minutes": 60},
    "steps": [
        {"id": "clean", "kind": "repair", "minutes": 2, "fixes": {"card": "often"}},
        {"id": "swap", "kind": "repair", "minutes": 15, "fixes": {"reader": "always"}},
        {
            "id": "lamp",
            "kind": "check",
            "minutes": 1,
            "answers": ["on", "off"],
            "p": {"default": {"on": "always"}, "reader": {"off": "often"}},
        },
    ],
}


def answered(*requests):
    """Return the answers to requests, which are objects or lines."""
    lines = [request if isinstance(request, str) else json.dumps(request) for request in requests]
    return [json.loads(answer) for answer in protocol.answers(lines)]


def test_a_loaded_guide_proposes_a_step_with_its_minutes_and_beliefs():
    loaded, first = answered({"op": "load", "guide": GUIDE}, {"op": "next", "results": []})

    assert loaded == {"ok": True}
    assert (first["kind"], first["step"]) == ("repair", "clean")
    assert first["post"] == pytest.approx({"card": 0.76, "reader": 0.19, "_other": 0.05})
    assert first["eta"] > 2


def test_what_was_learnt_holds_until_the_guide_is_loaded_again():
    ask = {"op": "next", "results": []}
    close = {"op": "close", "results": [["clean", "not_fixed", 2], ["swap", "fixed", 15]], "cause": "reader"}
    load = {"op": "load", "guide": GUIDE}

    _, before, _, learnt, _, released, _, again = answered(
        load, ask, close, ask, {"op": "release"}, ask, load, ask
    )

    assert before["post"]["reader"] < released["post"]["reader"] < learnt["post"]["reader"]
    assert again == before


def test_what_cannot_be_understood_is_answered_and_the_next_request_still_works():
    requests = ["{", "[]", "7", {"op": "dance"}, {"op": "next"}, {"op": "load", "guide": {}}]

    answers = answered(*requests, {"op": "load", "guide": GUIDE}, {"op": "next", "results": []})

    assert all("error" in answer for answer in answers[: len(requests)])
    assert answers[-1]["step"] == "clean"


def test_the_command_answers_on_its_output(app):
    lines = "\n".join(
        json.dumps(row) for row in ({"op": "load", "guide": GUIDE}, {"op": "next", "results": []})
    )

    done = app.test_cli_runner().invoke(args=["guides", "policy"], input=lines)

    ok, first = map(json.loads, done.output.splitlines())
    assert (ok, first["step"]) == ({"ok": True}, "clean")
    assert math.isfinite(first["eta"])
