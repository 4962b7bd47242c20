"""Hydra composes the same files some thousand times in the tests; here it reads and merges each choice of them once.

What is given back is a copy, made anew, so no test sees another's changes. A file is read again when it has changed,
folders of one's own (`file://`) are merged every time, and overrides of single values are applied every time. In a
process of its own, as many tests of the command have, Hydra is as it is.
"""

from __future__ import annotations

import os
import pickle
from typing import Any

import pytest
from hydra._internal import config_loader_impl
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.defaults_list import Overrides
from hydra.core.default_element import DefaultsTreeNode, InputDefault
from omegaconf import DictConfig, OmegaConf

READ: dict[tuple[str, int, int], bytes] = {}
CHOSEN: dict[tuple[Any, ...], bytes] = {}
MERGED: dict[tuple[Any, ...], bytes] = {}


def begin(patch: pytest.MonkeyPatch) -> None:
    """Put the three memories in place: of files, of lists of files by the groups' choices, of merged files."""
    load, choose = OmegaConf.load, config_loader_impl.create_defaults_list
    merge = ConfigLoaderImpl._compose_config_from_defaults_list

    def load_once(file: Any) -> Any:
        path = str(getattr(file, "name", file))
        state = os.stat(path)
        key = (path, state.st_mtime_ns, state.st_size)
        if key not in READ:
            READ[key] = pickle.dumps(load(file))
        return pickle.loads(READ[key])

    def choose_once(repo: Any, config_name: Any, overrides_list: Any, **how: Any) -> Any:
        asked = Overrides(repo=repo, overrides_list=overrides_list)
        if not _only_shipped(repo) or asked.append_group_defaults or asked.deletions:
            return choose(repo=repo, config_name=config_name, overrides_list=overrides_list, **how)
        key = (config_name, *sorted(how.items()), repr(sorted(asked.override_choices.items())))
        if key not in CHOSEN:
            found = choose(repo=repo, config_name=config_name, overrides_list=overrides_list, **how)
            CHOSEN[key] = pickle.dumps((found.defaults, found.overrides.known_choices))
        files, asked.known_choices = pickle.loads(CHOSEN[key])
        tree = DefaultsTreeNode(node=InputDefault())  # for error messages about what was not found; nothing was
        return config_loader_impl.DefaultsList(files, tree, asked.config_overrides, asked)

    def merge_once(self: ConfigLoaderImpl, defaults: Any, repo: Any) -> DictConfig:
        if not _only_shipped(repo):
            return merge(self, defaults, repo)
        key = tuple((each.config_path, each.package, each.is_self, each.primary) for each in defaults)
        if key not in MERGED:
            MERGED[key] = pickle.dumps(merge(self, defaults, repo))
        found: DictConfig = pickle.loads(MERGED[key])
        return found

    patch.setattr(OmegaConf, "load", staticmethod(load_once))
    patch.setattr(config_loader_impl, "create_defaults_list", choose_once)
    patch.setattr(ConfigLoaderImpl, "_compose_config_from_defaults_list", merge_once)


def _only_shipped(repo: Any) -> bool:
    """Whether all files come from Hydra and from the program, which does not change while tests run."""
    places = {source.path for source in repo.get_sources() if source.scheme() != "structured"}
    return places <= {"hydra.conf", "secondhalf.conf"}
