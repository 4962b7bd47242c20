"""The study `browse`: from the composed configuration to the server."""

from __future__ import annotations

from omegaconf import DictConfig

from secondhalf.experiments.browser.serve import serve
from secondhalf.experiments.browser.setup import Setup
from secondhalf.experiments.compose import compose_config, overrides_of
from secondhalf.experiments.options import Browse
from secondhalf.model.settings import SettingsError


def browse(config: DictConfig, options: Browse, single: bool) -> None:
    """Serve the pages; no file is written.

    Raises
    ------
    SettingsError
        for one of several jobs, which would wait for each other for ever
    """
    if not single:
        raise SettingsError("browse -m: one page at a time; each of its tabs has a market of its own")
    asked, folders = overrides_of(config)
    overrides = [override for override in asked if not override.startswith(("browse.", "hydra."))]
    serve(Setup.of(compose_config([*overrides, *folders]), overrides, folders), options)
