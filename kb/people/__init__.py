"""Accounts: signing in, passwords, who may work with the wiki, and the audit log's pages."""
