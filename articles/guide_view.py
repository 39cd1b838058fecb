"""A guide as an article's page shows it: its usual walk, its tree, its causes and steps in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy.orm import Session

from kb.domain.articles import READABLE
from kb.domain.diagnosis import preview
from kb.domain.diagnosis.belief import Model, authored
from kb.domain.diagnosis.checking import doubts
from kb.domain.diagnosis.eta import Expectation, expectation
from kb.domain.diagnosis.guide import (
    CHECK,
    DEFAULT,
    FIXED,
    FREQUENCIES,
    LEVELS,
    OTHER,
    REPAIR,
    Cause,
    Guide,
    Step,
    nearest,
)
from kb.domain.diagnosis.policy import propose
from kb.domain.diagnosis.preview import Branch, Node
from kb.domain.errors import Refused
from kb.store import guide_learning
from kb.store.article_guides import Written, found_in, guide_of, guide_problems
from kb.store.models import Article, Revision

DEPTH = 6
"""Steps that a way through the tree goes down; what happens in fewer than 2 of 100 is left out earlier."""
FIRST_STEPS = 5


@dataclass(frozen=True)
class Turn:
    """An answer of a check. share: of all walks. steps: what is then done, in order."""

    answer: str
    share: float
    steps: tuple[Stop, ...]
    end: str


@dataclass(frozen=True)
class Stop:
    """A step of the tree. fixed: how often, of all walks, it ends here (repairs only)."""

    step: Step
    minutes: float
    fixed: float | None = None
    turns: tuple[Turn, ...] = ()


@dataclass(frozen=True)
class CauseRow:
    """A cause with its share, and the titles of the steps that mend it."""

    cause: Cause
    word: str
    share: float
    mended_by: tuple[str, ...]


@dataclass(frozen=True)
class Says:
    """What a step says of causes: an answer ("" for a repair) with (title, level) of each, most first."""

    answer: str
    causes: tuple[tuple[str, str], ...]


class GuideView:
    """A guide with everything that a page shows of it."""

    def __init__(self, guide: Guide, model: Model | None = None, runs: int = 0) -> None:
        """model: the numbers in force, learnt from so many runs; the author's own unless given."""
        self.guide = guide
        self.model = model or authored(guide)
        self.runs = runs
        self.steps = {step.id: step for step in guide.steps}
        self.titles = {cause.id: cause.title for cause in guide.causes}

    @cached_property
    def causes(self) -> list[CauseRow]:
        """The causes, likeliest first."""
        shares = dict(zip(self.model.causes, self.model.prior, strict=True))
        rows = [
            CauseRow(cause, nearest(FREQUENCIES, cause.weight), shares[cause.id], self._mended_by(cause.id))
            for cause in self.guide.causes
        ]
        return sorted(rows, key=lambda row: -row.share)

    @property
    def other(self) -> float:
        """The share of causes that the guide does not know."""
        return self.model.prior[-1]

    def _mended_by(self, cause: str) -> tuple[str, ...]:
        return tuple(step.title for step in self.guide.steps if step.fixes.get(cause))

    def says(self, step: Step) -> list[Says]:
        """Return what a step says of causes, in the author's words for how often."""
        if step.kind == REPAIR:
            return [Says("", self._worded(step.fixes.items()))]
        found = []
        for answer in step.answers:
            rows = [(cause, row[answer]) for cause, row in step.likely.items() if answer in row]
            found.append(Says(answer, self._worded(rows)))
        return found

    def _worded(self, rows: Iterable[tuple[str, float]]) -> tuple[tuple[str, str], ...]:
        listed = sorted(rows, key=lambda row: (row[0] in (DEFAULT, OTHER), -row[1]))
        return tuple((self.titles.get(cause, cause), nearest(LEVELS, level)) for cause, level in listed)

    @cached_property
    def first_steps(self) -> list[Node]:
        """The first steps if every check gives its likeliest answer and no repair helps."""
        return preview.usual_walk(self.model, FIRST_STEPS)

    @cached_property
    def expected(self) -> Expectation:
        """The minutes until it is over, before anything is done."""
        return expectation(propose(self.model, ()), self.runs)

    @cached_property
    def tree(self) -> tuple[tuple[Stop, ...], str]:
        """The steps from the start, and how they end: "escalate", "cut" or "" behind a check's answers."""
        return self._stops(preview.tree(self.model, DEPTH))

    def _stops(self, node: Node | None) -> tuple[tuple[Stop, ...], str]:
        stops: list[Stop] = []
        while node is not None and node.step is not None:
            step, branches = self.steps[node.step], node.branches
            if step.kind == CHECK:
                stops.append(Stop(step, node.minutes, turns=tuple(map(self._turn, branches))))
                return tuple(stops), ""
            fixed = next((branch.share for branch in branches if branch.outcome == FIXED), None)
            stops.append(Stop(step, node.minutes, fixed))
            going_on = branches[-1]
            if going_on.cut:
                return tuple(stops), "cut"
            node = going_on.then
        return tuple(stops), "escalate"

    def _turn(self, branch: Branch) -> Turn:
        if branch.cut:
            return Turn(branch.outcome, branch.share, (), "cut")
        return Turn(branch.outcome, branch.share, *self._stops(branch.then))

    @cached_property
    def doubts(self) -> list[Refused]:
        """What its author may have overlooked."""
        return doubts(self.guide)


@dataclass(frozen=True)
class Carried:
    """What a text carries: its guide, or why it cannot be used.

    walkable: the article that the person may walk it from; None for a draft, an old revision, a preview.
    """

    view: GuideView | None
    problems: Sequence[Refused] = ()
    walkable: int | None = None


def carried(text: Written) -> Carried | None:
    """Return the guide of a text as its page shows it; None if it carries none."""
    if not found_in(text):
        return None
    guide = guide_of(text)
    return Carried(GuideView(guide) if guide else None, guide_problems(text))


def proposed(before: Revision | None, after: Revision) -> Carried | None:
    """Return the guide of a text that waits for a decision, if it is new or another than before."""
    known = [found.text for found in found_in(before)] if before else []
    return carried(after) if [found.text for found in found_in(after)] != known else None


def read(session: Session, article: Article, revision: Revision) -> Carried | None:
    """Return the guide of an article's revision; of the one in force with what its runs taught."""
    found = carried(revision)
    if found is None or found.view is None or revision.id != article.published_id:
        return found
    model = guide_learning.in_force(session, article.id, found.view.guide)
    view = GuideView(found.view.guide, model, guide_learning.learnt_from(session, article.id))
    return Carried(view, walkable=article.id if article.confidence in READABLE else None)
