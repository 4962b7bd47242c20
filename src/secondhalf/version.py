"""Version of Second Half; nothing is imported here, so that every module may import it."""

__version__ = "0.1.0"
