"""Personal data: who lets it pass, what leaves the house, scan and purge."""
