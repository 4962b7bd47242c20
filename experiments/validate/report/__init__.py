"""The report of the study `validate`: page, figures, text."""
