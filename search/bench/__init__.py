"""Measures speed and memory of the search against tantivy, on the same machine and the same tokens."""
