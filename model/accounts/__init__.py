"""Accounts: the day book, the bookkeeper of platforms, quarterly reports."""
