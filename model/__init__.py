"""The market the agents meet in: its stages, columns, books and measures."""
