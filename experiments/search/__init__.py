"""The study `search`: settings that make a metric as large or small as can be."""
