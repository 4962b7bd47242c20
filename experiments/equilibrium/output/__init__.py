"""Output of the study `equilibrium`: tables, figures, text, report."""
