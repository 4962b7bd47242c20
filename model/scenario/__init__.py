"""Scenarios: regulation, exclusivity of merchants, and edits of the launches that history holds."""
