"""The articles: writing, reading, history, import and export."""
