"""Document tables that a study writes anew: the text between two markers in a document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.results.tables import replacing


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- {name} -->\n", f"<!-- /{name} -->"


def check(documents: Iterable[str], names: Iterable[str], setting: str) -> None:
    """Refuse documents without any of the marks, before any work.

    Raises
    ------
    SettingsError
        naming the setting, the document and the marks
    """
    pairs = [_marks(name) for name in names]
    for document in map(Path, documents):
        text = document.read_text(encoding="utf-8") if document.is_file() else ""
        if not any(end in text.partition(begin)[2] for begin, end in pairs):
            needed = " or ".join(f"{begin.strip()} and {end}" for begin, end in pairs)
            raise SettingsError(f"{setting}={document}: a file with the marks {needed} is needed")


def put_into(documents: Iterable[str], tables: Mapping[str, str]) -> None:
    """Replace what stands between the marks of each name, in every document that has them."""
    for document in map(Path, documents):
        text = document.read_text(encoding="utf-8")
        for name, table in tables.items():
            begin, end = _marks(name)
            head, found, rest = text.partition(begin)
            if found:
                text = head + begin + table + end + rest.partition(end)[2]
        with replacing(document) as temporary:
            temporary.write_text(text, encoding="utf-8")
