"""Accounts: books of the day, platforms' ledger, quarterly reports."""
