"""Symptom search over Japanese text: analysis, a derived Whoosh index, scoring and its page."""
