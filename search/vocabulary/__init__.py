"""The thesaurus as the ward edits it: what is shipped, what the ward added, changed or does not use."""
