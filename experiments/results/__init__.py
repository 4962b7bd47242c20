"""Results: tables of a run, the dictionary of their columns, data packages, and how they are loaded."""
