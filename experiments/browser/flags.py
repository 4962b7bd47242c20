"""`--port N` and `--host H`, as people type them, in the words of the configuration."""

from __future__ import annotations

from collections.abc import Sequence

FLAGS = {"--port": "browse.port", "--host": "browse.host"}


def flags(given: Sequence[str]) -> list[str]:
    """The words of a command line with these flags as settings; one without its value is a setting without one."""
    words, found = iter(given), []
    for word in words:
        name, is_set, value = word.partition("=")
        found.append(f"{FLAGS[name]}={value if is_set else next(words, '')}" if name in FLAGS else word)
    return found
