"""Hydra composes the same files some thousand times in the tests; here it reads and merges each choice of them once.

What is given back is a copy, made anew, so no test sees another's changes. A file is read again when it has changed,
folders of one's own (`file://`) are merged every time, and overrides of single values are applied every time. In a
process of its own, as most tests of the command have, Hydra is as it is.
"""

from __future__ import annotations

import os
import pickle
from typing import Any

import pytest
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from omegaconf import DictConfig, OmegaConf

READ: dict[tuple[str, int, int], bytes] = {}
MERGED: dict[tuple[Any, ...], bytes] = {}


def begin(patch: pytest.MonkeyPatch) -> None:
    """Put both memories in place."""
    load, merge = OmegaConf.load, ConfigLoaderImpl._compose_config_from_defaults_list

    def load_once(file: Any) -> Any:
        path = str(getattr(file, "name", file))
        state = os.stat(path)
        key = (path, state.st_mtime_ns, state.st_size)
        if key not in READ:
            READ[key] = pickle.dumps(load(file))
        return pickle.loads(READ[key])

    def merge_once(self: ConfigLoaderImpl, defaults: Any, repo: Any) -> DictConfig:
        sources = [(source.scheme(), source.path) for source in repo.get_sources()]
        if any(scheme not in ("pkg", "structured") for scheme, _ in sources):
            return merge(self, defaults, repo)
        key = (*sources, *((each.config_path, each.package, each.is_self, each.primary) for each in defaults))
        if key not in MERGED:
            MERGED[key] = pickle.dumps(merge(self, defaults, repo))
        found: DictConfig = pickle.loads(MERGED[key])
        return found

    patch.setattr(OmegaConf, "load", staticmethod(load_once))
    patch.setattr(ConfigLoaderImpl, "_compose_config_from_defaults_list", merge_once)
