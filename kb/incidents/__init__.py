"""Incidents: what happened, what the ward was told, what was learnt (C-1 to C-6)."""
