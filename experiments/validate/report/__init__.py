"""Validation report (the study `validate`): page, figures, text."""
