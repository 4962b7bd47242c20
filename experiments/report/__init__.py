"""The study `report`: one HTML file about a run or a sweep, from what it left behind."""
