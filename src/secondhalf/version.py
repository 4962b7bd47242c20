"""The version of Second Half; nothing is imported here, so that every module may ask for it."""

__version__ = "0.1.0"
