"""Notices: what a person is told on the page and by mail."""
