"""The numbers that a guide is walked with: what its closed runs taught, or those of when it was frozen."""

from kb.store.guide_learning import in_force, learnt_from

__all__ = ["in_force", "learnt_from"]
