"""Living guides: fault isolation that proposes the next step and learns from closed incidents (C-6)."""
