"""A walk through a guide: its states, where it comes from."""

from __future__ import annotations

from kb.domain.articles import Label

OPEN, REPAIRED, ESCALATED, ABANDONED = "open", "repaired", "escalated", "abandoned"
RUN_STATES: dict[str, Label] = {
    OPEN: Label("進行中", "In progress"),
    REPAIRED: Label("復旧した", "Repaired"),
    ESCALATED: Label("エスカレーションした", "Escalated"),
    ABANDONED: Label("途中でやめた", "Abandoned"),
}
TEACHES = frozenset({REPAIRED, ESCALATED})
"""What ended in these is learnt from; who stopped half-way knows nothing of how it would have ended."""

WALK, STAFF, IMPORTED = "walk", "staff", "import"
RUN_ORIGINS: dict[str, Label] = {
    WALK: Label("技術者", "Engineer"),
    STAFF: Label("職員", "Ward staff"),
    IMPORTED: Label("取り込み", "Imported"),
}
