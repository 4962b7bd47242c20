"""What files of results hold: columns, their units and meaning, and how they are written and described."""
