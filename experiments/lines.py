"""YAML with the line on which each mapping stands, so that an error can say where to look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """The safe loader, with `__line__` in every mapping."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping and its line, counted from one."""
        return {**super().construct_mapping(node, deep=deep), "__line__": node.start_mark.line + 1}


def with_lines(path: Path) -> Any:
    """What a YAML file holds; every mapping has its line under `__line__`."""
    return yaml.load(path.read_text(encoding="utf-8"), _Loader)
